"""What a run takes of memory and disk: estimates, made before it starts."""

import math
from collections.abc import Mapping

import keras

from tfgan_transfer.settings import config

FLOAT_BYTES = 4

# Resident size of a CPU process that trains the smallest model. With it, the
# sum below came within 7 % of the resident sizes of five runs at 32 px.
PROCESS_MIB = 750.0


def of_gan(
    resolved: Mapping, generator: keras.Model, critic: keras.Model, images: int
) -> dict:
    """Estimates a run of a generator and a critic.

    Args:
        resolved: Resolved configuration.
        generator: The generator.
        critic: The critic.
        images: Number of decoded images.

    Returns:
        What `sizes` does.
    """
    height, width = config.parse_size(resolved["size"])
    # Weights and two Adam moments of both, and the averaged generator.
    saved = FLOAT_BYTES * (
        4 * generator.count_params() + 3 * critic.count_params()
    )
    gradients = FLOAT_BYTES * (generator.count_params() + critic.count_params())
    return sizes(
        resolved,
        images * height * width * int(resolved["channels"]),
        saved,
        saved + gradients,
        _activations(generator, critic, resolved["batch_size"]),
    )


def sizes(
    resolved: Mapping,
    images: float,
    saved: float,
    weights: float,
    activations: float,
) -> dict:
    """Adds up estimates of memory and disk.

    Args:
        resolved: Resolved configuration.
        images: Bytes of the decoded sets.
        saved: Bytes of a checkpoint.
        weights: Bytes of weights, optimizers and gradients.
        activations: Bytes of what the larger update keeps alive.

    Returns:
        JSON values in MiB.
    """
    memory = {
        "process": PROCESS_MIB,
        "images": _mib(images),
        "weights_and_optimizers": _mib(weights),
        "activations": _mib(activations),
    }
    return {
        "memory_mib": {**memory, "total_estimate": round(sum(memory.values()))},
        "disk_mib": {
            "checkpoint": _mib(saved),
            "all_checkpoints": _mib(saved * (resolved["keep_checkpoints"] + 1)),
        },
    }


def _activations(
    generator: keras.Model, critic: keras.Model, batch_size: int
) -> float:
    """Bytes of the layer outputs that the critic's update keeps alive.

    One pass of the generator; the critic's pass over real, fake and mixed
    images, the last one kept twice for the second derivative.
    """

    return FLOAT_BYTES * batch_size * (outputs(generator) + 4 * outputs(critic))


def outputs(model: keras.Model) -> int:
    """Numbers that the layers of a network put out for one image."""
    return sum(
        math.prod(output.shape[1:])
        for layer in model.layers
        for output in keras.tree.flatten(layer.output)
    )


def _mib(count: float) -> float:
    return round(count / 2**20, 1)
