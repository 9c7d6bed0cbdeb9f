"""What holds for every network: sizes, dtypes, paths, round trips, XLA."""

import json
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.networks import NETWORKS

Z, L = 5, 3
SHAPES = [
    (8, 8, 1),
    (16, 16, 3),
    (32, 32, 3),
    (48, 48, 3),
    (64, 64, 3),
    (96, 96, 3),
    (128, 128, 3),
    (256, 256, 1),
    (32, 48, 3),
]
every_network = pytest.mark.parametrize("name", NETWORKS)


# At 8 px AC-GAN's generator has no norm.
def make_generator(name, shape=(16, 16, 3), conditioning="none", width=4):
    return NETWORKS[name].generator(
        image_shape=shape,
        latent_size=Z,
        width=width,
        num_labels=0 if conditioning == "none" else L,
        conditioning=conditioning,
    )


def make_critic(name, shape=(16, 16, 3), num_labels=L, width=4, **arguments):
    return NETWORKS[name].critic(
        image_shape=shape, width=width, num_labels=num_labels, **arguments
    )


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def randomise(net):
    """Gives every weight a value that an untrained net would not have."""
    random = np.random.default_rng(1)
    for weight in net.weights:
        value = random.normal(size=weight.shape) / 3
        if weight.name in ("gamma", "moving_variance"):
            value = 0.5 + abs(value)
        weight.assign(value)


@every_network
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_output_shapes_and_range(name, shape):
    images = make_generator(name, shape, width=1)(100 * normal(2, Z))
    assert images.shape == (2, *shape)
    assert images.dtype == tf.float32
    assert abs(images).numpy().max() <= 1
    score, logits = make_critic(name, shape, width=1)(images)
    assert score.shape == (2,)
    assert logits.shape == (2, L)


@every_network
def test_inputs_and_outputs_by_label(name):
    plain = make_generator(name)
    assert [x.name for x in plain.inputs] == ["latent"]
    with warnings.catch_warnings(action="error"):
        assert plain(normal(2, Z)).shape == (2, 16, 16, 3)
    labelled = make_generator(name, conditioning="concat")
    assert [(x.name, x.shape) for x in labelled.inputs] == [
        ("latent", (None, Z)),
        ("label", (None, L)),
    ]
    with warnings.catch_warnings(action="error"):
        z, label = normal(2, Z), normal(2, L)
        for form in ([z, label], (z, label), {"label": label, "latent": z}):
            assert labelled(form).shape == (2, 16, 16, 3)
    score = make_critic(name, num_labels=0)(normal(2, 16, 16, 3))
    assert score.shape == (2,)
    assert make_critic(name).input.name == "image"


@every_network
@pytest.mark.parametrize("conditioning", ["concat", "batch_norm", "embedding"])
def test_label_changes_the_image(name, conditioning):
    net = make_generator(name, conditioning=conditioning)
    randomise(net)
    z = np.tile(normal(1, Z), (3, 1))
    images = net([z, np.eye(3, dtype="float32")]).numpy()
    assert abs(images[0] - images[1]).max() > 1e-3
    assert abs(images[1] - images[2]).max() > 1e-3


@every_network
def test_heads_are_float32_under_bfloat16(name):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        generator = make_generator(name, conditioning="batch_norm")
        critic = make_critic(name, spectral_norm=True, norm="layer")
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    image = generator([normal(2, Z), normal(2, L)])
    score, logits = critic(image)
    assert image.dtype == score.dtype == logits.dtype == tf.float32
    assert {v.dtype for v in generator.weights} == {"float32"}
    for net in (generator, critic):
        inner = [x for x in net.layers if "conv" in x.name]
        assert {layer.compute_dtype for layer in inner} <= {"bfloat16"}
    for net, head in [
        (generator, "output"),
        (critic, "score"),
        (critic, "class_logits"),
    ]:
        # Not only cast at the end: the last product is taken in float32.
        assert net.get_layer(head).compute_dtype == "float32"


@every_network
@pytest.mark.parametrize("conditioning", ["none", "batch_norm"])
def test_inference_does_not_depend_on_the_batch(name, conditioning):
    side = 16 if name == "acgan" else 8
    net = make_generator(name, (side, side, 3), conditioning)
    randomise(net)
    z, label = normal(4, Z), np.eye(L, dtype="float32")[[0, 1, 2, 0]]
    labelled = conditioning != "none"
    inputs = [z, label] if labelled else z
    third = [z[2:3], label[2:3]] if labelled else z[2:3]
    together = net(inputs, training=False)
    alone = net(third, training=False)
    # Some processors round a batch of another size by 3e-6 differently.
    np.testing.assert_allclose(together[2:3], alone, atol=5e-6)
    in_batch = net(inputs, training=True)
    assert abs(in_batch - together).numpy().max() > 1e-3


@every_network
def test_critic_judges_every_image_by_itself(name):
    net = make_critic(name, norm="layer")
    x = normal(4, 16, 16, 3)
    score, logits = net(x, training=True)
    alone = net(x[2:3], training=True)
    np.testing.assert_allclose(score[2:3], alone[0], atol=1e-6)
    np.testing.assert_allclose(logits[2:3], alone[1], atol=1e-6)


