"""Over which frequencies images spread their power, and how unlike that is.

Transposed convolutions leave lattices in what they draw: power at frequencies
of their strides that photographs do not have (Frank et al. 2020, arXiv
2003.08685). A critic on a classifier's features is nearly blind to it.
"""

import tensorflow as tf

# Far less than the noise of pixels of 8 bits, (2 / 255)^2 / 12.
_FLOOR = 1e-7


def power(images: tf.Tensor) -> tf.Tensor:
    """Mean power of a batch at every frequency.

    Args:
        images: [B, H, W, C].

    Returns:
        Float32 [H, W // 2 + 1]: squared absolute values of the unitary Fourier
        transform of each channel, frequency 0 first, means over the batch and
        the channels. The columns that are left out mirror these.
    """
    channels = tf.transpose(tf.cast(images, tf.float32), [0, 3, 1, 2])
    waves = tf.signal.rfft2d(channels)
    squares = tf.square(tf.math.real(waves)) + tf.square(tf.math.imag(waves))
    size = images.shape[1] * images.shape[2]
    return tf.reduce_mean(squares, axis=(0, 1)) / size


def distance(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Squared log-spectral distance of two batches.

    It is 0 for batches of equal power at every frequency, whatever they show,
    and 1 where that of one is e times that of the other everywhere. Durall et
    al. 2020 (arXiv 2003.01826) compare means over all frequencies of one
    length instead, which a lattice hardly changes.

    Args:
        real: Images, [B, H, W, C].
        fake: Others of the same shape, but for B.

    Returns:
        A float32 scalar.
    """
    ratio = tf.math.log(power(fake) + _FLOOR) - tf.math.log(
        power(real) + _FLOOR
    )
    return tf.reduce_mean(tf.square(ratio))
