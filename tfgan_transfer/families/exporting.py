"""From a checkpoint to a version that TensorFlow Serving loads."""

import functools
import pathlib
import tempfile
from collections.abc import Mapping

import tfgan_transfer
from tfgan_transfer import families
from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.families.family import Family
from tfgan_transfer.serving import check as conformance
from tfgan_transfer.serving.export import (
    model_files,
    reference,
    savedmodel,
    signatures,
)
from tfgan_transfer.settings.choices import EXPORTS
from tfgan_transfer.trained import opening
from tfgan_transfer.trained.opening import Opened

SAVED_MODEL = EXPORTS[0]


def export(
    path: str,
    base: str,
    *,
    ema: bool = True,
    checked: bool = False,
    as_json: bool = False,
    format: str = SAVED_MODEL,
) -> pathlib.Path | None:
    """Publishes the generator, or the translators, of a checkpoint.

    Args:
        path: A run directory, an ensemble, a checkpoint, or `zoo:NAME`.
        base: Directory of the model's versions.
        ema: Whether to take the averaged weights.
        checked: Whether the version is judged before it gets its number.
        as_json: Whether that report is for programs.
        format: One of `choices.EXPORTS`. Versions in another format than
            the first stand in a folder of its name below `base`, where
            servers do not look.

    Returns:
        The directory of the new version; None if it was refused.

    Raises:
        UserError: If there is no such checkpoint, the place cannot be
            written, or the format does not take the model.
    """
    if format != SAVED_MODEL:
        if checked:
            raise UserError(
                "--check: judges what TensorFlow Serving loads, received "
                f"--format={format}, whose files are always compared with the "
                "network; leave --check out"
            )
        return _in_files(path, pathlib.Path(base) / format, format, ema)
    opened = opening.open_model(path, ema=ema)
    served = _family(opened).signatures(opened, ema)
    card = _card(opened, ema, list(served))
    judge = functools.partial(_accepted, served, draft=True, as_json=as_json)
    return savedmodel.publish(
        pathlib.Path(base), served, card, *[judge] * checked
    )


def _in_files(
    path: str, base: pathlib.Path, format: str, ema: bool
) -> pathlib.Path | None:
    if format not in model_files.FORMATS:
        raise UserError(choices("--format", format, EXPORTS))
    model_files.require(format)
    opened = opening.open_model(path, ema=ema)
    served = _family(opened).tensors(opened, ema)
    card = _card(opened, ema, list(served))
    return model_files.publish(base, format, served, card)


def check(
    directory: str,
    path: str | None = None,
    *,
    ema: bool = True,
    as_json: bool = False,
) -> bool:
    """Judges a version, ours or another's, and prints a report.

    Args:
        directory: The version.
        path: A run directory, an ensemble, a checkpoint, or `zoo:NAME` whose
            answers it has to give; None where there is none.
        ema: Whether these are those of the averaged weights.
        as_json: Whether the report is for programs.

    Returns:
        Whether TensorFlow Serving would take it.

    Raises:
        UserError: If there is no such directory or checkpoint.
    """
    version = conformance.find(directory)
    served = {}
    if path:
        opened = opening.open_model(path, ema=ema)
        served = _family(opened).signatures(opened, ema)
    return _accepted(served, version, as_json=as_json)


def _accepted(
    served: Mapping[str, signatures.Signature],
    version: pathlib.Path,
    *,
    draft: bool = False,
    as_json: bool = False,
) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        expected = None
        if served:
            expected = pathlib.Path(folder) / "expected"
            reference.record(served, expected)
        code = conformance.in_new_process(
            version, expected, draft=draft, as_json=as_json
        )
    return code == conformance.EXIT_ACCEPTED


def _family(opened: Opened) -> Family:
    return families.of(opened.record["flags"])


def _card(opened: Opened, ema: bool, names: list[str]) -> Mapping:
    run = opened.record
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "model": run["flags"]["model"],
        "network": run["network"],
        "step": opened.about["step"],
        **_family(opened).card(opened, ema),
        "metrics": opened.metrics,
        "signatures": names,
        "licence": "Not stated. The rights to the training images and to the "
        "source model decide what may be done with generated images.",
    }
