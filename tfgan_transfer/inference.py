"""A generator that will not be trained any further, as one fast graph."""

from collections import Counter
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.layers import Convolution, TransposedConvolution
from tfgan_transfer.norms import BatchNorm


def frozen(generator: keras.Model) -> Callable:
    """A generator's inference with the weights that it has now.

    Weights are constants of the graph: TensorFlow computes what depends on
    nothing else once, and oneDNN keeps kernels in the order that it reads them
    in. Batch norms become part of the convolutions that they follow.

    Args:
        generator: Maps latents `[B, Z]`, or latents and labels, to images
            `[B, H, W, C]`. Not changed.

    Returns:
        The same map, to within rounding.
    """
    values = {id(weight): weight.numpy() for weight in generator.variables}
    for convolution, norm in _followed(generator):
        _fold(values, convolution, norm)
    state = [
        [values[id(weight)] for weight in weights]
        for weights in (
            generator.trainable_variables,
            generator.non_trainable_variables,
        )
    ]

    @tf.function
    def draw(inputs):
        constants = [[tf.constant(value) for value in part] for part in state]
        outputs, _ = generator.stateless_call(
            *constants, inputs, training=False
        )
        return outputs

    return draw


def _followed(generator):
    """Convolutions whose outputs go to a batch norm and nowhere else."""
    operations = getattr(generator, "operations", ())
    makers = {
        id(layer.output): layer
        for layer in operations
        if type(layer) in (Convolution, TransposedConvolution)
        and layer.activation is keras.activations.linear
    }
    read = [keras.tree.flatten(operation.input) for operation in operations]
    read = Counter(id(tensor) for tensors in read for tensor in tensors)
    for layer in operations:
        if type(layer) is BatchNorm and read[id(layer.input)] == 1:
            if id(layer.input) in makers:
                yield makers[id(layer.input)], layer


def _fold(values, convolution, norm):
    """Makes of a norm what multiplies by one and adds zero, or an offset."""
    kernel = values[id(convolution.kernel)]
    variance = values[id(norm.moving_variance)]
    scale = values[id(norm.gamma)] / np.sqrt(variance + norm.epsilon)
    offset = values[id(norm.beta)] - values[id(norm.moving_mean)] * scale
    if convolution.use_bias:
        values[id(convolution.bias)] = (
            offset + values[id(convolution.bias)] * scale
        )
        offset = np.zeros_like(offset)
    transposed = isinstance(convolution, TransposedConvolution)
    values[id(convolution.kernel)] = kernel * (
        scale[:, None] if transposed else scale
    )
    values[id(norm.gamma)] = np.ones_like(scale)
    values[id(norm.beta)] = offset
    values[id(norm.moving_mean)] = np.zeros_like(scale)
    # TensorFlow leaves out what multiplies by one or adds zero.
    values[id(norm.moving_variance)] = np.ones_like(scale) - np.float32(
        norm.epsilon
    )
