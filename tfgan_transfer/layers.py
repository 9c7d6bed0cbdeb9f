"""Layers that convolve faster on CPUs, and layers with spectral norm."""

import keras
from keras import ops

from tfgan_transfer import convolution, resampling

_PACKAGE = "tfgan_transfer"
_TINY = 1e-12


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Convolution(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with the gradients of `convolution`.

    Call arguments: those of `keras.layers.Conv2D`.

    Args:
        *args: Those of `keras.layers.Conv2D`.
        resample: See `resampling.resampled`.
        **kwargs: Those of `keras.layers.Conv2D`.
    """

    def __init__(self, *args, resample: str = "same", **kwargs):
        super().__init__(*args, **kwargs)
        self.resample = resample

    def convolution_op(self, inputs, kernel):
        """Convolves, without the bias."""
        return resampling.resampled(
            inputs, kernel, self.strides[0], self.padding, self.resample
        )

    def compute_output_shape(self, input_shape):
        """`[B, h, w, O]`."""
        return resampling.resampled_shape(
            super().compute_output_shape(input_shape), self.resample
        )

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "resample": self.resample}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class TransposedConvolution(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with the gradients of `convolution`.

    Args and call arguments: those of `keras.layers.Conv2DTranspose`.
    """

    def paints(self, shape: tuple[int | None, ...]) -> bool:
        """Whether inputs of this shape are single pixels, see `paint`."""
        single = shape[1:3] == (1, 1) and self.strides == (1, 1)
        return single and self.padding == "valid"

    def call(self, inputs):
        """Returns `activation(transposed convolution + bias)`."""
        if self.paints(inputs.shape):
            kernel = ops.convert_to_tensor(self.kernel)
            bias = ops.convert_to_tensor(self.bias) if self.use_bias else None
            return self.activation(convolution.paint(inputs, kernel, bias))
        if not convolution.worthwhile(inputs, self.kernel):
            return super().call(inputs)
        sides = self.compute_output_shape(inputs.shape)[1:3]
        kernel = ops.convert_to_tensor(self.kernel)
        outputs = convolution.spread(
            inputs, kernel, sides, self.strides[0], self.padding
        )
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)


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
