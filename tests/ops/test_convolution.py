"""The other way to a kernel's gradient, against TensorFlow's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers import convolution as layers
from tfgan_transfer.ops import (
    convolution,
    pixel_blocks,
    processor,
    resampling,
)

# Side, kernel, stride, padding: DCGAN's, odd sides and kernels, pixels that
# no position of the kernel sees, a kernel as large as the map or larger, 1x1.
GEOMETRIES = (
    (8, 4, 2, "same"),
    (7, 4, 2, "same"),
    (9, 3, 2, "same"),
    (8, 5, 2, "same"),
    (8, 3, 2, "valid"),
    (9, 4, 2, "valid"),
    (6, 3, 1, "same"),
    (6, 4, 1, "same"),
    (4, 4, 1, "valid"),
    (1, 4, 1, "same"),
    (2, 5, 1, "same"),
    (1, 4, 2, "same"),
    (5, 1, 1, "same"),
    (6, 1, 2, "same"),
)

# What says that oneDNN is slow: the weight gradient, or both.
WAYS = ("is_half", "is_narrow")


def values(*shape):
    return tf.constant(np.random.default_rng(len(shape)).normal(size=shape))


@pytest.fixture(params=[0, 4], ids=["wide", "few_channels"])
def few(request, monkeypatch):
    """Whether the channels of these tests are many or few."""
    monkeypatch.setattr(pixel_blocks, "FEW", request.param)
    return request.param


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("many", (1, 10_000))
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_kernel_gradient_equals_tensorflows(
    geometry, many, way, few, monkeypatch
):
    monkeypatch.setattr(convolution, "_MANY", many)
    monkeypatch.setattr(convolution, way, lambda dtype: True)
    side, size, stride, padding = geometry
    images = values(3, side, side + size, 2)
    kernel = values(size, size, 2, 5)
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        outputs = tf.nn.conv2d(images, kernel, stride, padding.upper())
        upstream = values(1, *outputs.shape)[0]
        product = tf.reduce_sum(outputs * upstream)
    found = convolution.kernel_gradient(
        images, upstream, (size, size), stride, padding
    )
    np.testing.assert_allclose(
        found, tape.gradient(product, kernel), rtol=1e-9, atol=1e-12
    )


def penalised(convolve, spread, images, kernel, stride, padding):
    """Gradients through an input gradient, as a gradient penalty takes them."""
    with tf.GradientTape() as outer:
        outer.watch([images, kernel])
        with tf.GradientTape() as inner:
            inner.watch(images)
            maps = tf.tanh(convolve(images, kernel, stride, padding))
            back = spread(maps, kernel, images.shape[1:3], stride, padding)
            score = tf.reduce_sum(tf.square(back))
        slope = inner.gradient(score, images)
        penalty = tf.reduce_sum(tf.square(slope))
    return outer.gradient(penalty, [images, kernel])


@pytest.mark.parametrize("positions", (0, 16))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("geometry", [g for g in GEOMETRIES if g[0] != 9])
def test_second_derivatives_equal_tensorflows(
    geometry, way, positions, few, monkeypatch
):
    monkeypatch.setattr(convolution, way, lambda dtype: True)
    monkeypatch.setattr(convolution, "_FEW_POSITIONS", positions)
    side, size, stride, padding = geometry
    images, kernel = values(2, side, side, 2), values(size, size, 2, 3)

    def spread(maps, kernel, sides, stride, padding):
        shape = [maps.shape[0], *sides, kernel.shape[2]]
        return tf.nn.conv2d_transpose(
            maps, kernel, shape, stride, padding.upper()
        )

    def convolve(images, kernel, stride, padding):
        return tf.nn.conv2d(images, kernel, stride, padding.upper())

    expected = penalised(convolve, spread, images, kernel, stride, padding)
    found = penalised(
        convolution.convolve,
        convolution.spread,
        images,
        kernel,
        stride,
        padding,
    )
    for gradient, value in zip(found, expected, strict=True):
        np.testing.assert_allclose(gradient, value, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("transposed", (False, True))
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_layers_equal_those_of_keras(
    geometry, transposed, way, few, monkeypatch
):
    monkeypatch.setattr(convolution, way, lambda dtype: True)
    side, size, stride, padding = geometry
    ours = layers.Convolution
    theirs = keras.layers.Conv2D
    if transposed:
        ours = layers.TransposedConvolution
        theirs = keras.layers.Conv2DTranspose
    arguments = {"strides": stride, "padding": padding, "activation": "tanh"}
    images = tf.cast(values(2, side, side, 2), tf.float32)
    layer, plain = ours(3, size, **arguments), theirs(3, size, **arguments)
    layer.build(images.shape)
    plain.build(images.shape)
    layer.bias.assign([0.5, -0.5, 1.0])
    plain.set_weights(layer.get_weights())
    monkeypatch.setattr(convolution, "worthwhile", lambda *_: True)

    def gradients(layer):
        with tf.GradientTape() as tape:
            tape.watch(images)
            loss = tf.reduce_sum(tf.square(layer(images)))
        return tape.gradient(loss, [images, *layer.trainable_weights])

    for found, expected in zip(gradients(layer), gradients(plain), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "side", "channels", "filters", "taken"),
    [
        ("float32", 4, 8, 8, False),
        ("bfloat16", 4, 8, 8, True),
        ("float32", 4, 3, 8, True),
        ("float32", 4, 8, 1, True),
        ("bfloat16", None, 3, 3, False),
    ],
)
def test_only_what_is_slow_takes_the_other_way(
    dtype, side, channels, filters, taken, monkeypatch
):
    monkeypatch.setattr(processor, "is_narrow", lambda: False)
    images = keras.KerasTensor((1, side, side, channels), dtype)
    kernel = tf.zeros([3, 3, channels, filters])
    assert convolution.worthwhile(images, kernel) == taken


@pytest.mark.parametrize("dtype", ("float32", "float64", "bfloat16"))
def test_narrow_vectors_are_slow_in_float32_too(dtype, monkeypatch):
    monkeypatch.setattr(processor, "is_narrow", lambda: True)
    images = keras.KerasTensor((1, 4, 4, 8), dtype)
    taken = convolution.worthwhile(images, tf.zeros([3, 3, 8, 8]))
    assert taken == (dtype != "float64")


def test_what_one_pixel_becomes_is_a_product():
    pixel = tf.cast(values(5, 1, 1, 7), tf.float32)
    layer = layers.TransposedConvolution(3, (4, 2), activation="tanh")
    plain = keras.layers.Conv2DTranspose(3, (4, 2), activation="tanh")
    layer.build(pixel.shape)
    plain.build(pixel.shape)
    layer.bias.assign([0.5, -0.5, 1.0])
    plain.set_weights(layer.get_weights())

    def gradients(layer):
        with tf.GradientTape() as tape:
            tape.watch(pixel)
            outputs = layer(pixel)
            loss = tf.reduce_sum(tf.square(outputs))
        return outputs, *tape.gradient(loss, [pixel, *layer.trainable_weights])

    for found, expected in zip(gradients(layer), gradients(plain), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    graph = tf.function(layer).get_concrete_function(pixel).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "MatMul" in kinds and "Conv2DBackpropInput" not in kinds


@pytest.mark.parametrize("quick", (False, True))
@pytest.mark.parametrize("resample", ("down", "up"))
@pytest.mark.parametrize("size", (1, 3, 5))
def test_resampling_is_part_of_the_convolution(
    resample, size, quick, monkeypatch
):
    monkeypatch.setattr(convolution, "worthwhile", lambda *_: quick)
    images, kernel = values(2, 6, 4, 3), values(size, size, 3, 5)

    def step_by_step(images, kernel):
        if resample == "up":
            images = tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)
        maps = tf.nn.conv2d(images, kernel, 1, "SAME")
        if resample == "down":
            maps = tf.nn.avg_pool2d(maps, 2, 2, "SAME")
        return maps

    def at_once(images, kernel):
        return resampling.resampled(images, kernel, 1, "same", resample)

    def gradients(way):
        with tf.GradientTape() as outer:
            outer.watch([images, kernel])
            with tf.GradientTape() as inner:
                inner.watch(images)
                maps = way(images, kernel)
                score = tf.reduce_sum(tf.tanh(maps))
            slope = inner.gradient(score, images)
            penalty = tf.reduce_sum(tf.square(slope))
        return maps, slope, *outer.gradient(penalty, [images, kernel])

    found, expected = gradients(at_once), gradients(step_by_step)
    for value, reference in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, reference, rtol=1e-9, atol=1e-11)
    layer = layers.Convolution(5, size, padding="same", resample=resample)
    assert layer.compute_output_shape(images.shape) == expected[0].shape
