"""Adversarial and class losses and gradient penalties: pure functions.

Scores are float32 critic outputs of shape [B]; a higher score means more
real. Class logits are float32 [B, L]. Every function returns one value per
example, float32 [B], so that the caller takes exactly one mean over the
global batch (see `gans/step.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

Scores = tf.Tensor
Critic = Callable[[tf.Tensor], Scores]


class AdversarialLoss(NamedTuple):
    """The two sides of one adversarial game.

    Attributes:
        critic: (real scores [B], fake scores [B]) -> loss [B] of the critic.
        generator: (real scores [B], fake scores [B]) -> loss [B] of the
            generator. Only the relativistic loss looks at the real scores.
    """

    critic: Callable[[Scores, Scores], tf.Tensor]
    generator: Callable[[Scores, Scores], tf.Tensor]


WASSERSTEIN = AdversarialLoss(
    critic=lambda real, fake: fake - real,
    generator=lambda real, fake: -fake,
)

# Goodfellow et al. 2014 (arXiv 1406.2661), section 3: the generator
# maximises log D(G(z)) because log(1 - D(G(z))) saturates.
NON_SATURATING = AdversarialLoss(
    critic=lambda real, fake: tf.nn.softplus(-real) + tf.nn.softplus(fake),
    generator=lambda real, fake: tf.nn.softplus(-fake),
)

# Mao et al. 2017 (arXiv 1611.04076), equation 9: targets 1 for real, 0 for
# fake, with the paper's factor 1/2.
LEAST_SQUARES = AdversarialLoss(
    critic=lambda real, fake: 0.5 * (tf.square(real - 1) + tf.square(fake)),
    generator=lambda real, fake: 0.5 * tf.square(fake - 1),
)

# Lim & Ye 2017 (arXiv 1705.02894); Miyato et al. 2018, equations 16 and 17.
HINGE = AdversarialLoss(
    critic=lambda real, fake: tf.nn.relu(1 - real) + tf.nn.relu(1 + fake),
    generator=lambda real, fake: -fake,
)

# Jolicoeur-Martineau 2018 (arXiv 1807.00734) with the logistic pairing of
# Huang et al. 2024 (R3GAN, arXiv 2501.05441), equation 2.
RELATIVISTIC = AdversarialLoss(
    critic=lambda real, fake: tf.nn.softplus(fake - real),
    generator=lambda real, fake: tf.nn.softplus(real - fake),
)

ADVERSARIAL_LOSSES = {
    "wasserstein_gp": WASSERSTEIN,
    "wasserstein_clip": WASSERSTEIN,
    "non_saturating": NON_SATURATING,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "relativistic": RELATIVISTIC,
}

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


def gradient_penalty(
    critic: Critic, real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor
) -> tf.Tensor:
    """Two-sided gradient penalty of WGAN-GP.

    Gulrajani et al. 2017 (arXiv 1704.00028), equation 3, without lambda:
    (||grad D(x)|| - 1)^2 at x = real + mix * (fake - real).

    Args:
        critic: Maps images to scores [B]; example i must not depend on the
            others (no batch norm).
        real: Images, float32 [B, H, W, C] in [-1, 1].
        fake: Images, like `real`.
        mix: One uniform weight in [0, 1) per example, float32 [B, 1, 1, 1].

    Returns:
        The penalty of each example, float32 [B].
    """
    mixed = real + mix * (fake - real)
    # The square root has an infinite slope at zero: without the small term a
    # critic that is flat somewhere turns every weight into NaN.
    norm = tf.sqrt(_squared_gradient_norm(critic, mixed) + 1e-12)
    return tf.square(norm - 1)


def zero_centred_penalty(critic: Critic, images: tf.Tensor) -> tf.Tensor:
    """R1 on real images, R2 on generated ones, without gamma.

    Mescheder et al. 2018 (arXiv 1801.04406), equations 9 and 10:
    ||grad D(x)||^2 / 2.

    Args:
        critic: Maps images to scores [B], example by example.
        images: Float32 [B, H, W, C] in [-1, 1].

    Returns:
        The penalty of each example, float32 [B].
    """
    return 0.5 * _squared_gradient_norm(critic, images)


def _squared_gradient_norm(critic: Critic, images: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        scores = critic(images)
    gradients = tf.cast(tape.gradient(scores, images), tf.float32)
    return tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3])


def softmax_class_loss(
    logits: tf.Tensor, labels: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """Cross-entropy of one class per image.

    Odena et al. 2017 (arXiv 1610.09585), equation 3, as a minimisation. The
    critic takes it on real images and, in the paper, on generated ones; the
    generator on its own images, against the label that it was given.

    Args:
        logits: Float32 [B, L], without a softmax.
        labels: One-hot, float32 [B, L]; a row of zeros is an image without
            a label, whose loss and gradient are 0.
        smoothing: Share of the target that is spread over all classes, in
            [0, 1); for the critic's targets only.

    Returns:
        The loss of each image, float32 [B].
    """
    classes = tf.cast(tf.shape(labels)[-1], tf.float32)
    target = labels * (1 - smoothing) + smoothing / classes
    loss = tf.nn.softmax_cross_entropy_with_logits(target, logits)
    return loss * _labelled(labels)


def sigmoid_class_loss(
    logits: tf.Tensor,
    labels: tf.Tensor,
    smoothing: float = 0.0,
    reduction: str = "mean",
) -> tf.Tensor:
    """Binary cross-entropy of several tags per image.

    Args:
        logits: Float32 [B, L], without a sigmoid.
        labels: Multi-hot, float32 [B, L]; a row of zeros is an image without
            tags, whose loss and gradient are 0.
        smoothing: Moves targets from 0 and 1 towards 1/2, in [0, 1).
        reduction: `"mean"` or `"sum"` over the L tags.

    Returns:
        The loss of each image, float32 [B].

    Raises:
        ValueError: If the reduction is unknown.
    """
    reductions = {"mean": tf.reduce_mean, "sum": tf.reduce_sum}
    if reduction not in reductions:
        raise ValueError(
            f"Unknown reduction, expected one of {sorted(reductions)}. "
            f"Received: reduction={reduction!r}"
        )
    target = labels * (1 - smoothing) + smoothing / 2
    loss = tf.nn.sigmoid_cross_entropy_with_logits(target, logits)
    return reductions[reduction](loss, axis=-1) * _labelled(labels)


def _labelled(labels: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.reduce_any(labels > 0, axis=-1), tf.float32)


def class_accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Share of an image's k labels among its k highest logits.

    The ordinary top-1 accuracy for one class, R-precision for tags: unlike
    the accuracy tag by tag it cannot be had by saying no to all of them.

    Args:
        logits: Float32 [B, L].
        labels: One-hot or multi-hot, float32 [B, L]; rows of zeros don't
            count.

    Returns:
        The mean over labelled images, a float32 scalar in [0, 1]; 0 if there
        are none.
    """
    # How many logits are higher: the rank of each label, from 0.
    higher = logits[:, None, :] > logits[:, :, None]
    rank = tf.reduce_sum(tf.cast(higher, tf.float32), axis=-1)
    count = tf.reduce_sum(labels, axis=-1, keepdims=True)
    found = tf.reduce_sum(labels * tf.cast(rank < count, tf.float32), axis=-1)
    precision = tf.math.divide_no_nan(found, count[:, 0])
    return tf.math.divide_no_nan(
        tf.reduce_sum(precision), tf.reduce_sum(_labelled(labels))
    )
