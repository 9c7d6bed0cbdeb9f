"""A frozen generator draws what its layers draw."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.norms import BatchNorm
from tfgan_transfer.networks import dcgan, resnet
from tfgan_transfer.trained import frozen as inference

SHAPE, Z, B = (16, 16, 3), 5, 4


def scramble(generator):
    """Weights and statistics as training might leave them."""
    random = np.random.default_rng(0)
    for weight in generator.variables:
        value = random.normal(size=weight.shape) * 0.1
        if weight.name in ("gamma", "moving_variance"):
            value = random.uniform(0.5, 2, weight.shape)
        weight.assign(value)
    return generator


def compare(generator, inputs, tolerance=1e-5):
    before = [weight.numpy() for weight in generator.variables]
    expected = np.asarray(generator(inputs, training=False), np.float32)
    assert np.ptp(expected) > 0.1
    drawn = inference.frozen(generator)(inputs)
    np.testing.assert_allclose(drawn, expected, rtol=0, atol=tolerance)
    for weight, value in zip(generator.variables, before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("network", [dcgan, resnet])
@pytest.mark.parametrize("conditioning", ["none", "concat", "batch_norm"])
def test_networks_draw_the_same(network, conditioning):
    labels = 0 if conditioning == "none" else 3
    generator = scramble(
        network.generator(SHAPE, Z, 4, labels, conditioning=conditioning)
    )
    random = np.random.default_rng(1)
    inputs = random.normal(size=(B, Z)).astype("float32")
    if labels:
        inputs = [inputs, np.eye(labels, dtype="float32")[[0, 1, 2, 0]]]
    compare(generator, inputs)


def test_norms_become_part_of_the_convolutions_before_them():
    generator = scramble(dcgan.generator(SHAPE, Z, 4))
    pairs = [
        (convolution.name, norm.name)
        for convolution, norm in inference._followed(generator)
    ]
    assert pairs == [("input", "up2_norm"), ("up2_conv", "output_norm")]
    residual = scramble(resnet.generator(SHAPE, Z, 4))
    names = {norm.name for _, norm in inference._followed(residual)}
    # The first norm of a block follows a sum, or what has a shortcut.
    assert names and all(name.endswith("norm2") for name in names), names


def a_convolution(kind, **options):
    return kind(6, 3, padding="same", kernel_initializer="normal", **options)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [Convolution, TransposedConvolution])
def test_with_and_without_a_bias(kind, bias):
    image = keras.Input((8, 8, 2))
    x = a_convolution(kind, use_bias=bias)(image)
    generator = scramble(keras.Model(image, BatchNorm()(x)))
    assert len(list(inference._followed(generator))) == 1
    compare(generator, np.random.default_rng(1).normal(size=(B, 8, 8, 2)))


def test_what_others_read_is_left_alone():
    image = keras.Input((8, 8, 2))
    x = a_convolution(Convolution)(image)
    summed = scramble(keras.Model(image, BatchNorm()(x) + x))
    both = scramble(keras.Model(image, ops.stack([BatchNorm()(x), x])))
    active = a_convolution(Convolution, activation="relu")(image)
    rectified = scramble(keras.Model(image, BatchNorm()(active)))
    for generator in (summed, both, rectified):
        assert not list(inference._followed(generator))
        compare(generator, np.random.default_rng(1).normal(size=(B, 8, 8, 2)))


def test_weights_are_those_of_the_moment():
    generator = scramble(dcgan.generator(SHAPE, Z, 4))
    latent = np.ones((B, Z), "float32")
    draw = inference.frozen(generator)
    expected = draw(latent).numpy()
    for weight in generator.trainable_variables:
        weight.assign(2 * weight)
    np.testing.assert_array_equal(draw(latent), expected)
    assert np.abs(inference.frozen(generator)(latent) - expected).max() > 1e-3


def test_any_model_can_be_frozen():
    class Doubling(keras.Model):
        def build(self, shape):
            self.factor = self.add_weight((), "ones")
            self.factor.assign(2.0)

        def call(self, inputs, training=False):
            return self.factor * inputs

    generator = Doubling()
    generator(np.ones((1, 2)))
    drawn = inference.frozen(generator)(np.full((1, 2), 3.0, "float32"))
    np.testing.assert_array_equal(drawn, [[6.0, 6.0]])


def operations(draw, latents):
    graph = draw.get_concrete_function(tf.constant(latents)).graph
    return [one for one in graph.get_operations() if "T" in one.node_def.attr]


@pytest.mark.parametrize("network", [dcgan, resnet])
def test_all_that_convolves_is_bfloat16_where_some_of_it_was(network):
    latents = np.random.default_rng(1).normal(size=(32, Z)).astype("float32")
    exact = scramble(network.generator(SHAPE, Z, 16))
    keras.config.set_dtype_policy("mixed_bfloat16")
    generator = scramble(network.generator(SHAPE, Z, 16))
    assert generator.get_layer("output").compute_dtype == "float32"
    draw = inference.frozen(generator)
    heavy = [
        one
        for one in operations(draw, latents)
        if one.type.startswith(("Conv2D", "MatMul"))
    ]
    assert len(heavy) >= 3
    assert {one.get_attr("T") for one in heavy} == {tf.bfloat16}
    drawn, layers, exact = (
        np.asarray(one(latents)) for one in (draw, generator, exact)
    )
    assert drawn.dtype == np.float32
    errors = np.abs(drawn - exact).mean(), np.abs(layers - exact).mean()
    assert 0 < errors[0] < 1.5 * errors[1], errors
    tanh = [one for one in operations(draw, latents) if one.type == "Tanh"]
    assert [one.get_attr("T") for one in tanh] == [tf.float32]


def test_norms_are_one_kernel_or_none():
    latents = np.zeros((B, Z), np.float32)
    # Residual: the first norms of three blocks, and the last one.
    for network, own in ((dcgan, 1), (resnet, 3 + 1)):
        draw = inference.frozen(scramble(network.generator(SHAPE, Z, 4)))
        kinds = Counter(one.type for one in operations(draw, latents))
        assert kinds["FusedBatchNormV3"] == own, kinds
        assert not kinds["Rsqrt"], kinds


def test_layers_of_one_name_keep_their_own_weights():
    def part(name):
        image = keras.Input((4, 4, 2))
        return keras.Model(image, Convolution(2, 1, name="x")(image), name=name)

    image = keras.Input((4, 4, 2))
    generator = keras.Model(image, part("second")(part("first")(image)))
    images = 9 * np.random.default_rng(1).normal(size=(B, 4, 4, 2))
    compare(scramble(generator), images)
