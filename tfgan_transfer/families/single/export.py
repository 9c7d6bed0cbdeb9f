"""What is exported of a generator."""

import functools
from collections.abc import Callable

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import routing
from tfgan_transfer.serving.export import signatures as serving
from tfgan_transfer.trained.opening import Opened


def signatures(opened: Opened, ema: bool) -> dict[str, serving.Signature]:
    """The ways in which an exported generator can be called.

    Args:
        opened: The model, or the models of an ensemble.
        ema: Unused: they are open already.
    """
    return serving.of_generator(_generator(opened))


def tensors(opened: Opened, ema: bool) -> dict[str, serving.Signature]:
    """The ways that need numbers only, no words and no files.

    Raises:
        UserError: If it is an ensemble.
    """
    if opened.members:
        raise UserError(
            "--format: received an ensemble, whose networks only a SavedModel "
            "holds together; export its members, each by its own --run_dir"
        )
    return {"latents": signatures(opened, ema)["latents"]}


def _generator(opened: Opened) -> serving.Generator:
    run = opened.record
    options, prior = run["generator"], run["latent_prior"]
    labelled = bool(options.get("num_labels"))
    return serving.Generator(
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


def card(opened: Opened, ema: bool) -> dict:
    """What the card of an exported generator says of it."""
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
