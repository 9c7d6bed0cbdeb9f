"""Norms against closed forms and those of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers.norms import (
    BatchNorm,
    ConditionalBatchNorm,
    InstanceNorm,
    LayerNorm,
)


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return values.astype("float32")


def assert_near(made, known, tolerance):
    """Compares gradients, the tolerance being a share of the largest value."""
    for found, expected in zip(made, known, strict=True):
        top = np.abs(expected).max()
        np.testing.assert_allclose(found / top, expected / top, atol=tolerance)


def one_hot(labels, count):
    return np.eye(count, dtype="float32")[labels]


def conditional(labels=3, channels=2, **arguments):
    layer = ConditionalBatchNorm(**arguments)
    layer.build((None, 4, 4, channels), (None, labels))
    return layer


def test_identical_rows_equal_plain_batch_norm():
    x, label = normal(6, 4, 4, 2), one_hot([0, 1, 2, 0, 1, 2], 3)
    layer = conditional()
    plain = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    plain.build(x.shape)
    gamma, beta = normal(2, seed=1), normal(2, seed=2)
    layer.gamma.assign(np.tile(gamma, (3, 1)))
    layer.beta.assign(np.tile(beta, (3, 1)))
    plain.gamma.assign(gamma)
    plain.beta.assign(beta)
    for training in (True, True, False):
        np.testing.assert_allclose(
            layer(x, label, training=training),
            plain(x, training=training),
            atol=2e-6,
        )
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(
            getattr(layer, name), getattr(plain, name), rtol=1e-6
        )


def test_statistics_are_those_of_the_mixed_batch():
    x = np.concatenate([np.full((2, 4, 4, 1), 3.0), np.ones((2, 4, 4, 1))])
    layer = conditional(labels=2, channels=1)
    y = layer(x, one_hot([0, 0, 1, 1], 2), training=True)
    expected = np.where(x == 3, 1.0, -1.0) / np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    np.testing.assert_allclose(layer.moving_mean, [0.1 * 2], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, [0.9 + 0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("label", "gamma", "beta"),
    [
        ([1, 0, 0], 2.0, 10.0),
        ([0, 0, 1], 8.0, 40.0),
        ([1, 0, 1], 5.0, 25.0),
        ([1, 1, 1], 14 / 3, 70 / 3),
        ([0, 0, 0], 0.0, 0.0),
    ],
)
def test_label_picks_or_averages_rows(label, gamma, beta):
    layer = conditional(channels=1, epsilon=0.0)
    layer.gamma.assign([[2.0], [4.0], [8.0]])
    layer.beta.assign([[10.0], [20.0], [40.0]])
    x = normal(1, 4, 4, 1)
    y = layer(x, np.array([label], "float32"), training=False)
    np.testing.assert_allclose(y, x * gamma + beta, rtol=1e-5)


def test_frozen_layer_uses_and_keeps_moving_statistics():
    layer = conditional(epsilon=0.0)
    layer.trainable = False
    x = 5 + normal(2, 4, 4, 2)
    y = layer(x, one_hot([0, 1], 3), training=True)
    np.testing.assert_allclose(y, x, rtol=1e-6)
    np.testing.assert_array_equal(layer.moving_mean, [0, 0])


def test_moving_statistics_are_made_like_those_of_keras():
    ours, keras_own = conditional(), keras.layers.BatchNormalization()
    keras_own.build((None, 4, 4, 2))
    for name in ("moving_mean", "moving_variance", "gamma", "beta"):
        a, b = getattr(ours, name), getattr(keras_own, name)
        for trait in ("aggregation", "synchronization", "trainable", "dtype"):
            assert getattr(a, trait) == getattr(b, trait)


def test_statistics_are_float32_under_bfloat16():
    layer = conditional(dtype="mixed_bfloat16", channels=1)
    # bfloat16 holds 1000 + {0, 4} exactly but not their squares.
    x = np.array([1000.0, 1004.0], "float32").repeat(16).reshape(2, 4, 4, 1)
    layer.moving_mean.assign([1000.5])
    y = layer(x, one_hot([0, 1], 3), training=True)
    assert y.dtype == tf.bfloat16
    np.testing.assert_array_equal(np.unique(y.numpy()), [-1, 1])
    np.testing.assert_allclose(layer.moving_mean, [900.45 + 100.2], rtol=1e-7)


def test_conditional_batch_norm_keeps_its_config():
    layer = ConditionalBatchNorm(momentum=0.5, epsilon=0.1, name="norm")
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(copy, ConditionalBatchNorm)
    assert copy.get_config() == layer.get_config()
    assert (copy.momentum, copy.epsilon) == (0.5, 0.1)


def test_instance_norm_is_group_norm_of_single_channels():
    x = 3 + 2 * normal(2, 5, 7, 3)
    expected = keras.layers.GroupNormalization(
        -1, epsilon=1e-5, center=False, scale=False
    )(x)
    np.testing.assert_allclose(InstanceNorm()(x), expected, atol=2e-5)


def test_instance_norm_lets_flat_maps_fade():
    x = normal(1, 6, 6, 1)
    x = (x - x.mean()) / x.std()
    layer = InstanceNorm(epsilon=1e-5)
    for contrast in (1e-2, 1e-3, 1e-5, 0.0):
        variance = contrast**2
        expected = variance * (variance + 1e-5) ** -1.5 * contrast * x
        out = layer(np.float32(0.5) + np.float32(contrast) * x)
        np.testing.assert_allclose(out, expected, rtol=1e-2, atol=1e-6)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("contrast", [1.0, 1e-2])
def test_gradients_of_instance_norm_are_those_of_its_formula(
    contrast, graph, derivatives
):
    x = tf.constant(contrast * normal(2, 4, 5, 3))
    upstream = tf.constant(normal(3, 4, 5, 2)[:2, :, :, :1])

    def formula(x):
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return (x - mean) * variance * (variance + 1e-2) ** -1.5

    run = tf.function(derivatives) if graph else derivatives
    made = run(InstanceNorm(epsilon=1e-2), x, upstream)
    known = derivatives(formula, x, upstream)
    assert_near(made, known, 2e-6)


def test_instance_norm_computes_in_float32():
    # The mean of 1000 and a variance of 1 are lost in bfloat16.
    x = 1000 + normal(1, 8, 8, 1)
    out = InstanceNorm(dtype="mixed_bfloat16")
    out.build(x.shape)
    centred = (x - x.mean()) / x.std()
    y = out.call(x)
    assert y.dtype == "bfloat16"
    np.testing.assert_allclose(np.float32(y), centred, atol=2e-2)


def test_batch_norm_is_that_of_keras():
    keras.utils.set_random_seed(0)
    ours, theirs = (
        norm(momentum=0.8, epsilon=1e-3)
        for norm in (BatchNorm, keras.layers.BatchNormalization)
    )
    x = 2 + tf.constant(normal(3, 4, 5, 6))
    upstream = tf.constant(normal(6, 5, 4, 3).reshape(x.shape))
    results = []
    for layer in (ours, theirs):
        layer.build(x.shape)
        layer.gamma.assign(np.linspace(0.5, 2, 6))
        layer.beta.assign(np.linspace(-1, 1, 6))
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_sum(layer(x, training=True) * upstream)
        gradients = tape.gradient(score, [x, layer.gamma, layer.beta])
        moved = [w.numpy() for w in layer.non_trainable_weights]
        results.append([*gradients, *moved, layer(x, training=False)])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_takes_bfloat16_and_frozen_layers_do_not_move():
    x = 2 + normal(3, 4, 5, 6)
    layer = BatchNorm(dtype="mixed_bfloat16")
    y = layer(x, training=True)
    centred = (x - x.mean((0, 1, 2))) / x.std((0, 1, 2))
    assert y.dtype == "bfloat16"
    np.testing.assert_allclose(np.float32(y), centred, atol=3e-2)
    layer.trainable = False
    before = layer.moving_mean.numpy()
    layer(x, training=True)
    np.testing.assert_array_equal(layer.moving_mean, before)


def test_derivatives_of_layer_norm_are_those_of_its_formula(derivatives):
    x = tf.constant(0.5 + normal(2, 4, 5, 3))
    upstream = tf.constant(0.3 * normal(3, 4, 5, 2)[:2, :, :, :1] + x**2)
    layer = LayerNorm(epsilon=1e-2)
    layer.build(x.shape)
    layer.gamma.assign([0.5, 1.0, 2.0])
    layer.beta.assign([-1.0, 0.0, 1.0])

    def formula(x):
        mean, variance = tf.nn.moments(x, [1, 2, 3], keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-2) * layer.gamma + layer.beta

    np.testing.assert_allclose(layer(x), formula(x), atol=1e-5)
    made = tf.function(derivatives)(layer, x, upstream)
    known = derivatives(formula, x, upstream)
    assert_near(made, known, 1e-5)


def test_layer_norm_in_bfloat16_has_statistics_in_float32():
    x = 0.5 + normal(4, 8, 8, 16)
    layer = LayerNorm(dtype="mixed_bfloat16")
    centred = x - x.mean((1, 2, 3), keepdims=True)
    expected = centred / x.std((1, 2, 3), keepdims=True)
    y = layer(x)
    assert y.dtype == "bfloat16" and layer.gamma.dtype == "float32"
    error = np.float32(y) - expected
    # Each value is rounded a few times, offset and scale once: to 2 ** -9.
    assert np.abs(error).max() < 4e-2
    assert abs(error.mean((1, 2, 3))).max() < 3e-3
    assert abs((error * expected).mean((1, 2, 3))).max() < 4e-3
