"""Rectifiers are Keras' own, but for a gradient of zeros that is not sent."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import graphs
from tfgan_transfer import losses
from tfgan_transfer.layers.rectifier import Rectifier, rectify

SIDE = 8


def of_keras(slope: float) -> keras.layers.Layer:
    return keras.layers.LeakyReLU(slope) if slope else keras.layers.ReLU()


def critic(rectifier, seed: int = 0) -> keras.Model:
    """Two convolutions and a score, the same weights for the same seed."""
    normal = keras.initializers.RandomNormal(stddev=0.3, seed=seed)
    image = keras.Input((SIDE, SIDE, 2))
    x = image
    for _ in range(2):
        x = keras.layers.Conv2D(
            4, 3, 2, padding="same", kernel_initializer=normal
        )(x)
        x = rectifier()(x)
    score = keras.layers.Dense(1, kernel_initializer=normal)
    x = score(keras.layers.Flatten()(x))
    return keras.Model(image, keras.layers.Flatten()(x)[:, 0])


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_values_and_slopes_by_hand(slope):
    x = tf.constant([-2.0, -0.5, 0.5, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = rectify(x, slope)
    np.testing.assert_allclose(y, [-2 * slope, -0.5 * slope, 0.5, 3.0])
    np.testing.assert_allclose(tape.gradient(y, x), [slope, slope, 1, 1])


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("jit", [False, True])
def test_a_penalty_has_the_gradients_of_keras_rectifiers(slope, jit):
    ours = critic(lambda: Rectifier(slope))
    theirs = critic(lambda: of_keras(slope))
    rng = np.random.default_rng(0)
    real, fake = (
        tf.constant(rng.normal(size=(5, SIDE, SIDE, 2)), tf.float32)
        for _ in range(2)
    )
    mix = tf.constant(rng.uniform(size=(5, 1, 1, 1)), tf.float32)

    def gradients(model):
        weights = model.trainable_variables

        @tf.function(jit_compile=jit)
        def penalised():
            with tf.GradientTape() as tape:
                penalty = losses.gradient_penalty(model, real, fake, mix)
                total = tf.reduce_mean(penalty + 2 * model(real) - model(fake))
            return tape.gradient(total, weights)

        return penalised()

    for mine, other in zip(gradients(ours), gradients(theirs), strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_the_slope_sends_nothing_back_to_the_features():
    x = tf.constant([-1.0, 2.0])

    def second_order(function):
        return graphs.derived(function)(x)[-1]

    assert second_order(lambda x: rectify(x, 0.2)) is None
    # Else there would be nothing to save.
    assert second_order(lambda x: tf.nn.leaky_relu(x, 0.2)) is not None


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_a_graph_that_fuses_a_residual_sum_keeps_the_slope(slope):
    # TensorFlow's kernel of convolution, sum and leaky ReLU has one slope.
    rng = np.random.default_rng(0)
    x, kernel, bias = (
        tf.Variable(rng.normal(size=shape), dtype=tf.float32)
        for shape in ([2, SIDE, SIDE, 4], [3, 3, 4, 4], [4])
    )

    def block():
        with tf.GradientTape() as tape:
            y = tf.nn.conv2d(x, kernel, 1, "SAME")
            y = rectify(tf.nn.bias_add(y, bias) + x, slope)
            loss = tf.reduce_sum(y**2)
        return y, tape.gradient(loss, kernel)

    eager = block()
    assert tf.reduce_min(eager[0]) < -0.1 or slope == 0
    for a, b in zip(eager, tf.function(block)(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_another_slope_is_refused():
    with pytest.raises(ValueError, match="0 or 0.2, not 0.1"):
        rectify(tf.zeros([1]), 0.1)


def test_in_bfloat16_and_from_its_configuration():
    layer = Rectifier(0.2, dtype="mixed_bfloat16")
    again = Rectifier.from_config(layer.get_config())
    y = again(tf.constant([[-5.0, 8.0]]))
    assert y.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(y, tf.float32), [[-1.0, 8.0]])
