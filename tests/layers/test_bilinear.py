"""Bilinear scaling against TensorFlow's, and its derivatives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers.bilinear import Bilinear, scaled


def images(height=6, width=9):
    draw = np.random.default_rng(0).normal
    return tf.constant(draw(size=(2, height, width, 3)).astype(np.float32))


@pytest.mark.parametrize("sides", [(12, 18), (7, 20), (3, 4), (9, 5), (6, 9)])
def test_scales_as_tensorflow_does(sides):
    expected = tf.image.resize(images(), sides, antialias=True)
    np.testing.assert_allclose(scaled(images(), sides), expected, atol=1e-6)


def test_doubling_by_hand():
    row = tf.reshape(tf.constant([0.0, 4.0]), (1, 1, 2, 1))
    assert np.ravel(scaled(row, (1, 4))).tolist() == [0, 1, 3, 4]
    assert np.ravel(scaled(row, (1, 1))).tolist() == [2]


def test_second_derivatives_are_there():
    factor = tf.Variable(2.0)

    @tf.function
    def slope():
        with tf.GradientTape() as outer:
            x = images()
            with tf.GradientTape() as inner:
                inner.watch(x)
                total = factor * tf.reduce_sum(scaled(x, (12, 18)))
            penalty = tf.reduce_sum(inner.gradient(total, x) ** 2)
        return penalty, outer.gradient(penalty, factor)

    # Each of 324 pixels is four times as large: 324 (4 f)^2 on the whole, and
    # less or more at the edges.
    penalty, derivative = (float(value) for value in slope())
    assert penalty == pytest.approx(324 * 16 * 4, rel=0.05)
    assert derivative == pytest.approx(penalty, rel=1e-5)


def test_layer_keeps_its_type_and_comes_back_from_its_config():
    layer = Bilinear(12, 18, dtype="mixed_bfloat16", name="grow")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    outputs = again(images())
    assert outputs.dtype == tf.bfloat16
    assert outputs.shape == layer.compute_output_shape((2, 6, 9, 3))
    np.testing.assert_array_equal(outputs, layer(images()))
