"""The hash by integers of Python, and the law of the noise made from it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.networks.noise import (
    SeededDropout,
    SeededNoise,
    hashed_uniform,
)

N = 50_000


def scramble(word):
    """Two rounds of xor-shift and multiply on 32 bits, in plain integers."""
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        word ^= word >> shift
        word = word * factor % 2**32
    return word ^ word >> 15


def test_words_by_hand():
    seeds = [0.0, 0.25, 1 - 2**-23]
    got = hashed_uniform(np.float32(seeds), 1000, salt=77).numpy()
    for seed, row in zip(seeds, got, strict=True):
        key = scramble(int(seed * 2**23) ^ 77)
        for j in (0, 1, 2, 500, 999):
            word = scramble(key ^ (j * 0x9E3779B9 % 2**32))
            assert row[j] == (word >> 8) / 2**24


def test_xla_draws_the_same_bits():
    seeds = tf.constant(np.float32([0.1, 0.7]))
    plain = hashed_uniform(seeds, N, 3)
    compiled = tf.function(hashed_uniform, jit_compile=True)(seeds, N, 3)
    np.testing.assert_array_equal(plain, compiled)


def test_numbers_are_uniform_and_streams_unrelated():
    # Neighbouring seeds, and the same seed with another salt.
    rows = hashed_uniform(np.float32([0, 2**-23, 0.5]), N, 1).numpy()
    rows = np.concatenate([rows, hashed_uniform(np.float32([0.5]), N, 2)])
    assert rows.min() >= 0 and rows.max() < 1
    for row in rows:
        counts, _ = np.histogram(row, 50, (0, 1))
        # Chi squared with 49 degrees of freedom: 49 +- 10.
        assert np.sum((counts - N / 50) ** 2) / (N / 50) < 49 + 5 * 10
        for lag in (1, 2, 3, 16, 64):
            r = np.corrcoef(row[lag:], row[:-lag])[0, 1]
            assert abs(r) < 5 / np.sqrt(N)
    correlations = np.corrcoef(rows)[np.triu_indices(4, 1)]
    assert abs(correlations).max() < 5 / np.sqrt(N)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5])
def test_dropout_keeps_the_mean(rate):
    layer = SeededDropout(rate, name="d")
    x = np.full((2, 100, 250), 3.0, "float32")
    seeds = np.float32([0.2, 0.9])
    out = layer(x, seeds, training=True).numpy()
    assert {*np.unique(out)} <= {0.0, np.float32(3 / (1 - rate))}
    assert abs((out == 0).mean() - rate) < 5 * 0.5 / np.sqrt(x.size)
    np.testing.assert_array_equal(layer(x, seeds), x)
    other = SeededDropout(rate, name="e")(x, seeds, training=True)
    assert (rate == 0) == bool((other == out).numpy().all())


def test_noise_is_normal():
    layer = SeededNoise(0.2, name="n")
    x = np.full((4, N), 5.0, "float32")
    seeds = np.float32([0.1, 0.2, 0.3, 0.4])
    noise = layer(x, seeds, training=True).numpy().astype(float) - 5
    n = noise.size
    assert abs(noise.mean()) < 5 * 0.2 / np.sqrt(n)
    assert abs(noise.std() / 0.2 - 1) < 5 / np.sqrt(2 * n)
    standard = noise / 0.2
    assert abs(np.mean(standard**4) - 3) < 5 * np.sqrt(96 / n)
    assert abs(np.mean(standard**3)) < 5 * np.sqrt(15 / n)
    np.testing.assert_array_equal(layer(x, seeds), x)


@pytest.mark.parametrize("layer", [SeededDropout(0.3), SeededNoise(0.3)])
def test_layers_survive_their_config_and_keep_the_type(layer):
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    x, seeds = np.ones((2, 5), "float32"), np.float32([0.3, 0.4])
    np.testing.assert_array_equal(
        copy(x, seeds, training=True), layer(x, seeds, training=True)
    )


def test_half_precision_does_not_round_the_seeds():
    x, seeds = np.ones((2, 500), "float32"), np.float32([0.3, 0.4001])
    whole = SeededDropout(0.5, name="d")
    half = SeededDropout(0.5, name="d", dtype="mixed_bfloat16")
    out = half(tf.cast(x, tf.bfloat16), seeds, training=True)
    assert out.dtype == tf.bfloat16
    np.testing.assert_array_equal(
        tf.cast(out, tf.float32), whole(x, seeds, training=True)
    )
