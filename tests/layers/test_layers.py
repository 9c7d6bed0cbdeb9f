"""Spectral norm against closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers.spectral import SpectralConv2D, SpectralDense


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return values.astype("float32")


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
