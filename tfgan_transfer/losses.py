"""Adversarial losses and gradient penalties: pure functions.

Scores are float32 critic outputs of shape [B], or [B, K] of a critic with K
heads; a higher score means more real. Adversarial losses have the shape of
the scores, every other function returns one value per example, float32 [B]:
the caller takes the mean over heads and exactly one over the global batch
(see `gans/step.py`).
"""

from collections.abc import Callable, Mapping
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
        relative: Whether it does.
    """

    critic: Callable[[Scores, Scores], tf.Tensor]
    generator: Callable[[Scores, Scores], tf.Tensor]
    relative: bool = False


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
    relative=True,
)

ADVERSARIAL_LOSSES = {
    "wasserstein_gp": WASSERSTEIN,
    "wasserstein_clip": WASSERSTEIN,
    "non_saturating": NON_SATURATING,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "relativistic": RELATIVISTIC,
}


def named(losses: Mapping, name: str) -> AdversarialLoss:
    """A loss by its name.

    Args:
        losses: `ADVERSARIAL_LOSSES` or `TRANSLATION_LOSSES`.
        name: One of its keys.

    Raises:
        ValueError: If it is none of them.
    """
    if name not in losses:
        raise ValueError(
            f"Unknown adversarial_loss, expected one of {sorted(losses)}. "
            f"Received: adversarial_loss={name!r}"
        )
    return losses[name]


def name_of(losses: Mapping, loss: AdversarialLoss) -> str:
    """The name under which a table has a loss; the first, if there are two."""
    return next(name for name, one in losses.items() if one == loss)


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
