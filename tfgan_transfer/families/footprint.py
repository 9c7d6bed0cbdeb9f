"""What a run takes of memory and disk: estimates, made before it starts."""

import math
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from tfgan_transfer.networks import features
from tfgan_transfer.settings import config

FLOAT_BYTES = 4

# Resident size of a CPU process that trains the smallest model. With it, the
# sum below came within 7 % of the resident sizes of five runs at 32 px.
PROCESS_MIB = 750.0


def of_gan(
    resolved: Mapping,
    generator: keras.Model,
    critics: Sequence[keras.Model],
    images: int,
) -> dict:
    """Estimates a run of a generator and its critics.

    Args:
        resolved: Resolved configuration.
        generator: The generator.
        critics: Its critics, each of its own network or on frozen features.
        images: Number of decoded images.

    Returns:
        What `sizes` does.
    """
    height, width = config.parse_size(resolved["size"])
    trained = [generator, *critics]
    gradients = sum(map(trainable, trained))
    # All weights, two Adam moments of those that learn, and the average.
    saved = sum(network.count_params() for network in trained)
    saved += 2 * gradients + generator.count_params()
    activations = outputs(generator) + sum(map(judging, critics))
    return sizes(
        resolved,
        images * height * width * int(resolved["channels"]),
        FLOAT_BYTES * saved,
        FLOAT_BYTES * (saved + gradients),
        FLOAT_BYTES * resolved["batch_size"] * activations,
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


def judging(critic: keras.Model, own: int = 4) -> int:
    """Numbers that a critic keeps alive for one image, at most.

    One on frozen features: what it puts out for a real and a fake image, and
    the rectified maps inside of the features, through which the generator's
    gradient comes.

    Args:
        critic: The network.
        own: Passes of a critic of its own network: those over real, fake and
            mixed images, the last one kept twice for the second derivative.
    """
    inside = [
        _rectified(layer)
        for layer in critic.layers
        if isinstance(layer, features.FrozenFeatures)
    ]
    return (
        2 * outputs(critic) + sum(inside) if inside else own * outputs(critic)
    )


def _rectified(layer: features.FrozenFeatures) -> int:
    """Numbers in the rectified maps that frozen features make of one image."""
    shape = tf.TensorSpec([1, *layer.input.shape[1:]], tf.float32)
    traced = tf.function(layer.call).get_concrete_function(shape)
    return sum(
        operation.outputs[0].shape.num_elements()
        for operation in traced.graph.get_operations()
        if operation.type in ("Relu", "Relu6", "Sigmoid")
    )


def trainable(network: keras.Model) -> int:
    """Numbers in the weights of a network that learn."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def outputs(model: keras.Model) -> int:
    """Numbers that the layers of a network put out for one image."""
    return sum(
        math.prod(output.shape[1:])
        for layer in model.layers
        for output in keras.tree.flatten(layer.output)
    )


def _mib(count: float) -> float:
    return round(count / 2**20, 1)