@every_network
@pytest.mark.parametrize(
    "conditioning", ["none", "concat", "batch_norm", "embedding"]
)
def test_generator_config_round_trip(name, conditioning):
    net = make_generator(name, conditioning=conditioning)
    copy = keras.Model.from_config(json.loads(json.dumps(net.get_config())))
    copy.set_weights(net.get_weights())
    assert [v.path for v in copy.weights] == [v.path for v in net.weights]
    inputs = normal(2, Z)
    if conditioning != "none":
        inputs = [inputs, np.eye(L, dtype="float32")[:2]]
    np.testing.assert_array_equal(net(inputs), copy(inputs))


@every_network
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_critic_config_round_trip(name, spectral_norm):
    net = make_critic(name, spectral_norm=spectral_norm, norm="layer")
    copy = keras.Model.from_config(json.loads(json.dumps(net.get_config())))
    copy.set_weights(net.get_weights())
    assert [v.path for v in copy.weights] == [v.path for v in net.weights]
    x = normal(2, 16, 16, 3)
    for a, b in zip(net(x), copy(x), strict=True):
        np.testing.assert_array_equal(a, b)


@every_network
def test_built_twice_is_built_the_same(name):
    first = make_generator(name), make_critic(name)
    second = make_generator(name), make_critic(name)
    for a, b in zip(first, second, strict=True):
        assert a.get_config() == b.get_config()
        paths = [v.path for v in a.weights]
        assert paths == [v.path for v in b.weights]
        assert len(set(paths)) == len(paths)
        names = {layer.name for layer in a.layers}
        for path in paths:
            layer, weight = path.split("/")
            assert layer in names
            assert weight.rstrip("0123456789_") == weight


@every_network
def test_same_seed_same_weights(name):
    nets = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        nets.append(make_critic(name, spectral_norm=True))
    for a, b in zip(nets[0].weights, nets[1].weights, strict=True):
        np.testing.assert_array_equal(a, b)
    # No initialiser may be shared: equal shapes would start out equal.
    kernels = [v.numpy().tobytes() for v in nets[0].trainable_weights]
    kernels = [k for k in kernels if any(k) and len(k) > 64]
    assert len(set(kernels)) == len(kernels) > 1


# AC-GAN's generator is another table for small images than for large ones.
@pytest.mark.parametrize(
    ("name", "make"),
    [
        (name, make)
        for name in NETWORKS
        for make in (make_generator, make_critic)
        if (name, make) != ("acgan", make_generator)
    ],
)
def test_weight_shapes_agree_between_sizes(name, make):
    ends = ("input/", "score/", "class_logits/")
    small, large = (
        {
            v.path: v.shape
            for v in make(name, (side, side, 3)).weights
            if not v.path.startswith(ends)
        }
        for side in (16, 128)
    )
    assert len(small) > 3
    assert small.items() <= large.items()


def penalty(critic, images):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(images)
            score, logits = critic(images, training=True)
        slope = tape.gradient(score, images)
        norm = tf.sqrt(tf.reduce_sum(slope**2, [1, 2, 3]) + 1e-12)
        loss = tf.reduce_mean((norm - 1) ** 2) + tf.reduce_mean(score)
        loss += tf.reduce_mean(logits)
    return loss, outer.gradient(loss, critic.trainable_variables)


@pytest.mark.parametrize(
    ("name", "policy", "tolerance"),
    [
        ("resnet", "float32", 1e-5),
        ("resnet_cifar", "float32", 1e-5),
        ("dcgan", "float32", 1e-5),
        ("dcgan", "mixed_bfloat16", 0.1),
    ],
)
def test_gradient_penalty_in_xla_equals_graph(name, policy, tolerance):
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        # Two stages: the first has no norm in dcgan and resnet_cifar.
        side = 16 if name == "dcgan" else 8
        critic = make_critic(
            name,
            (side, side, 3),
            width=2,
            norm="layer",
            spectral_norm=name == "dcgan",
        )
        images = tf.constant(normal(2, side, side, 3))
        loss, gradients = tf.function(penalty)(critic, images)
        compiled = tf.function(penalty, jit_compile=True)
        xla_loss, xla_gradients = compiled(critic, images)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert float(loss) == pytest.approx(float(xla_loss), rel=tolerance)
    a, b = (
        np.concatenate([np.ravel(g) for g in group])
        for group in (gradients, xla_gradients)
    )
    assert np.linalg.norm(a - b) < tolerance * np.linalg.norm(a)


@every_network
def test_generator_gradient_in_xla_equals_graph(name):
    generator = make_generator(name, conditioning="batch_norm")
    z, label = tf.constant(normal(3, Z)), tf.eye(L)

    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(generator([z, label], training=True) ** 2)
        return tape.gradient(loss, generator.trainable_variables)

    plain = tf.function(gradients)()
    compiled = tf.function(gradients, jit_compile=True)()
    for a, b in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6)
