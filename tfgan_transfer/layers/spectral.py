"""Layers with spectral norm."""

import keras
from keras import ops

from tfgan_transfer.ops import resampling

_PACKAGE = "tfgan_transfer"
_TINY = 1e-12


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

    Args and call arguments: those of `Convolution`.
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
        return resampling.resampled(
            inputs,
            _normalised(kernel, self.u),
            self.strides[0],
            self.padding,
            self.resample,
        )

    def compute_output_shape(self, input_shape):
        """`[B, h, w, O]`."""
        return resampling.resampled_shape(
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
