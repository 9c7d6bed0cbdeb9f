"""Conditional batch norm and spectral norm against closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers import (
    ConditionalBatchNorm,
    InstanceNorm,
    SpectralConv2D,
    SpectralDense,
)


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return values.astype("float32")


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


def dense_of(matrix):
    layer = SpectralDense(matrix.shape[1])
    layer.build((None, matrix.shape[0]))
    layer.kernel.assign(matrix)
    return layer


def effective(layer):
    """The matrix by which a dense layer multiplies."""
    return layer(np.eye(layer.kernel.shape[0], dtype="float32")).numpy()


def test_sigma_of_a_known_matrix():
    left, _ = np.linalg.qr(normal(5, 3))
    right, _ = np.linalg.qr(normal(3, 3, seed=1))
    matrix = left @ np.diag([4.0, 2.0, 1.0]).astype("float32") @ right.T
    layer = dense_of(matrix)
    for _ in range(30):
        layer.update_spectral_norm()
    np.testing.assert_allclose(effective(layer), matrix / 4, atol=1e-6)
    np.testing.assert_allclose(abs(layer.u[:, 0]), abs(right[:, 0]), atol=1e-5)


def test_one_update_is_one_power_iteration():
    matrix = normal(5, 3)
    layer = dense_of(matrix)
    before = layer.u.numpy()
    assert np.linalg.norm(before) == pytest.approx(1)
    layer.update_spectral_norm()
    after = matrix.T @ matrix @ before
    np.testing.assert_allclose(
        layer.u, after / np.linalg.norm(after), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(SpectralDense(4), (2, 6)), (SpectralConv2D(4, 3), (2, 5, 5, 2))],
)
def test_forward_pass_changes_no_weight(layer, shape):
    layer.build(shape)
    before = [w.numpy() for w in layer.weights]
    layer(normal(*shape), training=True)
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_gradient_flows_through_sigma():
    matrix, outside = normal(5, 3), normal(5, 3, seed=1)
    layer = dense_of(matrix)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(outside * layer(np.eye(5, dtype="float32")))
    gradient = tape.gradient(loss, layer.kernel.value)
    u = layer.u.numpy()
    sigma = np.linalg.norm(matrix @ u)
    v = matrix @ u / sigma
    # Miyato et al. 2018, equation 10.
    expected = (outside - np.sum(outside * matrix / sigma) * v @ u.T) / sigma
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_dense_adds_the_bias_then_activates():
    matrix, x, bias = normal(5, 3), normal(4, 5, seed=1), normal(3, seed=2)
    layer = SpectralDense(3, activation="relu")
    layer.build((None, 5))
    layer.kernel.assign(matrix)
    layer.bias.assign(bias)
    sigma = np.linalg.norm(matrix @ layer.u.numpy())
    expected = np.maximum(x @ matrix / sigma + bias, 0)
    assert 0 < np.count_nonzero(expected) < expected.size
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-6)


def test_converged_kernel_has_unit_spectral_norm():
    layer = SpectralConv2D(6, 3, strides=2, padding="same")
    layer.build((None, 8, 8, 4))
    layer.kernel.assign(normal(3, 3, 4, 6))
    for _ in range(200):
        layer.update_spectral_norm()
    plain = keras.layers.Conv2D(6, 3, strides=2, padding="same")
    plain.build((None, 8, 8, 4))
    top = np.linalg.svd(layer.kernel.numpy().reshape(36, 6))[1][0]
    plain.kernel.assign(layer.kernel / top)
    x = normal(2, 8, 8, 4)
    np.testing.assert_allclose(layer(x), plain(x), atol=1e-5)


def test_zero_kernel_is_finite():
    layer = dense_of(np.zeros((4, 3), "float32"))
    layer.update_spectral_norm()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(np.ones((1, 4), "float32")))
    assert np.isfinite(tape.gradient(y, layer.kernel.value)).all()
    assert np.isfinite(layer.u).all()


def test_first_estimate_is_the_same_everywhere():
    a, b = dense_of(normal(5, 3)), dense_of(normal(5, 3))
    np.testing.assert_array_equal(a.u, b.u)
    assert not a.u.trainable


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: SpectralDense(4, activation="tanh", name="s"), (2, 6)),
        (lambda: SpectralConv2D(4, 3, use_bias=False, name="s"), (2, 5, 5, 2)),
    ],
)
def test_spectral_layers_are_saved_raw(layer, shape, tmp_path):
    x = keras.Input(shape[1:])
    source = keras.Model(x, layer()(x))
    source.layers[1].update_spectral_norm()
    source.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    assert type(loaded.layers[1]) is type(source.layers[1])
    assert [w.path for w in loaded.weights] == [w.path for w in source.weights]
    for a, b in zip(source.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    x = normal(*shape)
    np.testing.assert_array_equal(source(x), loaded(x))


def test_spectral_norm_under_bfloat16():
    layer = SpectralDense(4, dtype="mixed_bfloat16")
    y = layer(normal(2, 6))
    layer.update_spectral_norm()
    assert y.dtype == tf.bfloat16
    assert layer.u.dtype == layer.kernel.dtype == "float32"


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
    for found, expected in zip(made, known, strict=True):
        top = np.abs(expected).max()
        np.testing.assert_allclose(found / top, expected / top, atol=2e-6)


def test_instance_norm_computes_in_float32():
    # The mean of 1000 and a variance of 1 are lost in bfloat16.
    x = 1000 + normal(1, 8, 8, 1)
    out = InstanceNorm(dtype="mixed_bfloat16")
    out.build(x.shape)
    centred = (x - x.mean()) / x.std()
    y = out.call(x)
    assert y.dtype == "bfloat16"
    np.testing.assert_allclose(np.float32(y), centred, atol=2e-2)
