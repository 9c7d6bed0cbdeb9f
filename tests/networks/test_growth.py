"""Grown networks: exactly the smaller ones at first, and all of it trains."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import small_networks as small
from tfgan_transfer.errors import UserError
from tfgan_transfer.gans.model import copy_of
from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.resizing import Reduce
from tfgan_transfer.networks import NETWORKS, growth

WIDTH = 4
every_network = pytest.mark.parametrize("network", NETWORKS)
networks = pytest.mark.parametrize("network", ["dcgan", "resnet"])
CONDITIONED = ("concat", "batch_norm", "embedding")


def shape(side, channels=3):
    return (side, side, channels)


def generator(network="dcgan", side=16, conditioning="none"):
    labels = "" if conditioning == "none" else "ab"
    at = small.ends(shape(side), labels, conditioning)
    return small.generator(network, at, width=12 if network == "acgan" else 4)


def inputs(net):
    z = small.latents()
    if len(net.inputs) == 1:
        return z
    return [z, np.eye(2, dtype="float32")[[0, 1, 0, 1]]]


def enlarged(images, side):
    return tf.image.resize(images, (side, side)).numpy()


@every_network
@pytest.mark.parametrize("side", [32, 24])
def test_the_first_pictures_are_the_smaller_ones_enlarged(network, side):
    net = generator(network)
    expected = enlarged(net(inputs(net)), side)
    grown = growth.generator(net, shape(side), WIDTH)
    for training in (False, True):
        out = grown(inputs(grown), training=training)
        assert out.dtype == "float32"
        if not training:
            np.testing.assert_allclose(out, expected, rtol=0, atol=1e-5)
    assert abs(expected).max() > 0.9


@networks
@pytest.mark.parametrize("conditioning", CONDITIONED)
@pytest.mark.parametrize("side", [32, 24])
def test_labels_pass_through(network, conditioning, side):
    net = generator(network, conditioning=conditioning)
    before = net(inputs(net)).numpy()
    other = net([small.latents(), small.one_hot(1, 2)]).numpy()
    assert abs(before[0] - other[0]).max() > 0.1
    grown = growth.generator(net, shape(side), WIDTH)
    np.testing.assert_allclose(
        grown(inputs(grown)), enlarged(before, side), rtol=0, atol=1e-5
    )


def deviate(net, prefix, seed=3):
    """Gives the layers of one growth values as training might leave them."""
    random = np.random.default_rng(seed)
    for weight in net.weights:
        if weight.path.startswith(prefix):
            weight.assign(weight + random.normal(size=weight.shape) / 5)


@networks
@pytest.mark.parametrize("sides", [(32, 64), (24, 48), (24, 36)])
def test_what_has_grown_grows_again(network, sides):
    net = growth.generator(generator(network), shape(sides[0]), WIDTH)
    untouched = net(inputs(net)).numpy()
    deviate(net, f"grown{sides[0]}_correction")
    middle = net(inputs(net)).numpy()
    assert abs(middle - untouched).max() > 0.1
    grown = growth.generator(net, shape(sides[1]), WIDTH)
    np.testing.assert_allclose(
        grown(inputs(grown)), enlarged(middle, sides[1]), rtol=0, atol=1e-5
    )


def test_names_of_the_layers():
    net = generator()
    paths = {v.path: v.shape for v in net.variables}
    grown = growth.generator(net, shape(32), WIDTH)
    now = {v.path: v.shape for v in grown.variables}
    assert {path: now[path] for path in paths} == paths
    norm = ("gamma", "beta", "moving_mean", "moving_variance")
    assert now.keys() - paths.keys() == {
        *(f"grown32_{x}/{w}" for x in ("features_norm", "norm") for w in norm),
        *(
            f"grown32_{x}/{w}"
            for x in ("features", "conv", "correction")
            for w in ("kernel", "bias")
        ),
    }
    assert now["grown32_conv/kernel"] == (3, 3, WIDTH + 3, WIDTH)
    assert now["grown32_correction/kernel"] == (4, 4, 3, WIDTH)
    assert not np.any(grown.get_layer("grown32_correction").kernel)
    # The norms behind the inner network train as they always did.
    assert {v.path for v in net.trainable_variables} < {
        v.path for v in grown.trainable_variables
    }


@networks
@pytest.mark.parametrize("side", [32, 24])
def test_gradients_of_the_first_step(network, side):
    """The correction is reached at once, and so is all that was there."""
    grown = growth.generator(generator(network), shape(side), WIDTH)
    target = small.pixels(4, *shape(side))

    with tf.GradientTape() as tape:
        images = grown(inputs(grown), training=True)
        loss = tf.reduce_sum((images - target) ** 2)
    gradients = tape.gradient(loss, grown.trainable_variables)
    size = {
        v.path: float(np.abs(g).max())
        for v, g in zip(grown.trainable_variables, gradients, strict=True)
    }
    assert size[f"grown{side}_correction/kernel"] > 1
    assert size["output/kernel"] > 1e-2
    assert size["input/kernel"] > 1e-3
    # What is behind the zero kernel waits for one step.
    assert size[f"grown{side}_conv/kernel"] == 0


def test_round_trip_of_the_config_and_the_average():
    grown = growth.generator(generator(), shape(24), WIDTH)
    deviate(grown, "grown24_")
    grown = growth.generator(grown, shape(48), WIDTH)
    deviate(grown, "grown48_")
    config = json.loads(json.dumps(grown.get_config()))
    copy = keras.Model.from_config(config)
    copy.set_weights(grown.get_weights())
    for other in (copy, copy_of(grown)):
        assert [v.path for v in other.variables] == [
            v.path for v in grown.variables
        ]
        np.testing.assert_array_equal(
            other(inputs(other)), grown(inputs(grown))
        )


def critic(network, side=16, **arguments):
    at = small.ends(shape(side), "ab")
    width = 12 if network == "acgan" else 4
    return small.critic(network, at, width=width, **arguments)


def grow_critic(net, side, **arguments):
    """A grown critic with the weights of the smaller one."""
    grown = growth.critic(net, shape(side), WIDTH, **arguments)
    had = small.arrays(net)
    for variable in grown.variables:
        if variable.path in had:
            variable.assign(had.pop(variable.path))
    assert not had
    return grown


@every_network
@pytest.mark.parametrize("side", [32, 24])
def test_the_first_scores_are_those_of_reduced_images(network, side):
    net = critic(network)
    images = small.pixels(4, *shape(side))
    expected = net(Reduce((16, 16))(images))
    assert np.ptp(expected[0]) > 0
    grown = grow_critic(net, side)
    for out, wanted in zip(grown(images), expected, strict=True):
        np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-6)
    deviate(grown, f"grown{side}_correction")
    again = grow_critic(grown, 2 * side)
    large = images.repeat(2, axis=1).repeat(2, axis=2)
    middle = grown(images)
    assert abs(middle[0] - expected[0]).numpy().max() > 1e-3
    for out, wanted in zip(again(large), middle, strict=True):
        np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


def test_a_grown_critic_with_noise_and_spectral_norm():
    net = critic("acgan", dropout=0.5, spectral_norm=True)
    grown = grow_critic(net, 32, spectral_norm=True)
    images, seeds = small.pixels(4, 32, 32, 3), np.float32([0.1, 0.2, 0.3, 0.4])
    reduced = Reduce((16, 16))(images).numpy()
    for out, wanted in zip(
        grown([images, seeds]), net([reduced, seeds]), strict=True
    ):
        np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-6)
    assert "u" in [w.name for w in grown.get_layer("grown32_conv").weights]
    assert type(grown.get_layer("grown32_correction")) is Convolution


@networks
def test_a_critics_correction_trains_at_once(network):
    grown = grow_critic(critic(network), 32)
    images = small.pixels(4, 32, 32, 3)
    with tf.GradientTape() as tape:
        score = tf.reduce_sum(grown(images)[0])
    gradients = tape.gradient(score, grown.trainable_variables)
    size = {
        v.path: 0.0 if g is None else float(np.abs(g).max())
        for v, g in zip(grown.trainable_variables, gradients, strict=True)
    }
    assert size["grown32_correction/kernel"] > 1e-2
    first = "down1_conv" if network == "dcgan" else "input"
    assert size[f"{first}/kernel"] > 1e-2


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            (16, 32, 3),
            "--size: networks of 16x16 px grow to larger images, received "
            "16x32 px; choose for example --size=32.",
        ),
        (
            (32, 32, 1),
            "--channels: the smaller network has 3 of them, received 1; "
            "leave --channels out.",
        ),
    ],
)
def test_broken_arguments(wanted, message):
    with pytest.raises(UserError) as error:
        growth.generator(generator(), wanted, WIDTH)
    assert error.value.command_line == message
    with pytest.raises(UserError) as error:
        growth.critic(critic("dcgan"), wanted, WIDTH)
    assert error.value.command_line == message


@networks
@pytest.mark.parametrize("side", [32, 24])
def test_blurred_a_correction_has_no_dots_of_a_pixel(network, side):
    net = generator(network)
    plain, blurred = (
        growth.generator(net, shape(side), WIDTH, option)
        for option in (False, True)
    )
    np.testing.assert_array_equal(
        plain(inputs(plain)), blurred(inputs(blurred))
    )
    paths = [weight.path for weight in plain.weights]
    assert [weight.path for weight in blurred.weights] == paths
    deviate(plain, f"grown{side}_correction")
    blurred.set_weights(plain.get_weights())
    values = [
        keras.Model(grown.input, grown.get_layer(f"grown{side}_{name}").output)(
            inputs(grown)
        ).numpy()
        for grown, name in ((plain, "correction"), (blurred, "blurred"))
    ]
    # (1, 2, 1) / 4 down and across, which has nothing of a period of 2 px.
    weights = np.outer([1, 2, 1], [1, 2, 1])[:, :, None, None] / 16
    inside = sum(
        weights[row, column]
        * values[0][:, row : side - 2 + row, column : side - 2 + column]
        for row in range(3)
        for column in range(3)
    )
    np.testing.assert_allclose(
        values[1][:, 1:-1, 1:-1], inside, rtol=0, atol=1e-5
    )
    assert abs(values[1] - values[0]).max() > 0.1
    # What is drawn is the image under that correction.
    small = enlarged(net(inputs(net)), side)
    expected = np.tanh(
        np.arctanh(small) + np.arctanh(0.999 * np.tanh(values[1]))
    )
    np.testing.assert_allclose(
        blurred(inputs(blurred)), expected, rtol=0, atol=2e-4
    )
