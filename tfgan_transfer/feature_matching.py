"""How unlike two batches of images are in frozen features, as distributions.

A critic finds one mistake at a time and forgets the last; a distance of
distributions holds all of them against the generator at once, and pushes
samples apart that are more alike than real images are. In features that never
change (dos Santos et al. 2019, arXiv 1904.02762) the energy distance (Szekely
& Rizzo 2013) needs no kernel width, and its estimate from batches is unbiased
(Bellemare et al. 2017, arXiv 1705.10743).
"""

from collections.abc import Sequence

import tensorflow as tf

# Of a channel's spread over the batch: the least, as a share of the root mean
# square of all channels of its map. Channels that real images never excite
# would weigh without bound.
_LEAST_SPREAD = 0.1
# Keeps the gradients of roots finite.
_TINY = 1e-6


def distance(real: Sequence[tf.Tensor], fake: Sequence[tf.Tensor]) -> tf.Tensor:
    """Energy distance of the statistics of maps, a mean over maps.

    Args:
        real: Maps of real images by a frozen network, [B, h, w, channels]
            each. No gradient reaches them.
        fake: The same of others, as many or more or fewer images.

    Returns:
        A float32 scalar, of the order of 1 where all channels are moved by
        their spread; around 0, and below it by chance, for batches of one
        distribution.

    Raises:
        ValueError: If a batch has fewer than two images, which have no
            distance from one another.
    """
    parts = [
        energy_distance(*_scaled(its_real, its_fake))
        for maps in zip(real, fake, strict=True)
        for its_real, its_fake in zip(*map(statistics, maps), strict=True)
    ]
    return tf.add_n(parts) / len(parts)


def statistics(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and standard deviation of each channel over the places of a map.

    Args:
        maps: [B, h, w, channels].

    Returns:
        Two of float32 [B, channels].
    """
    mean, variance = tf.nn.moments(tf.cast(maps, tf.float32), axes=(1, 2))
    return mean, tf.sqrt(variance + _TINY)


def energy_distance(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """2 E|x - y| - E|x - x'| - E|y - y'|, over the root of the dimensions.

    Args:
        x: Vectors, float32 [N, D].
        y: Others, float32 [M, D].

    Returns:
        The unbiased estimate, a float32 scalar: pairs of different vectors.

    Raises:
        ValueError: If N or M is 1.
    """
    within = [_mean_of_pairs(own) for own in (x, y)]
    between = tf.reduce_mean(_distances(x, y))
    return (2 * between - within[0] - within[1]) / x.shape[-1] ** 0.5


def _scaled(real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Both, in spreads of the channels over real images."""
    real = tf.stop_gradient(real)
    variance = tf.math.reduce_variance(real, axis=0)
    least = _LEAST_SPREAD**2 * tf.reduce_mean(variance)
    scale = tf.math.rsqrt(variance + least + _TINY)
    return real * scale, fake * scale


def _mean_of_pairs(x: tf.Tensor) -> tf.Tensor:
    count = x.shape[0] or tf.shape(x)[0]
    if count == 1:
        raise ValueError(
            "Feature matching compares images of a batch with one another: "
            "a batch must have 2 images or more. Received: 1"
        )
    pairs = tf.cast(count * (count - 1), tf.float32)
    return tf.reduce_sum(_distances(x, x)) / pairs


def _distances(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """|x_i - y_j|, [N, M]; next to nothing of a vector to itself."""
    squares = tf.reduce_sum(tf.square(x[:, None] - y[None]), axis=-1)
    return tf.sqrt(squares + _TINY**2)
