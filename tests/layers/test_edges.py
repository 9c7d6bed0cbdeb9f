"""Edges put on and cut off, against NumPy and TensorFlow's own gradients."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers import edges


def values(*shape):
    return tf.constant(np.random.default_rng(0).normal(size=shape))


def test_reflection_is_numpys():
    x = tf.cast(values(2, 5, 6, 3), tf.float32)
    pads = ((0, 0), (3, 3), (3, 3), (0, 0))
    layer = edges.ReflectionPad(3)
    np.testing.assert_array_equal(layer(x), np.pad(x, pads, "reflect"))
    assert edges.ReflectionPad.from_config(layer.get_config()).size == 3


def test_sides_that_are_not_known_are_reflected_too():
    layer = edges.ReflectionPad(2)
    image = keras.Input((None, None, 3))
    network = keras.Model(image, layer(image))
    assert network.output_shape == (None, None, None, 3)
    x = np.float32(values(2, 5, 6, 3))
    pads = ((0, 0), (2, 2), (2, 2), (0, 0))
    np.testing.assert_array_equal(network(x), np.pad(x, pads, "reflect"))


def weight():
    return values(7)[3]


@pytest.mark.parametrize(("sides", "size"), [((5, 6), 1), ((4, 7), 3)])
def test_gradients_of_reflections_equal_tensorflows(sides, size, derivatives):
    x = values(2, *sides, 3)
    edge = [(0, 0), (size, size), (size, size), (0, 0)]
    padded = functools.partial(tf.pad, paddings=edge, mode="REFLECT")
    expected = derivatives(padded, x, weight())
    found = derivatives(lambda x: edges.reflect(x, size), x, weight())
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_a_cut_is_keras_cropping(derivatives):
    x = values(2, 5, 6, 3)
    plain = keras.layers.Cropping2D(((1, 0), (1, 0)), dtype="float64")
    layer = edges.Cut(dtype="float64")
    np.testing.assert_array_equal(layer(x), plain(x))
    assert layer.compute_output_shape((None, 5, None, 3)) == (None, 4, None, 3)
    found, expected = (derivatives(f, x, weight()) for f in (layer, plain))
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
