"""Convolutions to images, whose kernels make blocks of 2x2 pixels at once.

A processor computes 16 channels or more at a time, and an image has 3: most of
its work is thrown away. The pixels of a block have 12, which a kernel makes of
all that one of them sees; the zeros in it cost less than the waste.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

_BLOCK = 2
# Most channels of an image for which it pays.
FEW = 4


def suits(sides: tuple[int, int], channels: int, stride: int) -> bool:
    """Whether an image is made of whole blocks, and has few channels.

    Args:
        sides: `(H, W)` of the image.
        channels: C, of the image.
        stride: Distance of the maps' pixels in the image.
    """
    whole = all(side % _BLOCK == 0 for side in sides)
    return channels <= FEW and whole and stride <= _BLOCK


def convolve(
    maps: tf.Tensor,
    kernel: tf.Tensor,
    sides: tuple[int, int],
    zeros: tuple[int, int],
) -> tf.Tensor:
    """Convolution of stride 1.

    Args:
        maps: [B, h, w, I].
        kernel: [height, width, I, C].
        sides: `(H, W)`, see `suits`.
        zeros: Rows and columns of zeros ahead of the maps.

    Returns:
        [B, H, W, C].
    """
    taps = [lambda pixel, at, n=n: at - pixel + n for n in zeros]
    return _make(maps, kernel, (0, 1, 2, 3), sides, taps, 1)


def spread(
    maps: tf.Tensor,
    kernel: tf.Tensor,
    sides: tuple[int, int],
    stride: int,
    zeros: tuple[int, int],
) -> tf.Tensor:
    """Transposed convolution.

    Args:
        maps: [B, h, w, I].
        kernel: [height, width, C, I].
        sides: `(H, W)`, see `suits`.
        stride: As for `suits`.
        zeros: Rows and columns of zeros ahead of the image.

    Returns:
        [B, H, W, C].
    """
    taps = [lambda pixel, at, n=n: pixel - at * stride + n for n in zeros]
    return _make(maps, kernel, (0, 1, 3, 2), sides, taps, stride)


def _make(maps, kernel, axes, sides, taps, stride):
    step = _BLOCK // stride
    (rows, first), (columns, left) = (
        _entries(tap, size)
        for tap, size in zip(taps, kernel.shape[:2], strict=True)
    )
    # Which weight goes where; the one added at the end is zero, for what a
    # pixel doesn't see. Moving weights one by one is faster than a transpose.
    zero = kernel.shape.num_elements()
    weights = np.arange(zero, dtype=np.int32).reshape(kernel.shape)
    weights = np.pad(
        weights.transpose(axes),
        [(0, 1), (0, 1), (0, 0), (0, 0)],
        constant_values=zero,
    )
    weights = weights[rows][:, :, columns].transpose(1, 3, 4, 0, 2, 5)
    kernel = tf.pad(tf.reshape(kernel, [-1]), [(0, 1)])
    kernel = tf.gather(kernel, weights.reshape(*weights.shape[:3], -1))
    edges = [
        (-start, step * (side // _BLOCK - 1) + start + size - length)
        for start, size, side, length in zip(
            (first, left),
            kernel.shape[:2],
            sides,
            maps.shape[1:3],
            strict=True,
        )
    ]
    blocks = tf.nn.conv2d(maps, kernel, step, [(0, 0), *edges, (0, 0)])
    return tf.nn.depth_to_space(blocks, _BLOCK)


def _entries(
    tap: Callable[[int, int], int], size: int
) -> tuple[list[list[int]], int]:
    """Which kernel entries a block's pixels take at the places it sees.

    Args:
        tap: (pixel of the block, place in the maps) -> entry of the kernel,
            below 0 or above `size` - 1 where there is none.
        size: Entries of the kernel along this axis.

    Returns:
        For each pixel the entry at each place, `size` for none; and the first
        place, counted from that of the block.
    """
    pixels = range(_BLOCK)
    seen = [
        at
        for at in range(-size, size + _BLOCK)
        if any(0 <= tap(pixel, at) < size for pixel in pixels)
    ]
    places = range(seen[0], seen[-1] + 1)
    entries = [[tap(pixel, at) for at in places] for pixel in pixels]
    return [
        [entry if 0 <= entry < size else size for entry in row]
        for row in entries
    ], seen[0]
