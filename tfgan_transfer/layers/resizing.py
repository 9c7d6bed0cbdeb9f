"""Layers that make images larger or smaller by any factor.

As products of matrices: XLA compiles these, and their gradients, where it
refuses a resizing op.
"""

import keras
import numpy as np
from keras import ops

_PACKAGE = "tfgan_transfer"


def bilinear(old: int, new: int) -> np.ndarray:
    """Weights of each old pixel in each new one, float32 `[new, old]`.

    Pixel i covers i to i + 1, so a new centre lies at (i + 1/2) old / new -
    1/2 of the old ones; beyond the outer centres the image goes on as there.
    """
    at = (np.arange(new) + 0.5) * old / new - 0.5
    at = np.clip(at, 0, old - 1)
    distance = np.abs(at[:, None] - np.arange(old))
    return np.maximum(0, 1 - distance).astype(np.float32)


def areas(old: int, new: int) -> np.ndarray:
    """Share of each old pixel in each new one, float32 `[new, old]`."""
    cells = np.repeat(np.eye(old, dtype=np.float32), new, axis=0)
    return cells.reshape(new, old, old).mean(axis=1)


def _resized(images, size, weights):
    down, across = (
        ops.convert_to_tensor(weights(old, new), images.dtype)
        for old, new in zip(images.shape[1:3], size, strict=True)
    )
    rows = ops.einsum("Hh,bhwc->bHwc", down, images)
    return ops.einsum("Ww,bHwc->bHWc", across, rows)


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Enlarge(keras.layers.Layer):
    """Bilinear enlargement.

    Args:
        size: `(height, width)` of the result.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, size: tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)

    def call(self, inputs):
        """Enlarges `[B, h, w, C]` to `[B, H, W, C]`."""
        return _resized(inputs, self.size, bilinear)

    def compute_output_shape(self, inputs_shape):
        """Returns the inputs' shape with another height and width."""
        return (inputs_shape[0], *self.size, inputs_shape[-1])

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Reduce(keras.layers.Layer):
    """Reduction by averaging what each new pixel covers.

    Args:
        size: `(height, width)` of the result.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, size: tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)

    def call(self, inputs):
        """Reduces `[B, H, W, C]` to `[B, h, w, C]`."""
        return _resized(inputs, self.size, areas)

    def compute_output_shape(self, inputs_shape):
        """Returns the inputs' shape with another height and width."""
        return (inputs_shape[0], *self.size, inputs_shape[-1])

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size}
