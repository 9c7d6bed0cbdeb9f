"""A version directory that TensorFlow Serving loads: written, tried, named.

The server takes whatever directory has a number for a name, at once. So a
version is written under another name, loaded and warmed up the way the server
does it, and renamed when it is known to work.
"""

import fcntl
import json
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable, Mapping

import keras

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving import records
from tfgan_transfer.serving.export.signatures import Signature

EXTRA = "assets.extra"
CARD = "model.json"
DRAFT = ".draft-"


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
    draft = base / f"{DRAFT}{uuid.uuid4().hex}"
    _remove_abandoned(base)
    mark = None
    try:
        draft.mkdir(parents=True)
        mark = _mark(draft)
        _write(draft, signatures)
        _write_extra(draft, signatures, card)
        _try(draft)
        _settle(draft)
        return _name(draft) if accepts(draft) else None
    except OSError as error:
        raise UserError(
            f"--model_base: {str(base)!r} cannot be written ({error}); give a "
            "directory that can be"
        ) from error
    finally:
        # Nothing is left of it when it has got its name.
        shutil.rmtree(draft, ignore_errors=True)
        if mark is not None:
            os.close(mark)


def _remove_abandoned(base: pathlib.Path) -> None:
    """Removes drafts of exporters that were killed, not those at work."""
    for draft in base.glob(f"{DRAFT}*"):
        mark = _mark(draft)
        if mark is not None:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(mark)


def _mark(draft: pathlib.Path) -> int | None:
    """Locks a draft for as long as its exporter lives.

    Returns:
        What to close in the end; None if it cannot be had.
    """
    mark = None
    try:
        mark = os.open(draft, os.O_RDONLY)
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return mark
    except OSError:
        if mark is not None:
            os.close(mark)
        return None


def versions(base: pathlib.Path) -> list[int]:
    """Numbers of the versions that the server would see, ascending."""
    if not base.is_dir():
        return []
    names = [path.name for path in base.iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if name.isdecimal())


def _write(draft: pathlib.Path, signatures: Mapping[str, Signature]) -> None:
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


def _settle(draft: pathlib.Path) -> None:
    """Makes files readable by the server's user, and puts them on the disk."""
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _name(draft: pathlib.Path) -> pathlib.Path:
    """Gives a draft the next number, also beside another exporter."""
    base = draft.parent
    while True:
        path = base / str(max(versions(base), default=0) + 1)
        try:
            # Taken by whoever is first; a rename would replace an empty one.
            os.rename(draft, path)
        except OSError:
            if not path.exists():
                raise
            continue
        return path
