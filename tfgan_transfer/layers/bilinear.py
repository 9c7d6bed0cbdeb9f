"""Bilinear scaling that can be differentiated as often as one likes.

TensorFlow's has no second derivative, and says so by silence: a gradient
penalty would see a critic that begins with it as constant. Its gradient also
adds up in any order on GPUs. Here scaling is two products with constant
matrices.
"""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class Bilinear(keras.layers.Layer):
    """Scales maps to `(height, width)`, see `scaled`.

    Call arguments:
        inputs: `[B, h, w, C]` floats.

    Args:
        height: Of the outputs, in pixels.
        width: Of the outputs, in pixels.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def call(self, inputs):
        """Returns `[B, height, width, C]`."""
        return scaled(inputs, (self.height, self.width))

    def compute_output_shape(self, input_shape):
        """`[B, height, width, C]`."""
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self):
        """Returns the constructor's arguments."""
        sides = {"height": self.height, "width": self.width}
        return {**super().get_config(), **sides}


def scaled(images: tf.Tensor, sides: tuple[int, int]) -> tf.Tensor:
    """Scales images, averaging over what a smaller pixel covers.

    Args:
        images: Floats [B, h, w, C].
        sides: `(height, width)`.

    Returns:
        [B, height, width, C], as `tf.image.resize(..., antialias=True)` up to
        rounding, of the images' type.
    """
    if tuple(images.shape[1:3]) == tuple(sides):
        return images
    down, right = (
        tf.constant(_weights(before, after), images.dtype)
        for before, after in zip(images.shape[1:3], sides, strict=True)
    )
    maps = tf.transpose(images, [0, 3, 1, 2])
    maps = tf.matmul(down, tf.matmul(maps, right, transpose_b=True))
    return tf.transpose(maps, [0, 2, 3, 1])


def _weights(before: int, after: int) -> np.ndarray:
    """Share of each old pixel in each new one, [after, before]."""
    step = before / after
    centres = (np.arange(after)[:, None] + 0.5) * step
    distances = np.abs(centres - np.arange(before) - 0.5)
    shares = np.maximum(0, 1 - distances / max(1, step))
    return shares / shares.sum(axis=1, keepdims=True)
