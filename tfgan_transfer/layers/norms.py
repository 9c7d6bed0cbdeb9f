"""Norms: over a batch, over an image, over a map.

On CPUs their cost is in passes over the maps, and Keras' take many, in float32.
Sums over maps and what is derived from these, a number for each channel or map,
are float32 under every policy. So are the maps of instance norm; the others'
stay in the layer's precision.
"""

import keras
import tensorflow as tf
from keras import ops

from tfgan_transfer.ops import gradients

_PACKAGE = "tfgan_transfer"


@keras.saving.register_keras_serializable(package=_PACKAGE)
class BatchNorm(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, trained by TensorFlow's fused kernel.

    Same weights, same outputs to within rounding, in less time. With the moving
    statistics results have the bits of a `ConditionalBatchNorm` with equal
    rows. Keras' own is training on a GPU, for other types, with a mask, and if
    statistics are synchronized.

    Args and call arguments: those of `keras.layers.BatchNormalization`.
    """

    def call(self, inputs, training=None, mask=None):
        """Returns the normalised inputs, of the shape of the inputs."""
        if not (training and self.trainable):
            moments = self.moving_mean, self.moving_variance
            return _normalised(
                inputs, *moments, self.epsilon, self.gamma, self.beta
            )
        if mask is not None or not _fusible(self, inputs):
            return super().call(inputs, training, mask)
        outputs, *moments = _fused(inputs, self.gamma, self.beta, self.epsilon)
        _move(self, *moments)
        return outputs


def _fusible(layer, inputs):
    known = inputs.dtype in ("float32", "bfloat16") and len(inputs.shape) == 4
    return known and not (layer.synchronized or _on_gpu())


def _fused(inputs, scale, offset, epsilon):
    """Normalised inputs, and mean and variance of the batch."""
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=scale,
        offset=offset,
        mean=[],
        variance=[],
        epsilon=epsilon,
    )
    count = ops.cast(ops.size(inputs) // inputs.shape[-1], "float32")
    # The kernel's variance is that of a sample, Keras' a population's.
    return outputs, mean, variance * (count - 1) / count


def _normalised(x, mean, variance, epsilon, scale, offset):
    """What given moments make of x, in its precision."""
    scale = scale * ops.rsqrt(variance + epsilon)
    offset = offset - mean * scale
    return x * ops.cast(scale, x.dtype) + ops.cast(offset, x.dtype)


def _move(layer, mean, variance):
    for moving, batch in (
        (layer.moving_mean, mean),
        (layer.moving_variance, variance),
    ):
        kept = moving * layer.momentum
        moving.assign(kept + batch * (1 - layer.momentum))


def _on_gpu():
    return bool(tf.config.list_logical_devices("GPU"))


@keras.saving.register_keras_serializable(package=_PACKAGE)
class LayerNorm(keras.layers.Layer):
    """One mean and variance per image, one scale and offset per channel.

    Ba et al. 2016 (arXiv:1607.06450) as critics of WGAN-GP have it; the same
    as group norm with a single group.

    Call arguments:
        inputs: `[B, H, W, C]` floats.

    Weights: `gamma` (ones) and `beta` (zeros) `[C]`.

    Args:
        epsilon: Added to the variance.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape):
        """Makes scale and offset."""
        channels = inputs_shape[-1:]
        self.gamma = self.add_weight(
            channels, "ones", name="gamma", autocast=False
        )
        self.beta = self.add_weight(
            channels, "zeros", name="beta", autocast=False
        )

    def call(self, inputs):
        """Returns the normalised inputs, `[B, H, W, C]`."""
        # TensorFlow's CPU kernels sum bfloat16 in float32, others may not.
        x = ops.cast(inputs, "float32") if _on_gpu() else inputs
        means, squares = _means(x)
        mean = ops.mean(means, -1, keepdims=True)
        variance = ops.mean(squares, -1, keepdims=True) - mean**2
        variance = ops.maximum(variance, 0.0)
        outputs = _normalised(
            x, mean, variance, self.epsilon, self.gamma, self.beta
        )
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


@gradients.custom_gradient
def _means(x):
    """Means of each map and of its squares, float32 `[B, 1, 1, C]`."""

    # Broadcasts as it multiplies, where TensorFlow's gradient makes maps first.
    def gradient(first, second):
        count = x.shape[1] * x.shape[2]
        first, second = first / count, 2 * second / count
        return x * tf.cast(second, x.dtype) + tf.cast(first, x.dtype)

    means = (tf.reduce_mean(y, (1, 2), keepdims=True) for y in (x, x * x))
    return tuple(tf.cast(mean, tf.float32) for mean in means), gradient


