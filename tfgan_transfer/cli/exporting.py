"""From a checkpoint to a version that TensorFlow Serving loads."""

import functools
import pathlib
import tempfile
from collections.abc import Mapping

import tfgan_transfer
from tfgan_transfer import data
from tfgan_transfer.cli import saved
from tfgan_transfer.cli.pair_config import CYCLEGAN
from tfgan_transfer.cli.translators import Translators
from tfgan_transfer.serving import check as conformance
from tfgan_transfer.serving import (
    reference,
    savedmodel,
    signatures,
    translation,
)
from tfgan_transfer.training.checkpoint import Checkpoint


def export(
    path: str,
    base: str,
    *,
    ema: bool = True,
    checked: bool = False,
    as_json: bool = False,
) -> pathlib.Path | None:
    """Publishes the generator, or the translators, of a checkpoint.

    Args:
        path: A run directory, a checkpoint, or `zoo:NAME`.
        base: Directory of the model's versions.
        ema: Whether to take the averaged weights.
        checked: Whether the version is judged before it gets its number.
        as_json: Whether that report is for programs.

    Returns:
        The directory of the new version; None if it was refused.

    Raises:
        UserError: If there is no such checkpoint, or the place cannot be
            written.
    """
    found = saved.find(path)
    served = _signatures(found, ema)
    card = _card(found, ema, list(served))
    judge = functools.partial(_accepted, served, draft=True, as_json=as_json)
    return savedmodel.publish(
        pathlib.Path(base), served, card, *[judge] * checked
    )


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
        path: A run directory, a checkpoint, or `zoo:NAME` whose answers it
            has to give; None where there is none.
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
        found = saved.find(path)
        served = _signatures(found, ema)
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


def _signatures(
    found: Checkpoint, ema: bool
) -> dict[str, signatures.Signature]:
    if _is_pair(found):
        return translation.of_translators(_translators(found, ema))
    return signatures.of_generator(_generator(found, ema))


def _is_pair(found: Checkpoint) -> bool:
    return found.manifest["run"]["flags"]["model"] == CYCLEGAN


def _generator(found: Checkpoint, ema: bool) -> signatures.Generator:
    run = found.manifest["run"]
    options, prior = run["generator"], run["latent_prior"]
    labelled = bool(options.get("num_labels"))
    return signatures.Generator(
        network=saved.generator(found, ema=ema),
        # Image 0 of a seed, as `generate --seed` numbers them.
        latent=functools.partial(
            data.latent,
            index=0,
            latent_size=options["latent_size"],
            latent_prior=prior,
        ),
        latent_size=options["latent_size"],
        vocabulary=tuple(run["data"]["vocabulary"]) if labelled else (),
        tags=run["data"]["label_mode"] == "tags",
        truncation=prior != "uniform",
    )


def _translators(found: Checkpoint, ema: bool) -> translation.Translators:
    model = Translators(found, ema=ema)
    return translation.Translators(
        **model.networks,
        image_shape=model.image_shape,
        fit=found.manifest["run"]["flags"]["fit"],
    )


def _about_generator(found: Checkpoint, ema: bool) -> dict:
    run = found.manifest["run"]
    labelled = bool(run["generator"].get("num_labels"))
    kept = ("fingerprint", "images", "holdout", "label_mode")
    return {
        "image_shape": run["generator"]["image_shape"],
        "latent_size": run["generator"]["latent_size"],
        "latent_prior": run["latent_prior"],
        "weights": "averaged generator" if ema else "generator",
        "vocabulary": run["data"]["vocabulary"] if labelled else [],
        "data": {
            "source": run["flags"]["data"],
            **{name: run["data"].get(name) for name in kept},
        },
    }


def _about_translators(found: Checkpoint, ema: bool) -> dict:
    run = found.manifest["run"]
    flags = run["flags"]
    kept = ("fingerprint", "images_a", "images_b", "holdout")
    return {
        "image_shape": run["translator"]["image_shape"],
        "fit": flags["fit"],
        "weights": "averaged translators" if ema else "translators",
        "data": {
            "source_a": flags["data_a"],
            "source_b": flags["data_b"],
            **{name: run["data"].get(name) for name in kept},
        },
    }


def _card(found: Checkpoint, ema: bool, names: list[str]) -> Mapping:
    run = found.manifest["run"]
    about = _about_translators if _is_pair(found) else _about_generator
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "model": run["flags"]["model"],
        "network": run["network"],
        "step": found.step,
        **about(found, ema),
        "metrics": found.manifest.get("metrics", {}),
        "signatures": names,
        "licence": "Not stated. The rights to the training images and to the "
        "source model decide what may be done with generated images.",
    }
