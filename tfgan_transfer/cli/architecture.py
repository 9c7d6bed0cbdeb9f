"""Arguments of the network builders, and networks from such arguments."""

from collections.abc import Mapping

import keras

from tfgan_transfer.cli.config import parse_size
from tfgan_transfer.networks import NETWORKS, stack


def network_arguments(config: Mapping, num_labels: int = 0) -> dict:
    """Arguments of the network builders, as plain JSON values.

    They are stored in every checkpoint, so that it opens without flags.

    Args:
        config: Resolved configuration.
        num_labels: L, the labels of the images, for a model that uses them.
    """
    shape = [*parse_size(config["size"]), int(config["channels"])]
    common = {"image_shape": shape, "width": config["width"]}
    conditioning = {}
    if config["conditioning"] != "none":
        common["num_labels"] = num_labels
        conditioning["conditioning"] = config["conditioning"]
    noise = {}
    if config["network"] == "acgan":
        noise = {
            "dropout": config["dropout"],
            "activation_noise": config["activation_noise"],
        }
    stages = {}
    if config["model"] == "stack_gan":
        # Where stage 1 is found is known by a module that opens checkpoints,
        # and so builds networks.
        from tfgan_transfer.cli import stacking

        stages = {
            "stage1": stacking.stage1(config),
            "width": config["stage2_width"],
            "num_blocks": config["stage2_blocks"],
        }
    return {
        "network": config["network"],
        "generator": {
            **common,
            "latent_size": config["latent_size"],
            **conditioning,
            **stages,
        },
        "critic": {
            **common,
            "norm": config["critic_norm"],
            "spectral_norm": config["spectral_norm"],
            **noise,
        },
    }


def generator(arguments: Mapping) -> keras.Model:
    """Builds the generator that `network_arguments` describes."""
    options = dict(arguments["generator"])
    options["image_shape"] = tuple(options["image_shape"])
    if "stage1" not in options:
        return NETWORKS[arguments["network"]].generator(**options)
    return stack.generator(
        generator(options["stage1"]),
        options["image_shape"],
        width=options["width"],
        num_blocks=options["num_blocks"],
        conditioning=options.get("conditioning", "none"),
    )


def critic(arguments: Mapping) -> keras.Model:
    """Builds the critic that `network_arguments` describes."""
    options = dict(arguments["critic"])
    options["image_shape"] = tuple(options["image_shape"])
    return NETWORKS[arguments["network"]].critic(**options)
