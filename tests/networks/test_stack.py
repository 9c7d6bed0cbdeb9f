"""The stacked generator: it begins as stage 1 enlarged, and keeps it."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import dcgan, resnet, stack

Z, L = 5, 3


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def randomise(net, seed=1, prefix=""):
    random = np.random.default_rng(seed)
    for weight in net.weights:
        if weight.path.startswith(prefix):
            value = random.normal(size=weight.shape) / 3
            if weight.name in ("gamma", "moving_variance"):
                value = 0.5 + abs(value)
            weight.assign(value)


def first_stage(conditioning="none", side=16, network=dcgan):
    net = network.generator(
        (side, side, 3),
        latent_size=Z,
        width=4,
        num_labels=0 if conditioning == "none" else L,
        conditioning=conditioning,
    )
    randomise(net)
    return net


def inputs(labelled, count=4):
    z = normal(count, Z)
    return [z, np.eye(L, dtype="float32")[np.arange(count) % L]][: 1 + labelled]


def feed(net, labelled, training=False):
    given = inputs(labelled)
    return net(given if labelled else given[0], training=training).numpy()


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("none", "none"),
        ("concat", "concat"),
        ("batch_norm", "concat"),
        ("embedding", "batch_norm"),
    ],
)
@pytest.mark.parametrize("side", [24, 32])
def test_an_untrained_stack_draws_stage_1_enlarged(below, above, side):
    stage1 = first_stage(below)
    labelled = below != "none"
    small = feed(stage1, labelled).clip(-0.99, 0.99)
    weights = stage1.get_weights()
    net = stack.generator(stage1, (side, side, 3), 4, conditioning=above)
    expected = tf.image.resize(feed(stage1, labelled), (side, side)).numpy()
    for training in (False, True):
        out = feed(net, labelled, training)
        assert out.shape == (4, side, side, 3)
        np.testing.assert_allclose(out, expected.clip(-0.99, 0.99), atol=1e-4)
    # Frozen norms have not moved, although the call was one in training.
    for before, after in zip(weights, stage1.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert abs(small).max() > 0.5


def test_only_stage_2_is_trained_and_stage_1_keeps_its_paths():
    stage1 = first_stage("concat", network=resnet)
    paths = [v.path for v in stage1.variables]
    net = stack.generator(stage1, (24, 24, 3), 4, 1, "concat")
    assert all(v.path.startswith("stage2_") for v in net.trainable_variables)
    assert [v.path for v in net.variables][: len(paths)] == paths
    layers = {v.path.split("/")[0] for v in net.trainable_variables}
    assert layers == {
        "stage2_input",
        *(f"stage2_small1_{part}" for part in ("norm1", "conv1")),
        *(f"stage2_small1_{part}" for part in ("norm2", "conv2")),
        *(f"stage2_large_{part}" for part in ("norm1", "conv1")),
        *(f"stage2_large_{part}" for part in ("norm2", "conv2", "shortcut")),
        "stage2_output_norm",
        "stage2_output",
    }
    assert net.get_layer("stage2_input").kernel.shape == (3, 3, 3 + L, 4)
    assert net.get_layer("stage2_large_conv2").filters == 2


@pytest.mark.parametrize("conditioning", ["concat", "batch_norm"])
def test_stage_2_hears_of_the_label_itself(conditioning):
    """Stage 1 does not: its row of each label is zero."""
    stage1 = first_stage("concat")
    kernel = stage1.get_layer("input").kernel
    kernel.assign(kernel * np.array([1] * Z + [0] * L, "float32"))
    net = stack.generator(stage1, (24, 24, 3), 4, 1, conditioning)
    randomise(net, prefix="stage2_")
    z = np.tile(normal(1, Z), (L, 1))
    same = stage1([z, np.eye(L, dtype="float32")]).numpy()
    np.testing.assert_allclose(same, same[:1].repeat(L, 0), atol=1e-6)
    images = net([z, np.eye(L, dtype="float32")]).numpy()
    assert abs(images[0] - images[1]).max() > 1e-2
    assert abs(images[1] - images[2]).max() > 1e-2


def test_correction_by_hand():
    image = np.float32([[-1, -0.5, 0, 0.3, 1]])
    out = stack.Corrected()(image, np.float32([[0, 0.2, -0.4, 5, 0]]))
    inside = np.clip(image[0].astype(float), -0.99, 0.99)
    expected = np.tanh(np.arctanh(inside) + [0, 0.2, -0.4, 5, 0])
    np.testing.assert_allclose(out[0], expected, rtol=1e-5)


def test_config_round_trip_and_gradients_in_xla():
    net = stack.generator(first_stage(), (24, 24, 3), 4)
    randomise(net, prefix="stage2_")
    copy = keras.Model.from_config(json.loads(json.dumps(net.get_config())))
    copy.set_weights(net.get_weights())
    assert [v.path for v in copy.trainable_variables] == [
        v.path for v in net.trainable_variables
    ]
    np.testing.assert_array_equal(feed(copy, False), feed(net, False))
    z = tf.constant(inputs(False)[0])

    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(net(z, training=True) ** 2)
        return tape.gradient(loss, net.trainable_variables)

    compiled = tf.function(gradients, jit_compile=True)()
    for a, b in zip(gradients(), compiled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"image_shape": (16, 24, 3)},
            "--size: stage 2 draws larger images than stage 1, received "
            "16x24 px after 16x16 px; choose for example --size=24.",
        ),
        (
            {"image_shape": (24, 24, 1)},
            "--channels: stage 1 draws 3 of them, received 1; leave "
            "--channels out.",
        ),
        (
            {"conditioning": "embedding"},
            "--conditioning: labels enter stage 2 by concat or batch_norm, "
            "received embedding; stage 1 keeps its own.",
        ),
        (
            {"conditioning": "concat"},
            "--conditioning: stage 1 knows no labels, received concat; leave "
            "--conditioning out.",
        ),
        (
            {"width": 0},
            "--stage2_width: expected at least 1, received 0.",
        ),
    ],
)
def test_broken_arguments(arguments, message):
    options = {"image_shape": (24, 24, 3), "width": 4, **arguments}
    with pytest.raises(UserError) as error:
        stack.generator(first_stage(), **options)
    assert error.value.command_line == message
