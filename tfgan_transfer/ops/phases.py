"""Kernels of transposed convolutions that leave flat maps flat.

A kernel of stride 2 draws each pixel from a quarter of its taps, its phase.
Where the phases have different sums, a flat map becomes a chequered one, and
what follows makes scales, loops or weaves of that, at the pitch of the map
(Odena et al. 2016, https://doi.org/10.23915/distill.00003). With equal sums a
flat map stays flat, but for its edges.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def equalised(kernel: tf.Tensor, strides: Sequence[int]) -> tf.Tensor:
    """The nearest kernel whose phases have equal sums.

    Args:
        kernel: Float `[h, w, O, I]`.
        strides: Down and across, at most as many as the kernel is high and
            wide.

    Returns:
        A kernel of the same shape. For each pair of channels all phases have
        the mean of their sums before.
    """
    down, across = (
        _phases(size, stride, kernel.dtype)
        for size, stride in zip(kernel.shape[:2], strides, strict=True)
    )
    sums = tf.einsum("hp,wq,hwoi->pqoi", down, across, kernel)
    taps = tf.einsum("hp,wq->pq", down, across)[:, :, None, None]
    above = (sums - tf.reduce_mean(sums, axis=(0, 1), keepdims=True)) / taps
    return kernel - tf.einsum("hp,wq,pqoi->hwoi", down, across, above)


def _phases(size: int, stride: int, dtype: tf.DType) -> tf.Tensor:
    """Which tap belongs to which phase, 0 or 1, `[size, stride]`."""
    return tf.constant(np.eye(stride)[np.arange(size) % stride], dtype)
