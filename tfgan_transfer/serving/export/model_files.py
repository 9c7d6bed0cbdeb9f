"""A version for phones, browsers and other programs: a file per signature.

Each file is asked in its own runtime before the version gets its number, and
has to answer with the pictures of the network that it was made from.
"""

import functools
import importlib.util
import json
import pathlib
from collections.abc import Mapping

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import (
    drafts,
    lite_file,
    onnx_file,
    reference,
    savedmodel,
)
from tfgan_transfer.serving.export.signatures import Signature

FORMATS = {"tflite": lite_file, "onnx": onnx_file}
# Grey levels out of 255 by which a pixel may differ from the network's.
TOLERANCE = 0.1


def require(kind: str) -> None:
    """Finds what converts to a format and runs it.

    Args:
        kind: Key of `FORMATS`.

    Raises:
        UserError: If a package is not installed.
    """
    for module in FORMATS[kind].MODULES:
        if importlib.util.find_spec(module) is None:
            package = module.replace("_", "-")
            raise UserError(
                f"--format={kind}: needs the package {package}, which is not "
                f"installed; pip install 'tfgan-transfer[{kind}]'"
            )


def publish(
    base: pathlib.Path,
    kind: str,
    signatures: Mapping[str, Signature],
    card: Mapping,
) -> pathlib.Path | None:
    """Writes the next version of a model in a format.

    Args:
        base: Directory of the versions 1, 2, ...; it is made.
        kind: Key of `FORMATS`.
        signatures: Name of a file -> what it answers to: tensors in, float
            images in [-1, 1] out.
        card: JSON values that describe the model.

    Returns:
        The directory of the new version, with the files and model.json.

    Raises:
        UserError: If it cannot be written or converted, or draws other
            pictures.
    """

    def write(draft: pathlib.Path) -> None:
        files = {}
        for name, signature in signatures.items():
            path = draft / f"{name}{FORMATS[kind].SUFFIX}"
            off = _converted(kind, name, signature, path)
            files[path.name] = {"grey_levels_off": off}
        text = json.dumps({**card, "files": files}, indent=1)
        (draft / savedmodel.CARD).write_text(text + "\n")

    return drafts.publish(base, write)


def _converted(
    kind: str, name: str, signature: Signature, path: pathlib.Path
) -> float:
    """Writes a file, and tells by how many grey levels it is off at most."""
    try:
        FORMATS[kind].write(name, signature, path)
        ask = functools.partial(FORMATS[kind].answer, path)
        off = _difference(signature, ask)
    except OSError:
        raise
    except Exception as error:  # Converters raise errors of any kind.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"--format={kind}: the converter or its runtime does not take "
            f"this network ({reason}); --format=saved_model takes any"
        ) from error
    if not off <= TOLERANCE:
        raise UserError(
            f"--format={kind}: expected pictures within {TOLERANCE} grey "
            f"levels of the network's, received some that are {off:.3g} off; "
            "nothing was published, use --format=saved_model"
        )
    return off


def _difference(signature: Signature, ask: functools.partial) -> float:
    asked, expected = reference.request(signature)
    received = ask(asked)
    if {*received} != {*expected}:
        raise ValueError(f"outputs {[*received]} in place of {[*expected]}")
    return max(
        float(np.abs(received[key] - expected[key]).max()) * 127.5
        for key in expected
    )
