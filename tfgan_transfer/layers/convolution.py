"""Layers that convolve faster on CPUs."""

import keras
from keras import ops

from tfgan_transfer.ops import convolution, resampling

_PACKAGE = "tfgan_transfer"


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
