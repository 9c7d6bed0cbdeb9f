"""Closed forms of the anchor and of the Fisher information."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import small_networks as small
from tfgan_transfer.transfer import freeze
from tfgan_transfer.transfer.regularise import Anchor, fisher


def linear(name, inputs, outputs, values):
    """`x W + b` with given values, as a network of one layer."""
    x = keras.Input((inputs,))
    y = keras.layers.Dense(outputs, name=name)(x)
    net = keras.Model(x, y)
    net.set_weights([np.float32(v) for v in values])
    return net


def generator():
    return linear("g", 2, 2, [[[1, 2], [3, 4]], [5, 6]])


def move(net):
    net.set_weights([np.float32([[1, 0], [3, 7]]), np.float32([6, 6])])


def test_distance_by_hand():
    net = generator()
    anchor = Anchor(net, strength=0.5)
    assert anchor(net) == 0
    move(net)
    assert anchor(net) == 0.5 * (2**2 + 3**2 + 1**2)
    assert anchor(net).dtype == tf.float32
    weighted = [np.float32([[1, 10], [1, 0]]), np.float32([100, 1])]
    net = generator()
    anchor = Anchor(net, 0.5, weighted)
    move(net)
    assert anchor(net) == 0.5 * (10 * 2**2 + 0 * 3**2 + 100 * 1**2)


def test_gradient_is_twice_the_distance():
    net = generator()
    anchor = Anchor(net, 3.0)
    move(net)
    weights = [weight.value for weight in net.trainable_variables]
    with tf.GradientTape() as tape:
        penalty = anchor(net)
    kernel, bias = tape.gradient(penalty, weights)
    np.testing.assert_array_equal(kernel, 6 * np.array([[0, -2], [0, 3]]))
    np.testing.assert_array_equal(bias, [6, 0])


def test_variables_are_named_float32_and_restorable():
    net = small.generator("dcgan", small.ends())
    ones = [np.ones(w.shape) for w in net.trainable_variables]
    anchor = Anchor(net, 1.0, ones)
    paths = [v.path for v in anchor.variables]
    trained = [w.path for w in net.trainable_variables]
    assert paths == [f"anchor/{p}" for p in trained] + [
        f"importance/{p}" for p in trained
    ]
    assert all(v.dtype == "float32" for v in anchor.variables)
    assert not any(v.trainable for v in anchor.variables)
    assert [v.path for v in Anchor(net, 1.0).variables] == paths[: len(trained)]
    for variable in anchor.variables[: len(trained)]:
        variable.assign(variable + 2.0)
    count = sum(np.prod(w.shape) for w in net.trainable_variables)
    assert anchor(net).numpy() == pytest.approx(4 * count, rel=1e-4)


def test_only_what_is_trained_is_held():
    net = small.generator("dcgan", small.ends())
    freeze.freeze(net, "input")
    anchor = Anchor(net, 1.0)
    assert "anchor/input/kernel" not in [v.path for v in anchor.variables]
    assert not any("moving" in v.path for v in anchor.variables)
    freeze.freeze(net, "output")
    with pytest.raises(ValueError, match="freeze before making it"):
        anchor(net)


def test_wrong_arguments():
    net = generator()
    for strength in (-1, float("nan")):
        with pytest.raises(ValueError, match="Received: strength="):
            Anchor(net, strength)
    with pytest.raises(ValueError, match="shapes of the trainable weights"):
        Anchor(net, 1.0, [np.ones((2, 2))])
    with pytest.raises(ValueError, match="at least one latent"):
        fisher(net, net, np.zeros((0, 2)))


def test_inside_graph_xla_and_replicas():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        net = generator()
        anchor = Anchor(net, 0.5)
    move(net)

    def penalty():
        with tf.GradientTape() as tape:
            value = anchor(net)
        weights = [weight.value for weight in net.trainable_variables]
        return value, tape.gradient(value, weights)[1]

    for xla in (False, True):
        inner = tf.function(penalty, jit_compile=xla)

        @tf.function
        def step(inner=inner):
            return strategy.run(lambda: inner())

        value, bias = step()
        assert [v.numpy() for v in value.values] == [7.0, 7.0]
        np.testing.assert_array_equal(bias.values[1], [1, 0])


def test_fisher_by_hand():
    """Score v.(z W + b) + c: gradient z_i v_j for W, v_j for b."""
    critic = linear("c", 2, 1, [[[2], [-3]], [1]])
    latents = np.float32([[1, 0], [3, 2]])
    kernel, bias = fisher(generator(), critic, latents)
    v2, z2 = np.array([4, 9]), np.array([(1 + 9) / 2, (0 + 4) / 2])
    np.testing.assert_allclose(kernel, np.outer(z2, v2))
    np.testing.assert_allclose(bias, v2)
    assert kernel.dtype == bias.dtype == np.float32


def test_fisher_of_a_labelled_pair():
    """Moving statistics, the first of two outputs, and only used rows."""
    at = small.ends(labels="ab", conditioning="batch_norm")
    net, critic = small.generator("dcgan", at), small.critic("dcgan", at)
    before = small.arrays(net)
    z, label = small.latents(3), small.one_hot(1, 2, 3)
    values = fisher(net, critic, z, label)
    bias = net.get_layer("output").bias.value
    squares = []
    for one in z:
        with tf.GradientTape() as tape:
            image = net([one[None], label[:1]], training=False)
            score = critic(image)[0]
        squares.append(tape.gradient(score, bias).numpy() ** 2)
    np.testing.assert_allclose(values[-1], np.mean(squares, 0), rtol=1e-4)
    paths = [w.path for w in net.trainable_variables]
    found = dict(zip(paths, values, strict=True))
    assert all(np.isfinite(v).all() and (v >= 0).all() for v in values)
    assert not found["up2_norm/gamma"][0].any()
    assert found["up2_norm/gamma"][1].any()
    for path, value in small.arrays(net).items():
        np.testing.assert_array_equal(value, before[path])
    Anchor(net, 1.0, values)


def test_fisher_of_mirrored_networks():
    plain = fisher(generator(), generator_critic(), np.ones((1, 2)))
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        net, critic = generator(), generator_critic()
        mirrored = fisher(net, critic, np.ones((1, 2)))
    for one, other in zip(plain, mirrored, strict=True):
        np.testing.assert_array_equal(one, other)


def generator_critic():
    return linear("c", 2, 1, [[[2], [-3]], [1]])
