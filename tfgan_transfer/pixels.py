"""The one scale of pixels: 0 to 255 in files, -1 to 1 in networks."""

import numpy as np
import tensorflow as tf

# Of one picture: what decodes into more is a mistake, or an attack.
MOST_PIXELS = 89_478_485


def to_float(pixels: np.ndarray | tf.Tensor) -> np.ndarray | tf.Tensor:
    """Scales pixels to what networks take.

    Args:
        pixels: Numbers of any type in [0, 255], an array or a tensor.

    Returns:
        Float32 of the same shape in [-1, 1]; an array of an array.
    """
    if isinstance(pixels, np.ndarray):
        return pixels.astype(np.float32) / 127.5 - 1
    return tf.cast(pixels, tf.float32) / 127.5 - 1


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Rounds images to 8 bits, as every saved or measured image is.

    Args:
        images: Float [..., H, W, C] in [-1, 1]; values outside are clipped.

    Returns:
        Uint8 of the same shape, round((x + 1) * 127.5).
    """
    scaled = np.asarray(images, np.float32) + 1
    # In place: new arrays took as long as the arithmetic.
    scaled *= 127.5
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 255, out=scaled)
    return scaled.astype(np.uint8)


def rounded(images: tf.Tensor) -> tf.Tensor:
    """Does what `to_uint8` does, within a graph."""
    scaled = tf.clip_by_value(tf.round((images + 1) * 127.5), 0, 255)
    return tf.cast(scaled, tf.uint8)
