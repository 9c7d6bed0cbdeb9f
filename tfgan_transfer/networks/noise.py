"""Dropout and activation noise that draw nothing: they hash a seed.

Everything random in a train step comes in with its batch. A mask for each
activation would be many times the size of the batch, so an example brings one
seed and a layer stretches it: number j of example i is a hash of (seed i,
layer, j). An example's noise thus depends on its own seed alone: not on the
batch around it, the number of replicas, the steps before, or the compiler.
"""

import math
import zlib

import keras
from keras import ops

_PACKAGE = "tfgan_transfer"
# A seed is uniform noise in [0, 1), of which float32 keeps 23 bits.
_SEED_RANGE = 2**23
_WORD = 2**32
# Odd multipliers with a good avalanche when they alternate with shifts. Less
# 2**32 where they exceed 2**31: the same product modulo 2**32, and one that
# int64 can hold.
_FACTORS = ((16, 0x21F0AAAD), (15, 0xD35A2D97 - _WORD))
_GOLDEN = 0x9E3779B9 - _WORD


def _mixed(x):
    """A one-to-one scrambling of 32-bit words, held in int64."""
    for shift, factor in _FACTORS:
        x = ops.bitwise_xor(x, ops.right_shift(x, shift))
        x = ops.bitwise_and(x * factor, _WORD - 1)
    return ops.bitwise_xor(x, ops.right_shift(x, 15))


def hashed_uniform(seeds, size: int, salt: int):
    """Uniform numbers that are a function of seed, salt and position.

    Args:
        seeds: Float32 [B] in [0, 1).
        size: N.
        salt: Tells streams of the same seed apart; below 2**32.

    Returns:
        Float32 [B, N] in [0, 1), multiples of 2**-24.
    """
    word = ops.cast(ops.floor(seeds * _SEED_RANGE), "int64")
    word = _mixed(ops.bitwise_xor(word, ops.cast(salt, "int64")))
    position = ops.bitwise_and(
        ops.arange(size, dtype="int64") * _GOLDEN, _WORD - 1
    )
    words = _mixed(ops.bitwise_xor(word[:, None], position))
    return ops.cast(ops.right_shift(words, 8), "float32") * 2.0**-24


def _uniform(layer, inputs, seeds, stream=0):
    """Numbers of the shape of `inputs`, another stream for each layer name."""
    shape = inputs.shape[1:]
    salt = zlib.crc32(f"{layer.name}/{stream}".encode())
    flat = hashed_uniform(seeds, math.prod(shape), salt)
    return ops.reshape(flat, (-1, *shape))


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SeededDropout(keras.layers.Layer):
    """Dropout (Srivastava et al. 2014) whose masks come from seeds.

    Call arguments:
        inputs: `[B, ...]` floats.
        seeds: `[B]`, uniform in [0, 1), one per example.
        training: Whether to drop at all.

    Args:
        rate: Share of the values that become zero, in [0, 1). The others are
            divided by 1 - rate, which keeps their mean.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, rate: float, **kwargs):
        # A seed must not be rounded; the inputs come in the layer's type.
        super().__init__(**{**kwargs, "autocast": False})
        self.rate = rate

    def call(self, inputs, seeds, training=False):
        """Drops in training, and passes everything otherwise."""
        if not training:
            return inputs
        kept = _uniform(self, inputs, seeds) >= self.rate
        return inputs * ops.cast(kept, inputs.dtype) / (1.0 - self.rate)

    def compute_output_shape(self, inputs_shape, seeds_shape):
        """Returns the shape of the inputs."""
        return inputs_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(package=_PACKAGE)
class SeededNoise(keras.layers.Layer):
    """Adds normal noise that comes from seeds; see `SeededDropout`.

    Args:
        stddev: Standard deviation of the noise, at least 0.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, stddev: float, **kwargs):
        # A seed must not be rounded; the inputs come in the layer's type.
        super().__init__(**{**kwargs, "autocast": False})
        self.stddev = stddev

    def call(self, inputs, seeds, training=False):
        """Adds noise in training, and nothing otherwise."""
        if not training:
            return inputs
        # Box and Muller 1958; 1 - u is never zero.
        radius = ops.sqrt(-2.0 * ops.log(1.0 - _uniform(self, inputs, seeds)))
        angle = 2.0 * math.pi * _uniform(self, inputs, seeds, stream=1)
        noise = self.stddev * radius * ops.cos(angle)
        return inputs + ops.cast(noise, inputs.dtype)

    def compute_output_shape(self, inputs_shape, seeds_shape):
        """Returns the shape of the inputs."""
        return inputs_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "stddev": self.stddev}
