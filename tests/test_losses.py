"""Adversarial losses and penalties against closed forms."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer import losses

LOG2 = math.log(2)
# Scores 0.25 (real) and -0.5 (fake), each side worked out by hand.
REAL, FAKE = 0.25, -0.5
BY_HAND = {
    "wasserstein_gp": (-0.75, 0.5),
    "wasserstein_clip": (-0.75, 0.5),
    "non_saturating": (
        math.log1p(math.exp(-0.25)) + math.log1p(math.exp(-0.5)),
        math.log1p(math.exp(0.5)),
    ),
    "least_squares": (0.5 * (0.75**2 + 0.5**2), 0.5 * 1.5**2),
    "hinge": (0.75 + 0.5, 0.5),
    "relativistic": (
        math.log1p(math.exp(-0.75)),
        math.log1p(math.exp(0.75)),
    ),
}
AT_ZERO = {
    "wasserstein_gp": (0, 0),
    "wasserstein_clip": (0, 0),
    "non_saturating": (2 * LOG2, LOG2),
    "least_squares": (0.5, 0.5),
    "hinge": (2, 0),
    "relativistic": (LOG2, LOG2),
}
every_loss = pytest.mark.parametrize("name", losses.ADVERSARIAL_LOSSES)


def both_sides(name, real, fake):
    loss = losses.ADVERSARIAL_LOSSES[name]
    real, fake = tf.constant(real), tf.constant(fake)
    return loss.critic(real, fake), loss.generator(real, fake)


def image_noise(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(values, tf.float32)


def linear_critic(length):
    """A critic D(x) = w.x + 3 with |w| = length, and w itself."""
    w = np.random.default_rng(5).normal(size=(2, 3, 1))
    w = tf.Variable(w / np.linalg.norm(w) * length, dtype=tf.float32)
    return lambda x: tf.reduce_sum(w * x, axis=[1, 2, 3]) + 3, w


def half_square(x):
    """A critic whose gradient at x is x itself."""
    return tf.reduce_sum(tf.square(x), axis=[1, 2, 3]) / 2


@every_loss
def test_values_by_hand(name):
    for scores, expected in ((REAL, FAKE), BY_HAND), ((0.0, 0.0), AT_ZERO):
        values = both_sides(name, [scores[0]] * 3, [scores[1]] * 3)
        for value, number in zip(values, expected[name], strict=True):
            assert value.shape == [3]
            np.testing.assert_allclose(value, number, rtol=1e-6)


@every_loss
def test_one_value_per_example_without_mixing_examples(name):
    real, fake = [0.1, -2.0, 3.0], [0.7, 0.2, -1.5]
    together = both_sides(name, real, fake)
    alone = [
        both_sides(name, [r], [f]) for r, f in zip(real, fake, strict=True)
    ]
    for side in (0, 1):
        np.testing.assert_allclose(
            together[side], [values[side][0] for values in alone], rtol=1e-6
        )


@every_loss
def test_directions_of_the_two_players(name):
    # Inside the margin of the hinge, between the targets of least squares.
    real, fake = tf.constant([0.3]), tf.constant([0.2])
    loss = losses.ADVERSARIAL_LOSSES[name]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        critic, generator = loss.critic(real, fake), loss.generator(real, fake)
    assert tape.gradient(critic, real) < 0
    assert tape.gradient(critic, fake) > 0
    assert tape.gradient(generator, fake) < 0
    uses_real = tape.gradient(generator, real) is not None
    assert uses_real == (name == "relativistic")


def test_least_squares_pulls_fakes_to_zero_from_both_sides():
    fake = tf.constant([-0.2, 0.2])
    with tf.GradientTape() as tape:
        tape.watch(fake)
        critic = losses.LEAST_SQUARES.critic(tf.ones(2), fake)
    np.testing.assert_allclose(tape.gradient(critic, fake), [-0.2, 0.2])


def test_hinge_ignores_scores_beyond_the_margin():
    critic, _ = both_sides("hinge", [1.5, 0.5], [-1.5, -0.5])
    np.testing.assert_allclose(critic, [0, 1])


def test_relativistic_sides_swap_with_the_scores():
    real, fake = [0.3, -1.0, 2.0], [0.1, 1.5, -2.0]
    critic, generator = both_sides("relativistic", real, fake)
    swapped_critic, swapped_generator = both_sides("relativistic", fake, real)
    np.testing.assert_array_equal(critic, swapped_generator)
    np.testing.assert_array_equal(generator, swapped_critic)
    # softplus(-x) + x = softplus(x), for x the difference of one pair.
    difference = np.subtract(real, fake)
    np.testing.assert_allclose(generator - critic, difference, rtol=1e-5)


def test_relativistic_only_sees_differences():
    near = both_sides("relativistic", [0.3, -1.0], [0.1, 1.5])
    far = both_sides("relativistic", [8.3, 7.0], [8.1, 9.5])
    np.testing.assert_allclose(near, far, rtol=1e-5)


@every_loss
def test_huge_scores_stay_finite(name):
    for scores in (1e4, -1e4), (-1e4, 1e4):
        for value in both_sides(name, [scores[0]], [scores[1]]):
            assert np.isfinite(value)


@pytest.mark.parametrize("length, expected", [(1, 0), (3, 4), (0.5, 0.25)])
def test_gradient_penalty_of_a_linear_critic(length, expected):
    critic, _ = linear_critic(length)
    penalty = losses.gradient_penalty(
        critic,
        image_noise(4, 2, 3, 1),
        image_noise(4, 2, 3, 1, seed=1),
        tf.fill([4, 1, 1, 1], 0.3),
    )
    np.testing.assert_allclose(penalty, [expected] * 4, atol=1e-6, rtol=1e-5)


def test_gradient_penalty_of_a_flat_critic_is_one_with_finite_gradient():
    w = tf.Variable(tf.zeros([2, 3, 1]))
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(
            lambda x: tf.reduce_sum(w * x, axis=[1, 2, 3]),
            image_noise(4, 2, 3, 1),
            image_noise(4, 2, 3, 1, seed=1),
            tf.fill([4, 1, 1, 1], 0.3),
        )
    np.testing.assert_allclose(penalty, np.ones(4), atol=1e-5)
    np.testing.assert_array_equal(tape.gradient(penalty, w), np.zeros_like(w))


def test_gradient_penalty_pulls_a_linear_critic_to_length_one():
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|.
    critic, w = linear_critic(3)
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(
            critic,
            image_noise(4, 2, 3, 1),
            image_noise(4, 2, 3, 1, seed=1),
            tf.fill([4, 1, 1, 1], 0.3),
        )
        mean = tf.reduce_mean(penalty)
    np.testing.assert_allclose(tape.gradient(mean, w), 4 * w / 3, rtol=1e-5)


def test_each_example_is_mixed_by_its_own_weight():
    real, fake = image_noise(5, 2, 3, 1), image_noise(5, 2, 3, 1, seed=1)
    mix = np.array([0, 0.25, 0.5, 0.75, 1]).reshape(5, 1, 1, 1)
    penalty = losses.gradient_penalty(
        half_square, real, fake, tf.constant(mix, tf.float32)
    )
    mixed = np.asarray(real) * (1 - mix) + np.asarray(fake) * mix
    lengths = np.linalg.norm(mixed.reshape(5, -1), axis=1)
    np.testing.assert_allclose(penalty, (lengths - 1) ** 2, rtol=1e-5)
    # The ends of the line are the real and the generated image.
    ends = [np.linalg.norm(real[0]), np.linalg.norm(fake[4])]
    np.testing.assert_allclose(lengths[[0, 4]], ends, rtol=1e-5)


def test_zero_centred_penalty_by_hand():
    critic, w = linear_critic(3)
    images = image_noise(4, 2, 3, 1)
    np.testing.assert_allclose(
        losses.zero_centred_penalty(critic, images), [4.5] * 4, rtol=1e-5
    )
    np.testing.assert_allclose(
        losses.zero_centred_penalty(half_square, images),
        0.5 * np.sum(np.square(images), axis=(1, 2, 3)),
        rtol=1e-5,
    )
    with tf.GradientTape() as tape:
        mean = tf.reduce_mean(losses.zero_centred_penalty(critic, images))
    np.testing.assert_allclose(tape.gradient(mean, w), w, rtol=1e-5)


def test_penalties_of_a_bfloat16_critic_are_float32():
    dense = keras.layers.Dense(1, dtype="bfloat16")
    dense.build((None, 6))
    kernel = np.asarray(dense.kernel, np.float64)

    def critic(x):
        return dense(tf.reshape(tf.cast(x, tf.bfloat16), [-1, 6]))[:, 0]

    penalty = losses.zero_centred_penalty(critic, image_noise(4, 2, 3, 1))
    assert penalty.dtype == tf.float32
    expected = 0.5 * np.sum(np.square(kernel))
    np.testing.assert_allclose(penalty, [expected] * 4, rtol=2e-2)


@every_loss
def test_xla_gives_the_same_values(name):
    loss = losses.ADVERSARIAL_LOSSES[name]
    real, fake = image_noise(64), image_noise(64, seed=1)
    for side in (loss.critic, loss.generator):
        compiled = tf.function(side, jit_compile=True)(real, fake)
        np.testing.assert_allclose(compiled, side(real, fake), rtol=1e-5)


def test_xla_gives_the_same_penalties():
    critic, _ = linear_critic(3)
    real, fake = image_noise(4, 2, 3, 1), image_noise(4, 2, 3, 1, seed=1)
    mix = tf.reshape([0.0, 0.2, 0.7, 0.9], [4, 1, 1, 1])

    def penalties(network):
        def both(real, fake, mix):
            return (
                losses.gradient_penalty(network, real, fake, mix),
                losses.zero_centred_penalty(network, real),
            )

        return both

    for network in (critic, half_square):
        plain = penalties(network)(real, fake, mix)
        compiled = tf.function(penalties(network), jit_compile=True)
        np.testing.assert_allclose(compiled(real, fake, mix), plain, rtol=1e-5)
