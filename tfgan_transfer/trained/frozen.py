"""A generator that will not be trained any further, as one fast graph."""

from collections import Counter
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.norms import BatchNorm

_CONVOLUTIONS = (Convolution, TransposedConvolution)


def frozen(generator: keras.Model) -> Callable:
    """A generator's inference with the weights that it has now.

    Weights are constants of the graph: TensorFlow computes what depends on
    nothing else once, and oneDNN keeps kernels in the order that it reads them
    in. A batch norm becomes part of the convolution before it, or one kernel
    with the rectifier after it. Where some convolutions are bfloat16 all are,
    as under PyTorch's autocast; float32 are then the activations only of those
    that were float32.

    Args:
        generator: Maps latents `[B, Z]`, or latents and labels, to images
            `[B, H, W, C]`. Not changed.

    Returns:
        The same map, to within rounding; float32 images remain so.
    """
    # A model of the user's own class has no layers that could be replaced.
    if hasattr(generator, "operations"):
        generator = _rebuilt(generator)
    state = [
        [weight.numpy() for weight in weights]
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


def run(graph: Callable, inputs: np.ndarray | list[np.ndarray]) -> tf.Tensor:
    """Calls what `frozen` returned.

    Called itself, the fifth of several generators would be warned of as a
    function that is traced again and again.
    """
    tensors = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    return graph.get_concrete_function(tensors)(tensors)


class _FixedNorm(keras.layers.BatchNormalization):
    """Batch norm with moving statistics, by TensorFlow's kernel."""

    def call(self, inputs, training=False, mask=None):
        if len(inputs.shape) != 4:
            return super().call(inputs, False, mask)
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            is_training=False,
        ).y


class _Absorbed(keras.layers.Layer):
    """In the place of a norm that is now part of a convolution."""

    def call(self, inputs, training=False, mask=None):
        return inputs


def _rebuilt(generator):
    weights = {
        layer.name: layer.get_weights()
        for layer in generator.layers
        if layer.weights
    }
    pairs = list(_followed(generator))
    for convolution, norm in pairs:
        _merge(weights, convolution, norm)
    followed = {convolution.name for convolution, _ in pairs}
    absorbed = {norm.name for _, norm in pairs} - weights.keys()
    half = [
        layer.dtype_policy
        for layer in generator.layers
        if type(layer) in _CONVOLUTIONS and layer.compute_dtype == "bfloat16"
    ]

    def replaced(layer):
        kind, config = type(layer), layer.get_config()
        if layer.name in absorbed:
            return _Absorbed(name=layer.name, dtype=layer.dtype_policy)
        if kind is BatchNorm:
            kind = _FixedNorm
        if layer.name in followed:
            config["use_bias"] = len(weights[layer.name]) == 2
        if kind in _CONVOLUTIONS and half and layer.dtype_policy != half[0]:
            config["dtype"] = half[0]
            config["activation"] = _in_float32(layer.activation)
        return kind.from_config(config)

    clone = keras.models.clone_model(generator, clone_function=replaced)
    for name, values in weights.items():
        clone.get_layer(name).set_weights(values)
    return clone


def _in_float32(activation):
    return lambda x: activation(ops.cast(x, "float32"))


def _followed(
    generator: keras.Model,
) -> Iterator[tuple[keras.Layer, keras.Layer]]:
    """Convolutions whose outputs go to a batch norm and nowhere else."""
    makers = {
        id(layer.output): layer
        for layer in generator.operations
        if type(layer) in _CONVOLUTIONS
        and layer.activation is keras.activations.linear
    }
    read = [keras.tree.flatten(one.input) for one in generator.operations]
    read = Counter(id(tensor) for tensors in read for tensor in tensors)
    for layer in generator.operations:
        if type(layer) is BatchNorm and read[id(layer.input)] == 1:
            if id(layer.input) in makers:
                yield makers[id(layer.input)], layer


def _merge(weights, convolution, norm):
    """Makes one addition of a bias and the norm after it."""
    kernel, *bias = weights[convolution.name]
    gamma, beta, mean, variance = weights[norm.name]
    mean = mean - sum(bias)
    transposed = type(convolution) is TransposedConvolution
    if transposed and not convolution.paints(convolution.input.shape):
        # TensorFlow has no kernel that would add anything to one.
        weights[convolution.name] = [kernel]
        weights[norm.name] = [gamma, beta, mean, variance]
        return
    scale = gamma / np.sqrt(variance + norm.epsilon)
    kernel = kernel * (scale[:, None] if transposed else scale)
    weights[convolution.name] = [kernel, beta - mean * scale]
    del weights[norm.name]
