"""From a checkpoint to a version that TensorFlow Serving loads."""

import functools
import pathlib
from collections.abc import Mapping

import tfgan_transfer
from tfgan_transfer import data
from tfgan_transfer.cli import saved
from tfgan_transfer.errors import UserError
from tfgan_transfer.serving import savedmodel, signatures
from tfgan_transfer.training.checkpoint import Checkpoint


def export(path: str, base: str, *, ema: bool = True) -> pathlib.Path:
    """Publishes the generator of a checkpoint.

    Args:
        path: A run directory, a checkpoint, or `zoo:NAME`.
        base: Directory of the model's versions.
        ema: Whether to take the averaged weights.

    Returns:
        The directory of the new version.

    Raises:
        UserError: If there is no such checkpoint, its model cannot be
            exported, or the place cannot be written.
    """
    found = saved.find(path)
    run = found.manifest["run"]
    if "generator" not in run:
        raise UserError(
            f"export: {path!r} holds a {run['flags']['model']}, which has no "
            "export yet; expected a model with a generator"
        )
    served = signatures.of_generator(_generator(found, ema))
    card = _card(found, ema, list(served))
    return savedmodel.publish(pathlib.Path(base), served, card)


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


def _card(found: Checkpoint, ema: bool, names: list[str]) -> Mapping:
    run = found.manifest["run"]
    labelled = bool(run["generator"].get("num_labels"))
    kept = ("fingerprint", "images", "holdout", "label_mode")
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "model": run["flags"]["model"],
        "network": run["network"],
        "image_shape": run["generator"]["image_shape"],
        "latent_size": run["generator"]["latent_size"],
        "latent_prior": run["latent_prior"],
        "step": found.step,
        "weights": "averaged generator" if ema else "generator",
        "vocabulary": run["data"]["vocabulary"] if labelled else [],
        "data": {
            "source": run["flags"]["data"],
            **{name: run["data"].get(name) for name in kept},
        },
        "metrics": found.manifest.get("metrics", {}),
        "signatures": names,
        "licence": "Not stated. The rights to the training images and to the "
        "source model decide what may be done with generated images.",
    }
