"""Losses of translating between two sets of images: pure functions."""

import tensorflow as tf

from tfgan_transfer.losses import NON_SATURATING, WASSERSTEIN, AdversarialLoss

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
