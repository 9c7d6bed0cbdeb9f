"""Sizes, geometry and numerics of CycleGAN's translators and critics."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.norms import InstanceNorm
from tfgan_transfer.networks import architecture, cyclegan
from tfgan_transfer.networks.cyclegan import TRANSLATORS


def trainable(net):
    return sum(np.prod(v.shape) for v in net.trainable_weights)


@pytest.mark.parametrize(
    "build, shape, count",
    [
        (TRANSLATORS["resnet_9"], (256, 256, 3), 11_378_179),
        (TRANSLATORS["resnet_6"], (128, 128, 3), 7_837_699),
        (TRANSLATORS["hourglass"], (64, 64, 3), 1_318_787),
        (cyclegan.patch_critic, (256, 256, 3), 2_764_737),
        # Four 4x4 convolutions and the score of 4x4x512.
        (
            cyclegan.image_critic,
            (64, 64, 3),
            sum(
                16 * a * b + b
                for a, b in ((3, 64), (64, 128), (128, 256), (256, 512))
            )
            + 16 * 512
            + 1,
        ),
    ],
)
def test_parameter_counts_of_the_originals(build, shape, count):
    assert trainable(build(shape)) == count


def test_the_unet_has_the_weights_of_its_table():
    net = cyclegan.unet((64, 32, 3), width=4)
    down = [(3, 4), (4, 8), (8, 16), (16, 32), (32, 32)]
    up = [(32, 32), (64, 16), (32, 8), (16, 4), (8, 3)]
    assert trainable(net) == sum(16 * a * b + b for a, b in down + up)
    assert net.get_layer("down5").output.shape[1:] == (2, 1, 32)


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("shape", [(16, 24, 3), (8, 8, 1), (32, 16, 3)])
def test_translators_keep_the_shape(name, shape):
    net = TRANSLATORS[name](shape, width=2)
    out = net(np.random.default_rng(0).normal(size=(2, *shape)))
    assert out.shape == (2, *shape) and out.dtype == "float32"
    assert np.abs(out).max() < 1
    copy = type(net).from_config(net.get_config())
    assert [v.path for v in copy.weights] == [v.path for v in net.weights]


@pytest.mark.parametrize("name", ["resnet_6", "resnet_9"])
def test_residual_ones_take_every_multiple_of_four(name):
    for sides in ((12, 20), (36, 8)):
        net = TRANSLATORS[name]((*sides, 3), width=1)
        assert net.output_shape[1:] == (*sides, 3)


@pytest.mark.parametrize(
    "name, sides, divisor",
    [
        ("resnet_6", (30, 32), 4),
        ("unet", (20, 32), 8),
        ("hourglass", (32, 12), 8),
        ("resnet_9", (4, 8), 4),
    ],
)
def test_other_sizes_are_refused_with_the_rule(name, sides, divisor):
    with pytest.raises(UserError) as error:
        TRANSLATORS[name]((*sides, 3), width=1)
    assert error.value.command_line == (
        f"--size: {name} takes sides of at least 8 px that {divisor} divides, "
        f"received {sides[0]}x{sides[1]} px."
    )


def test_a_width_of_nothing_is_refused():
    with pytest.raises(UserError, match="width: expected at least 1"):
        cyclegan.resnet((8, 8, 3), 0, blocks=1)


def test_patch_critic_maps():
    for side, across in ((64, 6), (128, 14), (256, 30)):
        net = cyclegan.patch_critic((side, side, 3), width=1)
        assert net.output_shape[1:] == (across, across, 1)
        assert net.outputs[0].dtype == "float32"
    assert cyclegan.patch_critic((24, 36, 3), 1).output_shape[1:] == (1, 2, 1)


@pytest.mark.parametrize("layers, field", [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_score_sees_its_field(layers, field):
    side = 2 * field - field % 4
    net = cyclegan.patch_critic((side, side, 1), 1, layers)
    # Instance norm spreads an image's mean to every score: take the
    # convolutions alone, with weights that cannot cancel.
    x = image = keras.Input((side, side, 1))
    for layer in net.layers[1:]:
        if not isinstance(layer, InstanceNorm):
            x = layer(x)
    plain = keras.Model(image, x)
    for weight in plain.trainable_variables:
        weight.assign(tf.ones_like(weight) * 0.1)
    pixels = tf.ones((1, side, side, 1))
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        scores = plain(pixels)
        middle = scores[0, scores.shape[1] // 2, scores.shape[2] // 2, 0]
    seen = np.nonzero(tape.gradient(middle, pixels)[0, :, :, 0])
    assert [np.ptp(axis) + 1 for axis in seen] == [field, field]


def test_patches_that_do_not_fit_are_refused():
    with pytest.raises(UserError) as error:
        cyclegan.patch_critic((16, 32, 3))
    assert error.value.command_line == (
        "--critic_layers: expected at least 1, and sides of at least 24 px "
        "for 3, received 16x32 px; lower it or raise --size."
    )
    with pytest.raises(UserError, match="critic_layers: expected at least"):
        cyclegan.patch_critic((16, 16, 3), layers=0)


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("doubling", cyclegan.DOUBLINGS)
def test_smooth_doublings_leave_flat_what_is_flat(name, doubling):
    """Transposed convolutions make a chequered map of one colour."""
    net = TRANSLATORS[name]((32, 32, 3), width=4, doubling=doubling)
    colour = np.random.default_rng(0).normal(size=64).astype("float32")
    for layer in net.layers:
        if not re.fullmatch(r"up\d", layer.name):
            continue
        channels = layer.input.shape[-1]
        made = layer(np.broadcast_to(colour[:channels], (1, 8, 8, channels)))
        if doubling == "smooth":
            made = net.get_layer(f"{layer.name}_blur")(made)
        # What lies beyond the edges is another matter.
        inner = np.asarray(made)[0, 4:-4, 4:-4]
        varies = np.ptp(inner, axis=(0, 1)).max() / np.abs(inner).max()
        assert varies < 1e-5 if doubling == "smooth" else varies > 0.1


def test_smooth_doublings_have_the_weights_of_their_table():
    net = cyclegan.hourglass((64, 64, 3), width=4, doubling="smooth")
    convolutions = [(16, 3, 4), (16, 4, 8), (16, 8, 16)]
    convolutions += [(9, 16, 8), (9, 8, 4), (9, 4, 2), (9, 2, 3)]
    norms = 2 * (4 + 8 + 16 + 8 + 4 + 2)
    count = sum(n * a * b + b for n, a, b in convolutions)
    assert trainable(net) == count + norms
    unet = cyclegan.unet((64, 64, 3), width=4, doubling="smooth")
    assert unet.get_layer("up1_join").output.shape[1:] == (64, 64, 2 + 3)
    assert unet.get_layer("output").kernel.shape == (3, 3, 5, 3)


def test_a_checkpoint_from_before_doublings_has_transposed_ones():
    common = {"image_shape": [16, 16, 3], "width": 2}
    before = {"network": "unet", "translator": common}
    now = {**before, "translator": {**common, "doubling": "transposed"}}
    one, other = (architecture.translation(x, "a2b") for x in (before, now))
    assert one.get_config() == other.get_config()
    with pytest.raises(UserError, match="doubling: unknown value 'sharp'"):
        cyclegan.unet((16, 16, 3), 2, doubling="sharp")


@pytest.mark.parametrize("name", TRANSLATORS)
def test_smooth_translators_work_at_any_size(name):
    net = TRANSLATORS[name]((16, 16, 3), width=2, doubling="smooth")
    free = keras.models.clone_model(
        net, input_tensors=keras.Input((None, None, 3))
    )
    free.set_weights(net.get_weights())
    image = np.random.default_rng(0).normal(size=(1, 16, 16, 3))
    np.testing.assert_allclose(free(image), net(image), atol=1e-5)
    assert free(np.zeros((1, 48, 32, 3))).shape == (1, 48, 32, 3)


def test_ups_lie_over_downs():
    """Pixel 2i of the finer map belongs to pixel i, both ways."""
    net = cyclegan.resnet((8, 8, 1), 1, blocks=1)
    delta = np.zeros((3, 3, 1, 1), "float32")
    delta[1, 1] = 1
    for name in ("down1", "up1"):
        net.get_layer(name).kernel.assign(
            np.broadcast_to(delta, net.get_layer(name).kernel.shape)
        )
    fine = np.arange(64, dtype="float32").reshape(1, 8, 8, 1)
    down = net.get_layer("down1")(net.get_layer("down1_pad")(fine))
    np.testing.assert_array_equal(down[..., 0], fine[:, ::2, ::2, 0])
    coarse = np.zeros((1, 4, 4, 2), "float32")
    coarse[..., 0] = down[..., 0]
    up = net.get_layer("up1_crop")(net.get_layer("up1")(coarse))
    expected = np.zeros((8, 8), "float32")
    expected[::2, ::2] = fine[0, ::2, ::2, 0]
    np.testing.assert_array_equal(up[0, ..., 0], expected)


def gradient_norms(net, images):
    """Sizes of the gradients that a network's weights and its input get."""
    target = np.random.default_rng(1).normal(size=images.shape)
    images = tf.constant(images, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        loss = tf.reduce_mean(tf.abs(net(images, training=True) - target))
    return [
        float(tf.linalg.global_norm(tape.gradient(loss, sources)))
        for sources in (net.trainable_variables, [images])
    ]


def at_contrasts(net, *contrasts):
    noise = np.random.default_rng(0).normal(size=(2, 16, 16, 3))
    return [gradient_norms(net, 0.3 + c * noise) for c in contrasts]


@pytest.mark.parametrize("name", TRANSLATORS)
def test_flat_images_have_ordinary_gradients(name):
    keras.utils.set_random_seed(0)
    net = TRANSLATORS[name]((16, 16, 3), width=4)
    *flat, pale = at_contrasts(net, 0.0, 1e-6, 1e-4, 1e-2)
    for weights, image in flat:
        assert weights < 2 * pale[0] and image < 2 * pale[1]


def test_the_usual_instance_norm_has_others(monkeypatch):
    """What `InstanceNorm` is for."""
    monkeypatch.setattr(
        cyclegan,
        "InstanceNorm",
        lambda name: keras.layers.GroupNormalization(
            -1, epsilon=1e-5, center=False, scale=False, name=name
        ),
    )
    keras.utils.set_random_seed(0)
    net = cyclegan.resnet((16, 16, 3), 4, blocks=6)
    (_, flat), (_, pale) = at_contrasts(net, 1e-6, 1e-2)
    assert flat > 1000 * pale


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("doubling", cyclegan.DOUBLINGS)
def test_a_change_of_the_image_begins_at_none(name, doubling):
    shape = (16, 16, 3)
    net = TRANSLATORS[name](shape, 4, doubling, residual=True)
    plain = TRANSLATORS[name](shape, 4, doubling)
    assert [(v.path, v.shape) for v in net.variables] == [
        (v.path, v.shape) for v in plain.variables
    ]
    image = np.random.default_rng(0).uniform(-1, 1, (3, *shape))
    image = image.astype("float32")
    image[0, 0, 0] = [-1, 1, 0]
    # Half of one level of 8 bits.
    np.testing.assert_allclose(net(image), image, rtol=0, atol=1 / 255)
    assert np.abs(plain(image) - image).max() > 0.5


def test_a_changed_image_reaches_every_colour():
    """Also from black and white, and by a change that is added in artanh."""
    net = cyclegan.unet((8, 8, 3), 2, "smooth", residual=True)
    image = np.full((1, 8, 8, 3), [-1, 1, 0.5], "float32")
    change = np.float32([0.3, -2, 0.1])
    net.get_layer("output").bias.assign(change)
    inner = np.arctanh([-254 / 255, 254 / 255, 0.5 * 254 / 255])
    np.testing.assert_allclose(
        net(image)[0, 0, 0], np.tanh(inner + change), atol=6e-3
    )
    net.get_layer("output").bias.assign([9, -9, -9])
    np.testing.assert_allclose(net(image)[0, 0, 0], [0.6, -0.6, -1], atol=0.02)


def test_all_of_a_translator_learns_after_one_step():
    net = cyclegan.hourglass((16, 16, 3), 2, "smooth", residual=True)
    image = np.random.default_rng(0).normal(size=(4, 16, 16, 3))

    kernels = [v for v in net.trainable_variables if v.name == "kernel"]

    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((net(image, training=True) + 0.5) ** 2)
        found = tape.gradient(loss, kernels)
        return {v.path: g.numpy() for v, g in zip(kernels, found, strict=True)}

    first = gradients()
    last = first.pop("output/kernel")
    assert last.any()
    assert not any(gradient.any() for gradient in first.values())
    net.get_layer("output").kernel.assign_sub(1e-3 * last)
    assert all(gradient.any() for gradient in gradients().values())


def test_a_checkpoint_from_before_residual_images_draws_whole_ones():
    common = {"image_shape": [16, 16, 3], "width": 2, "doubling": "smooth"}
    before = {"network": "unet", "translator": common}
    now = {**before, "translator": {**common, "residual": False}}
    one, other = (architecture.translation(x, "a2b") for x in (before, now))
    assert one.get_config() == other.get_config()
