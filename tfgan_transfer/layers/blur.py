"""A small binomial filter, against what enlarging leaves in the spectrum."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class Blur(keras.layers.Layer):
    """Weighs neighbours by (1, 2, 1) / 4, down and across.

    After pixels have been repeated, which weighs them by (1, 1), that makes
    the (1, 3, 3, 1) / 4 of bilinear enlargement. It removes a period of 2 px
    entirely, and the images of low frequencies beside it, which repetition
    leaves (Karras et al. 2020, arXiv 1912.04958, appendix B).

    Call arguments:
        inputs: `[B, H, W, C]` floats, also of unknown sides. Beyond the edges
            maps go on as there.
    """

    def call(self, inputs):
        """Returns `[B, H, W, C]`."""
        for axis in (1, 2):
            first, last = (0, 1), (-1, None)
            before = tf.concat(
                [_part(inputs, axis, *first), _part(inputs, axis, 0, -1)], axis
            )
            after = tf.concat(
                [_part(inputs, axis, 1, None), _part(inputs, axis, *last)], axis
            )
            inputs = 0.5 * inputs + 0.25 * (before + after)
        return inputs

    def compute_output_shape(self, input_shape):
        """That of the inputs."""
        return input_shape


def _part(maps: tf.Tensor, axis: int, start: int, stop: int | None):
    whole = slice(None)
    return maps[(*[whole] * axis, slice(start, stop))]
