"""A version that TensorFlow Serving loads: a SavedModel, tried.

It is loaded and warmed up the way the server does it before it is named.
"""

import json
import pathlib
from collections.abc import Callable, Mapping

import keras

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving import records
from tfgan_transfer.serving.card import EXTRA
from tfgan_transfer.serving.card import FILE as CARD
from tfgan_transfer.serving.export import drafts
from tfgan_transfer.serving.export.signatures import Signature


def publish(
    base: pathlib.Path,
    signatures: Mapping[str, Signature],
    card: Mapping,
    accepts: Callable[[pathlib.Path], bool] = lambda draft: True,
) -> pathlib.Path | None:
    """Writes the next version of a model.

    Args:
        base: Directory of the versions 1, 2, ...; it is made.
        signatures: Name -> what the model answers to.
        card: JSON values that describe the model.
        accepts: Judges the version before it is named.

    Returns:
        The directory of the new version; None if it was not accepted.

    Raises:
        UserError: If it cannot be written, or does not work once written.
    """

    def write(draft: pathlib.Path) -> None:
        write_graph(draft, signatures)
        _write_extra(draft, signatures, card)
        _try(draft)

    return drafts.publish(base, write, accepts)


def write_graph(
    draft: pathlib.Path, signatures: Mapping[str, Signature]
) -> None:
    """Writes a SavedModel with these signatures into a directory."""
    archive = keras.export.ExportArchive()
    for name, signature in signatures.items():
        # Tracking the network as well would store each weight twice.
        archive.add_endpoint(
            name, signature.function, input_signature=signature.inputs
        )
    archive.write_out(str(draft), verbose=False)


def _write_extra(
    draft: pathlib.Path, signatures: Mapping[str, Signature], card: Mapping
) -> None:
    (draft / EXTRA).mkdir()
    records.write(
        draft / records.WARM_UP,
        [
            records.Record(name, signature.example)
            for name, signature in signatures.items()
        ],
    )
    card = json.dumps(card, indent=1)
    (draft / EXTRA / CARD).write_text(card + "\n")


def _try(draft: pathlib.Path) -> None:
    """Loads a version as the server does, and asks what the server asks."""
    from tfgan_transfer.serving import servable, status

    loaded = None
    try:
        loaded = servable.Servable(draft, "export")
        loaded.warm_up()
    except status.ServingError as error:
        raise UserError(
            f"export: the model was written but does not answer ({error}); "
            "nothing was published"
        ) from error
    finally:
        if loaded:
            loaded.close()
