"""Edges of images, put on and cut off, at the speed of memory.

TensorFlow's mirrored padding, its gradient and the gradient of a cut take
several times as long on CPUs as moving the pixels does. Pixels are fetched by
index here, and go back by products with the matrices of ones that the indices
stand for.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.ops import gradients

_PACKAGE = "tfgan_transfer"


@keras.saving.register_keras_serializable(package=_PACKAGE)
class ReflectionPad(keras.layers.Layer):
    """Continues images beyond their edges as a mirror would.

    Args:
        size: Pixels added on each side; must be below both sides.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, size: int, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs):
        """Returns `[B, H + 2 size, W + 2 size, C]`."""
        return reflect(inputs, self.size)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Cut(keras.layers.Layer):
    """Leaves out the first row and the first column."""

    def call(self, inputs):
        """Returns `[B, H - 1, W - 1, C]`."""
        # The gradient of a slice is a padding; that of strides is slow.
        return tf.slice(inputs, [0, 1, 1, 0], [-1, -1, -1, -1])

    def compute_output_shape(self, input_shape):
        """One less than the sides of the inputs."""
        batch, *sides, channels = input_shape
        return (batch, *(side and side - 1 for side in sides), channels)


def reflect(images: tf.Tensor, size: int) -> tf.Tensor:
    """Continues images beyond their edges as a mirror would.

    Args:
        images: [B, H, W, C], of known sides.
        size: Pixels added on each side, below H and W.

    Returns:
        [B, H + 2 size, W + 2 size, C], with gradients of every order.
    """
    sides = images.shape[1:3]
    if tf.config.list_logical_devices("GPU") or None in sides:
        edge = (size, size)
        return tf.pad(images, [(0, 0), edge, edge, (0, 0)], "REFLECT")
    rows, columns = (
        np.pad(np.arange(side), size, mode="reflect") for side in sides
    )

    @gradients.custom_gradient
    def forward(images):
        fetched = tf.gather(tf.gather(images, rows, axis=1), columns, axis=2)
        return fetched, lambda upstream: _return(upstream, rows, columns)

    return forward(images)


def _return(upstream, rows, columns):
    """Adds up what the copies of each pixel get."""
    channels = upstream.shape[-1]
    height, width = rows.max() + 1, columns.max() + 1
    to_rows, to_columns = (
        tf.constant(np.arange(side)[:, None] == seen, upstream.dtype)
        for side, seen in ((height, rows), (width, columns))
    )
    flat = [-1, len(rows), len(columns) * channels]
    upstream = tf.matmul(to_rows, tf.reshape(upstream, flat))
    lines = tf.reshape(upstream, [-1, len(columns), channels])
    lines = tf.matmul(to_columns, lines)
    return tf.reshape(lines, [-1, height, width, channels])
