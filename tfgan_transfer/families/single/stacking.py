"""Stage 1 of --model=stack_gan: found, checked, and put in its place."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.families.single import build
from tfgan_transfer.networks import architecture
from tfgan_transfer.trained import saved
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.transfer.report import Row

# What stage 2 cannot choose: stage 1 was trained with it.
FIXED = ("latent_size", "latent_prior", "channels")


def stage1(config: Mapping) -> dict:
    """Arguments that stage 1's generator is built from.

    A run of stage 2 that has begun remembers them, so that it goes on without
    the run of stage 1.

    Args:
        config: Resolved configuration of stage 2.

    Returns:
        `network` and `generator`, JSON values.
    """
    begun = config["run_dir"] and RunDirectory(config["run_dir"]).read_config()
    if begun:
        return begun["generator"]["stage1"]
    run = saved.find(config["source"], "--source").manifest["run"]
    return {"network": run["network"], "generator": run["generator"]}


def check(config: Mapping, vocabulary: Sequence[str]) -> None:
    """Compares a new stage 2 with the stage 1 that `--source` names.

    Args:
        config: Resolved configuration of stage 2.
        vocabulary: Labels of its images.

    Raises:
        UserError: If the two don't fit together.
    """
    run = saved.find(config["source"], "--source").manifest["run"]
    if "stage1" in run["generator"]:
        raise UserError(
            f"--source: {config['source']} is itself a stack of two stages; "
            "expected a run of another --model"
        )
    for name in FIXED:
        if config[name] != run["flags"][name]:
            raise UserError(
                f"--{name}: stage 1 was trained with {run['flags'][name]}, "
                f"received {config[name]}; leave --{name} out"
            )
    had = run["data"]["vocabulary"]
    if config["conditioning"] != "none" and had != list(vocabulary):
        raise UserError(
            f"--data: stage 1 knows the labels {', '.join(had)}, received "
            f"images with {', '.join(vocabulary) or 'none'}; use images with "
            "the same labels"
        )
    # Sizes are compared where they are used, now, before a run is begun.
    architecture.generator(build.network_arguments(config, len(vocabulary)))


def place(
    generator: keras.Model, arrays: Mapping[str, np.ndarray]
) -> list[Row]:
    """Gives stage 1 in a stacked generator its weights.

    Args:
        generator: New generator of both stages; assigned in place.
        arrays: Stage 1's weights by path.

    Returns:
        What was copied.

    Raises:
        ValueError: If the frozen layers have other weights; nothing has been
            assigned then.
    """
    frozen = {
        weight.path: weight
        for layer in generator.layers
        if not layer.trainable
        for weight in layer.variables
    }
    shapes = {path: tuple(weight.shape) for path, weight in frozen.items()}
    if shapes != {path: array.shape for path, array in arrays.items()}:
        raise ValueError(
            "Stage 1 has other weights than its checkpoint. Received: "
            f"{sorted(frozen.keys() ^ arrays.keys())} on one side only"
        )
    for path, weight in frozen.items():
        weight.assign(arrays[path])
    return [
        Row("generator", path, "copied", "", weight.value.shape.num_elements())
        for path, weight in frozen.items()
    ]


def lines(config: Mapping, arguments: Mapping) -> list[str]:
    """What is said about the stages, if there are two."""
    if config["model"] != "stack_gan":
        return []
    below = arguments["stage1"]
    height, width = below["generator"]["image_shape"][:2]
    return [
        f"stage 1   {below['network']}, {height}x{width}, frozen; from "
        f"{config['source']}"
    ]
