"""Losses of translating between two sets of images: pure functions."""

from collections.abc import Sequence

import tensorflow as tf

from tfgan_transfer.losses import (
    HINGE,
    NON_SATURATING,
    WASSERSTEIN,
    AdversarialLoss,
)

# Zhu et al. 2017 (arXiv 1703.10593), section 4, and what users ask for beside
# it. Least squares come without Mao's factor 1/2, so that a cycle weight of
# 10 is the paper's. None of these generator losses looks at real scores.
TRANSLATION_LOSSES = {
    "least_squares": AdversarialLoss(
        critic=lambda real, fake: tf.square(real - 1) + tf.square(fake),
        generator=lambda real, fake: tf.square(fake - 1),
    ),
    "non_saturating": NON_SATURATING,
    "wasserstein_gp": WASSERSTEIN,
    "hinge": HINGE,
}


def l1_distance(images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference of each pair of images.

    Zhu et al. 2017 (arXiv 1703.10593), equation 2 with others = F(G(x)) or
    G(F(y)), and section 5.2, the identity loss, with others = F(x) or G(y).

    Args:
        images: Float32 [B, H, W, C].
        others: Like `images`.

    Returns:
        The mean over pixels and channels, float32 [B].
    """
    return tf.reduce_mean(tf.abs(images - others), axis=[1, 2, 3])


def feature_distance(
    maps: Sequence[tf.Tensor], others: Sequence[tf.Tensor]
) -> tf.Tensor:
    """How far two images lie apart in the maps of a frozen network.

    Zhang et al. 2018 (arXiv 1801.03924), equation 1, with all weights w_l at
    one: at each position the vectors of channels are brought to length one,
    so that neither contrast nor the scale of a layer counts; their squared
    distances are averaged over positions and layers.

    Args:
        maps: Of each layer, [B, h, w, channels], in any precision.
        others: Like `maps`.

    Returns:
        Float32 [B], from 0 for equal directions to 4 for opposite ones.
    """
    squares = [
        tf.reduce_mean(
            tf.reduce_sum(tf.square(_directions(x) - _directions(y)), axis=-1),
            axis=[1, 2],
        )
        for x, y in zip(maps, others, strict=True)
    ]
    return tf.add_n(squares) / len(squares)


def _directions(maps: tf.Tensor) -> tf.Tensor:
    """Vectors of length one at each position, shorter where there is little."""
    maps = tf.cast(maps, tf.float32)
    squares = tf.reduce_sum(tf.square(maps), axis=-1, keepdims=True)
    # A map that is flat has no direction; the root has no slope at zero.
    return maps * tf.math.rsqrt(squares + 1e-6)
