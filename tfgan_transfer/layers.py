"""Layers that Keras lacks: two norms, and layers with spectral norm."""

import keras
from keras import ops

from tfgan_transfer import convolution

_PACKAGE = "tfgan_transfer"
_TINY = 1e-12


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
        x = ops.cast(inputs, "float32")
        label = ops.cast(label, "float32")
        if training and self.trainable:
            mean, variance = ops.moments(
                x, axes=(0, 1, 2), synchronized=self.synchronized
            )
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        else:
            mean = ops.convert_to_tensor(self.moving_mean)
            variance = ops.convert_to_tensor(self.moving_variance)
        share = label / ops.maximum(1.0, ops.sum(label, -1, keepdims=True))
        scale = ops.matmul(share, self.gamma) * ops.rsqrt(
            variance + self.epsilon
        )
        offset = ops.matmul(share, self.beta) - mean * scale
        outputs = x * scale[:, None, None] + offset[:, None, None]
        return ops.cast(outputs, self.compute_dtype)

    def _move(self, moving, batch):
        moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))

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
    @ops.custom_gradient
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


def _matrix(kernel):
    """A kernel as the float32 matrix `[everything else, outputs]`."""
    flat = ops.reshape(kernel, (-1, kernel.shape[-1]))
    return ops.cast(flat, "float32")


def _add_right_vector(layer, outputs):
    # An orthogonal column is a random unit vector; its fixed seed makes it the
    # same in every process.
    return layer.add_weight(
        (outputs, 1),
        keras.initializers.Orthogonal(seed=0),
        name="u",
        trainable=False,
        autocast=False,
    )


def _normalised(kernel, u):
    # |W u| = v'W u for v = W u / |W u|, and its gradient for constant u is
    # v u', the one that Miyato et al. derive with both vectors held constant.
    image = ops.matmul(_matrix(kernel), u)
    sigma = ops.sqrt(ops.sum(ops.square(image)) + _TINY)
    return kernel / ops.cast(sigma, kernel.dtype)


def _power_iteration(kernel, u):
    matrix = _matrix(kernel)
    image = ops.matmul(ops.transpose(matrix), ops.matmul(matrix, u))
    u.assign(image / ops.sqrt(ops.sum(ops.square(image)) + _TINY**2))


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SpectralConv2D(keras.layers.Conv2D):
    """Convolution by `W / sigma(W)`, with `W` itself left alone.

    `sigma` estimates the largest singular value of the kernel reshaped to
    `[height * width * inputs, outputs]` (Miyato et al. 2018,
    arXiv:1802.05957, section 2). Gradients reach `W` through `sigma` too. The
    forward pass changes nothing: the estimate improves only when
    `update_spectral_norm` is called, once per critic step. Until it has
    converged `sigma` is too small.

    Weights: those of `keras.layers.Conv2D`, and `u` `[outputs, 1]`, the
    estimated right singular vector, not trainable.

    Args and call arguments: those of `convolution.Convolution`.
    """

    def __init__(self, *args, resample: str = "same", **kwargs):
        super().__init__(*args, **kwargs)
        self.resample = resample

    def build(self, input_shape):
        """Makes the kernel, the bias and `u`."""
        super().build(input_shape)
        self.u = _add_right_vector(self, self.filters)

    def convolution_op(self, inputs, kernel):
        """Convolves with the normalised kernel."""
        return convolution.resampled(
            inputs,
            _normalised(kernel, self.u),
            self.strides[0],
            self.padding,
            self.resample,
        )

    def compute_output_shape(self, input_shape):
        """`[B, h, w, O]`."""
        return convolution.resampled_shape(
            super().compute_output_shape(input_shape), self.resample
        )

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "resample": self.resample}

    def update_spectral_norm(self) -> None:
        """Improves `u` by one power iteration."""
        _power_iteration(self.kernel, self.u)

    def save_own_variables(self, store):
        """Saves what Keras saves, and `u`."""
        super().save_own_variables(store)
        store["u"] = self.u

    def load_own_variables(self, store):
        """Loads what Keras loads, and `u`."""
        super().load_own_variables(store)
        self.u.assign(store["u"])


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SpectralDense(keras.layers.Dense):
    """Dense layer with `W / sigma(W)`; see `SpectralConv2D`.

    Weights: those of `keras.layers.Dense`, and `u` `[units, 1]`, not
    trainable.

    Args and call arguments: those of `keras.layers.Dense`.
    """

    def build(self, input_shape):
        """Makes the kernel, the bias and `u`."""
        super().build(input_shape)
        self.u = _add_right_vector(self, self.units)

    def call(self, inputs, training=None):
        """Returns `activation(inputs W / sigma + bias)`."""
        kernel = ops.convert_to_tensor(self.kernel)
        outputs = ops.matmul(inputs, _normalised(kernel, self.u))
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def update_spectral_norm(self) -> None:
        """Improves `u` by one power iteration."""
        _power_iteration(self.kernel, self.u)

    def save_own_variables(self, store):
        """Saves what Keras saves, and `u`."""
        super().save_own_variables(store)
        store["u"] = self.u

    def load_own_variables(self, store):
        """Loads what Keras loads, and `u`."""
        super().load_own_variables(store)
        self.u.assign(store["u"])
