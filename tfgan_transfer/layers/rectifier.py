"""ReLU and LeakyReLU that cost nothing more under a gradient penalty.

Their slope is constant on either side of zero, so the gradient of a critic of
convolutions and rectifiers does not change with the features, only with the
weights. TensorFlow does not know and sends a gradient of zeros all the way back
through the forward pass: a third of what a penalty costs.
"""

import keras
import tensorflow as tf

from tfgan_transfer.ops import gradients


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class Rectifier(keras.layers.Layer):
    """`x` where it is above zero, `negative_slope * x` elsewhere.

    Call arguments:
        inputs: Floats of any shape.

    Args:
        negative_slope: 0 for ReLU, or 0.2, see `rectify`.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, negative_slope: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.negative_slope = negative_slope

    def call(self, inputs):
        """Returns the rectified inputs."""
        return rectify(inputs, self.negative_slope)

    def compute_output_shape(self, input_shape):
        """The shape of the inputs."""
        return input_shape

    def get_config(self):
        """Configuration to rebuild the layer from."""
        own = {"negative_slope": self.negative_slope}
        return {**super().get_config(), **own}


def rectify(features: tf.Tensor, slope: float) -> tf.Tensor:
    """`features` where they are above zero, `slope * features` elsewhere.

    Args:
        features: Floats of any shape.
        slope: Below zero: 0 or 0.2.

    Returns:
        Like `features`, with gradients of every order, of which those for the
        features through the slope are left out, being zero.

    Raises:
        ValueError: If the slope is another: TensorFlow 2.21 makes one kernel
            of a convolution, a sum and a leaky ReLU, which takes any for 0.2.
    """
    if slope not in (0, 0.2):
        raise ValueError(f"slope is 0 or 0.2, not {slope}: see the docstring")

    @gradients.custom_gradient
    def forward(features):
        if slope == 0:
            outputs = tf.nn.relu(features)
        else:
            outputs = tf.nn.leaky_relu(features, slope)
        # Of the same sign as the features, which need not be kept then.
        signs = tf.stop_gradient(outputs)

        def gradient(upstream):
            return tf.raw_ops.LeakyReluGrad(
                gradients=upstream, features=signs, alpha=slope
            )

        return outputs, gradient

    return forward(features)