@keras.saving.register_keras_serializable(package=_PACKAGE)
class ConditionalBatchNorm(keras.layers.Layer):
    """Batch normalisation whose scale and offset depend on the label.

    Mean and variance are taken over the whole batch, all labels mixed; only
    the affine map afterwards is conditional (Dumoulin et al. 2017,
    arXiv:1610.07629). As in Keras' own batch norm the statistics are float32
    under every precision policy, each replica keeps its own moving statistics
    and the first replica's are the ones saved, and `trainable = False` means
    that the moving statistics are used.

    Call arguments:
        inputs: `[B, H, W, C]` floats.
        label: `[B, L]`, one-hot or multi-hot, 0 or 1. One-hot picks a row of
            the tables, multi-hot averages its rows, and a label of nothing
            but zeros gives an output of zeros.
        training: True normalises by the batch and moves the statistics,
            False normalises by the moving statistics.

    Weights: `gamma` (ones) and `beta` (zeros) `[L, C]`; `moving_mean` and
    `moving_variance` `[C]`.

    Args:
        momentum: Share of the moving statistics that a batch leaves in place.
        epsilon: Added to the variance.
        synchronized: Whether mean and variance in training are those of all
            replicas' examples.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(
        self,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        synchronized: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.synchronized = synchronized

    def build(self, inputs_shape, label_shape):
        """Makes the two tables and the moving statistics."""
        channels, labels = inputs_shape[-1], label_shape[-1]
        self.gamma = self.add_weight(
            (labels, channels), "ones", name="gamma", autocast=False
        )
        self.beta = self.add_weight(
            (labels, channels), "zeros", name="beta", autocast=False
        )
        self.moving_mean = self.add_weight(
            (channels,),
            "zeros",
            name="moving_mean",
            trainable=False,
            autocast=False,
        )
        self.moving_variance = self.add_weight(
            (channels,),
            "ones",
            name="moving_variance",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs, label, training=False):
        """Returns the normalised inputs, `[B, H, W, C]`."""
        label = ops.cast(label, "float32")
        share = label / ops.maximum(1.0, ops.sum(label, -1, keepdims=True))
        scale = ops.matmul(share, self.gamma)[:, None, None]
        offset = ops.matmul(share, self.beta)[:, None, None]
        train = training and self.trainable
        if train and _fusible(self, inputs):
            ones, zeros = (
                make(inputs.shape[-1:]) for make in (tf.ones, tf.zeros)
            )
            x, *moments = _fused(inputs, ones, zeros, self.epsilon)
            _move(self, *moments)
            return x * ops.cast(scale, x.dtype) + ops.cast(offset, x.dtype)
        moments = self.moving_mean, self.moving_variance
        if train:
            inputs = ops.cast(inputs, "float32")
            moments = ops.moments(
                inputs, axes=(0, 1, 2), synchronized=self.synchronized
            )
            _move(self, *moments)
        outputs = _normalised(inputs, *moments, self.epsilon, scale, offset)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, inputs_shape, label_shape):
        """Returns the shape of the inputs."""
        return inputs_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        config = {
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "synchronized": self.synchronized,
        }
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class InstanceNorm(keras.layers.Layer):
    """Normalises each map of each image, unless the map is flat.

    Ulyanov et al. 2017 (arXiv:1607.08022) without scale and offset, in
    float32 under every precision policy: y = (x - mean) / sqrt(var + eps),
    times var / (var + eps). The factor is 1 to within eps / var wherever
    there is something to see. Without it the gradient with respect to an
    image grows as 1 / its contrast, and a cycle hands it on to the other
    translator: users of instance norm meet NaN on flat images.

    Args:
        epsilon: Variance below which a map counts as flat.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        """Returns the normalised inputs, `[B, H, W, C]`."""
        x = ops.cast(inputs, "float32")
        return ops.cast(_instance_norm(x, self.epsilon), self.compute_dtype)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


def _instance_norm(x, epsilon):
    def parts(x):
        mean, variance = ops.moments(x, axes=(1, 2), keepdims=True)
        scale = variance * (variance + epsilon) ** -1.5
        return x - mean, variance, scale

    # Half as many passes over the maps as the gradient of the moments takes.
    @gradients.custom_gradient
    def forward(x):
        difference, _, scale = parts(x)

        def gradient(upstream):
            # Of x again, which a second derivative has to know about.
            difference, variance, scale = parts(x)
            slope = (2 * epsilon - variance) * (variance + epsilon) ** -2.5
            common = ops.mean(upstream, axis=(1, 2), keepdims=True)
            along = ops.mean(upstream * difference, axis=(1, 2), keepdims=True)
            return (upstream - common) * scale + difference * (slope * along)

        return difference * scale, gradient

    return forward(x)
