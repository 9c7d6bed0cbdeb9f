"""The critic on frozen maps: weights, scores, determinism, options."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import features, projected
from tfgan_transfer.training import checkpoint

SMALL = {"mixing": (2, 4, 4, 8), "size": 64}


def images(count=3, channels=3):
    draw = np.random.default_rng(0).uniform
    return draw(-1, 1, (count, 32, 32, channels)).astype(np.float32)


@pytest.fixture(scope="module")
def critic():
    return projected.critic((32, 32, 3))


def test_weights_and_paths(critic):
    paths = [w.path for w in critic.weights]
    assert [p for p in paths if "mix" in p or "merge" in p] == [
        "mix32/kernel",
        "merge16/kernel",
        "mix16/kernel",
        "merge8/kernel",
        "mix8/kernel",
        "merge4/kernel",
        "mix4/kernel",
    ]
    parts = ("kernel", "bias", "u")
    convs = {4: 3, 8: 2, 16: 1, 32: 0}
    heads = [
        f"head{tap}_{name}/{part}"
        for tap, count in convs.items()
        for name in [f"down{n}_conv" for n in range(1, count + 1)] + ["score"]
        for part in parts
    ]
    assert sorted(paths[7:]) == sorted(heads)
    assert sum(np.prod(w.shape) for w in critic.trainable_weights) == 1_885_252


def test_mixtures_have_a_spread_of_about_one(critic):
    names = ["mix32", "merge16_half", "merge8_half", "merge4_half"]
    outputs = [critic.get_layer(name).output for name in names]
    textures = tf.image.resize(features._textures(), (32, 32))
    for value in keras.Model(critic.input, outputs)(textures):
        assert 0.5 < np.std(value) < 1.5


def test_scores_are_float32_of_every_place_of_every_head(critic):
    scores = critic(images())
    assert scores.shape == (3, 4 * 3 * 3)
    assert scores.dtype == tf.float32
    larger = projected.critic((64, 64, 3))
    assert larger.output_shape == (None, 4 * 4 * 4)
    assert critic.get_layer("features").size == 96
    assert larger.get_layer("features").size == 128


def test_mixed_precision_scores_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        net = projected.critic((32, 32, 3), num_labels=2, **SMALL)
    finally:
        keras.config.set_dtype_policy("float32")
    assert net.get_layer("mix4").compute_dtype == "bfloat16"
    assert [y.dtype for y in net(images())] == [tf.float32, tf.float32]


def test_frozen_weights_follow_from_the_seed():
    def frozen(seed):
        net = projected.critic((32, 32, 3), seed=seed, **SMALL)
        assert not {w.path for w in net.trainable_weights} & {"mix4/kernel"}
        return {w.path: w.numpy() for w in net.weights if w.path[0] == "m"}

    one, again, other = frozen(0), frozen(0), frozen(1)
    assert len(one) == 7
    for path in one:
        np.testing.assert_array_equal(one[path], again[path])
        assert np.abs(one[path] - other[path]).max() > 0.01
    # A seed of its own for each of them.
    assert (
        np.abs(
            one["mix8/kernel"][0, 0, :4, 0] - one["mix16/kernel"][0, 0, :4, 0]
        ).max()
        > 1e-3
    )


def test_saved_weights_come_back_by_path(tmp_path):
    first = projected.critic((32, 32, 3), seed=0, **SMALL)
    second = projected.critic((32, 32, 3), seed=1, **SMALL)
    groups = checkpoint.gather({"critic": first})
    assert set(groups["critic"]) == {w.path for w in first.weights}
    assert sum(a.size for a in groups["critic"].values()) < 20_000
    written = checkpoint.save(tmp_path, 1, groups, run={})
    assert np.abs(second(images()) - first(images())).max() > 1e-3
    checkpoint.restore({"critic": second}, checkpoint.load(written.path))
    np.testing.assert_array_equal(second(images()), first(images()))


def test_comes_back_from_its_config():
    net = projected.critic((32, 32, 3), num_labels=2, **SMALL)
    again = keras.Model.from_config(net.get_config())
    again.set_weights(net.get_weights())
    for one, other in zip(net(images()), again(images()), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("heads", projected.HEADS)
@pytest.mark.parametrize("norm", projected.NORMS)
def test_gradients_reach_image_and_heads_but_nothing_frozen(heads, norm):
    net = projected.critic((32, 32, 3), heads=heads, norm=norm, **SMALL)
    x = tf.constant(images())
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(tf.sin(net(x, training=True)))
    weights = [w.value for w in net.trainable_weights]
    image, *others = tape.gradient(total, [x, *weights])
    assert np.abs(image).min(axis=(1, 2, 3)).min() >= 0
    assert np.abs(image).max() > 0
    assert all(g is not None for g in others)
    normed = any("norm" in w.path for w in net.weights)
    assert normed == (norm == "batch")
    depthwise = any("depthwise" in w.path for w in net.weights)
    assert depthwise == (heads == "separable")


def test_a_gradient_penalty_reaches_every_kernel_of_the_heads():
    net = projected.critic((32, 32, 3), **SMALL)
    kernels = [w.value for w in net.trainable_weights if "kernel" in w.path]

    @tf.function
    def slopes(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                total = tf.reduce_sum(tf.reduce_mean(net(x), axis=1))
            penalty = tf.reduce_sum(inner.gradient(total, x) ** 2)
        return outer.gradient(penalty, kernels)

    assert len(kernels) == 3 + 4
    for slope in slopes(tf.constant(images())):
        assert np.linalg.norm(slope) > 1e-6


def test_without_a_norm_an_image_is_scored_by_itself(critic):
    x = images()
    alone = critic(x[:1], training=True)
    np.testing.assert_allclose(critic(x, training=True)[:1], alone, atol=1e-5)


def test_with_batch_norm_the_batch_matters():
    net = projected.critic((32, 32, 3), norm="batch", **SMALL)
    x = images()
    alone = net(x[:2], training=True)
    assert np.abs(net(x, training=True)[:2] - alone).max() > 1e-3


def test_spectral_norm_bounds_the_heads():
    net = projected.critic((32, 32, 3), **SMALL)
    layer = net.get_layer("head4_down1_conv")
    layer.kernel.assign(100 * layer.kernel)
    for _ in range(30):
        layer.update_spectral_norm()
    matrix = np.reshape(layer.kernel, (-1, layer.filters))
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    estimate = np.linalg.norm(matrix @ layer.u.numpy())
    assert estimate == pytest.approx(largest, rel=0.02)


def test_class_head_sits_on_the_deepest_map():
    net = projected.critic((32, 32, 3), num_labels=5, **SMALL)
    scores, logits = net(images())
    assert scores.shape == (3, 3 * 16 + 4)
    assert logits.shape == (3, 5)
    deepest = net.get_layer("features").output[-1]
    head = keras.Model(deepest, net.output[1])
    maps = net.get_layer("features")(images())
    np.testing.assert_allclose(head(maps[-1]), logits, atol=1e-6)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(images())[1] ** 2)
    weights = [w for w in net.trainable_weights if w.path[:5] == "class"]
    assert [w.path for w in weights] == [
        "class_conv/kernel",
        "class_conv/bias",
        "class_logits/kernel",
        "class_logits/bias",
    ]
    gradients = tape.gradient(loss, [w.value for w in weights])
    assert all(np.abs(g).max() > 0 for g in gradients)


def test_grey_images_have_a_critic_too():
    net = projected.critic((32, 32, 1), **SMALL)
    assert net(images(channels=1)).shape == (3, 52)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": "plane"}, "Did you mean 'plain'"),
        ({"norm": "layer"}, "norm: unknown value 'layer'"),
        ({"taps": (4, 16)}, "each is twice the one before"),
        ({"taps": (), "mixing": ()}, "received \\[\\]"),
        ({"mixing": (32, 64)}, "expected 4 numbers of channels"),
        ({"network": "lite7"}, "Did you mean 'lite0'"),
        ({"size": 16}, "32 px or more, received 16"),
        ({"num_labels": -1}, "received -1"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        projected.critic((32, 32, 3), **options)


def test_a_class_head_may_see_shallower_maps():
    net = projected.critic(
        (32, 32, 3), num_labels=5, class_taps=(32, 8), **SMALL
    )
    paths = [w.path for w in net.trainable_weights if w.path[:5] == "class"]
    convs = [p for p in paths if p.endswith("conv/kernel")]
    assert convs == ["class8_conv/kernel", "class_conv/kernel"]
    maps = net.get_layer("features").output
    head = keras.Model([maps[1], maps[3]], net.output[1])
    *_, logits = net(images())
    seen = net.get_layer("features")(images())
    np.testing.assert_allclose(head([seen[1], seen[3]]), logits, atol=1e-6)
    kernel = net.get_layer("class_logits").kernel
    assert kernel.shape == (2 * 256, 5)
    with pytest.raises(UserError, match="class_taps: unknown value 7"):
        projected.critic((32, 32, 3), num_labels=5, class_taps=(7,), **SMALL)
