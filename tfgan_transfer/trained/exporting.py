"""From a checkpoint to a version that TensorFlow Serving loads."""

import functools
import pathlib
import tempfile
from collections.abc import Callable, Mapping

import tfgan_transfer
from tfgan_transfer import data
from tfgan_transfer.serving import check as conformance
from tfgan_transfer.serving import (
    reference,
    routing,
    savedmodel,
    signatures,
    translation,
)
from tfgan_transfer.settings.pair_config import CYCLEGAN
from tfgan_transfer.trained import opening
from tfgan_transfer.trained.opening import Opened
from tfgan_transfer.trained.translators import Translators


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
        path: A run directory, an ensemble, a checkpoint, or `zoo:NAME`.
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
    opened = opening.open_model(path, ema=ema)
    served = _signatures(opened, ema)
    card = _card(opened, ema, list(served))
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
        served = _signatures(opening.open_model(path, ema=ema), ema)
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


def _signatures(opened: Opened, ema: bool) -> dict[str, signatures.Signature]:
    if _is_pair(opened):
        return translation.of_translators(_translators(opened, ema))
    return signatures.of_generator(_generator(opened))


def _is_pair(opened: Opened) -> bool:
    return opened.record["flags"]["model"] == CYCLEGAN


def _generator(opened: Opened) -> signatures.Generator:
    run = opened.record
    options, prior = run["generator"], run["latent_prior"]
    labelled = bool(options.get("num_labels"))
    return signatures.Generator(
        network=_network(opened),
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


def _network(opened: Opened) -> Callable:
    networks = [load() for load in opened.generators]
    if not opened.members:
        return networks[0]
    return routing.Routed(
        networks,
        [len(names) for names in opened.vocabularies],
        opened.record["generator"]["image_shape"],
    )


def _translators(opened: Opened, ema: bool) -> translation.Translators:
    [found] = opened.checkpoints
    model = Translators(found, ema=ema)
    return translation.Translators(
        **model.networks,
        image_shape=model.image_shape,
        fit=opened.record["flags"]["fit"],
    )


def _about_generator(opened: Opened, ema: bool) -> dict:
    run = opened.record
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
        **({"members": list(opened.members)} if opened.members else {}),
    }


def _about_translators(opened: Opened, ema: bool) -> dict:
    run = opened.record
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


def _card(opened: Opened, ema: bool, names: list[str]) -> Mapping:
    run = opened.record
    about = _about_translators if _is_pair(opened) else _about_generator
    return {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "model": run["flags"]["model"],
        "network": run["network"],
        "step": opened.about["step"],
        **about(opened, ema),
        "metrics": opened.metrics,
        "signatures": names,
        "licence": "Not stated. The rights to the training images and to the "
        "source model decide what may be done with generated images.",
    }
