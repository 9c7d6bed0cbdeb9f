"""Transposed convolutions as products whose results are added up.

A product with each entry of the kernel makes of every pixel what it adds to
one pixel of its patch; what falls on the same pixel is summed. There are as
many operations as in the convolution, and a processor does them at full speed.
"""

from collections.abc import Sequence

import tensorflow as tf


def spread(
    maps: tf.Tensor,
    kernel: tf.Tensor,
    sides: tuple[int, int],
    stride: int,
    zeros: tuple[int, int],
) -> tf.Tensor:
    """Transposed convolution.

    Args:
        maps: [B, h, w, O].
        kernel: [height, width, C, O].
        sides: `(H, W)`.
        stride: Distance of the maps' pixels in the image.
        zeros: Rows and columns of zeros ahead of the image.

    Returns:
        [B, H, W, C].
    """
    height, width, channels, outputs = kernel.shape
    pixels = tf.reshape(maps, [-1, outputs])
    shape = [-1, *maps.shape[1:3], channels]

    def row(number: int) -> tf.Tensor:
        entries = [
            tf.matmul(pixels, kernel[number, column], transpose_b=True)
            for column in range(width)
        ]
        parts = [tf.reshape(entry, shape) for entry in entries]
        return _added(parts, 2, sides[1], stride, zeros[1])

    rows = [row(number) for number in range(height)]
    return _added(rows, 1, sides[0], stride, zeros[0])


def _added(
    parts: Sequence[tf.Tensor], axis: int, side: int, stride: int, zeros: int
) -> tf.Tensor:
    """Lays patches beside one another along an axis, and sums what overlaps.

    Args:
        parts: Of all patches, the first pixel along the axis, the second, ...
        axis: Along which they lie.
        side: Pixels along it.
        stride: Pixels from a patch to the next.
        zeros: Pixels of the first patch that are ahead of the image.

    Returns:
        What lies there, with `side` pixels along the axis.
    """
    count = -(-side // stride)
    pixels = []
    # Pixels a stride apart are made of the same parts of patches.
    for phase in range(stride):
        seen = range((phase + zeros) % stride, len(parts), stride)
        moved = [
            _moved(parts[at], axis, (phase + zeros - at) // stride, count)
            for at in seen
        ]
        pixels.append(tf.add_n(moved) if moved else None)
    empty = next(tf.zeros_like(part) for part in pixels if part is not None)
    pixels = [empty if part is None else part for part in pixels]
    if stride == 1:
        return pixels[0]
    shape = [-1, *pixels[0].shape[1:]]
    shape[axis] = stride * count
    x = tf.reshape(tf.stack(pixels, axis + 1), shape)
    return _part(x, axis, 0, side)


def _moved(x: tf.Tensor, axis: int, by: int, count: int) -> tf.Tensor:
    """`count` places from the one numbered `by`; zeros where there are none."""
    places = x.shape[axis]
    # Of a small image, all may be moved out.
    before, first = min(max(0, -by), count), min(max(0, by), places)
    last = max(first, min(places, by + count))
    edges = [(0, 0)] * len(x.shape)
    edges[axis] = (before, count - before - (last - first))
    x = _part(x, axis, first, last)
    return tf.pad(x, edges) if any(edges[axis]) else x


def _part(x: tf.Tensor, axis: int, first: int, last: int) -> tf.Tensor:
    if (first, last) == (0, x.shape[axis]):
        return x
    return x[(slice(None),) * axis + (slice(first, last),)]
