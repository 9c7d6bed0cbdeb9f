"""A second critic beside the GAN's own, and critics with several heads."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    LAMBDA,
    PIXELS,
    SIDE,
    B,
    compiled,
    linear_critic,
    make_batch,
    normal,
    sgd,
    tensors,
)
from tfgan_transfer.gans import step
from tfgan_transfer.gans.feature_game import FeatureGame

HEADS = 2
RATE = 0.02


def heads():
    """K linear scores of an image, W [pixels, K] and c [K] at random."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    scores = keras.layers.Dense(HEADS, name="scores")(x)
    critic = keras.Model(image, scores, name="heads")
    kernel, bias = critic.trainable_variables
    kernel.assign(normal(PIXELS, HEADS, seed=7))
    bias.assign(normal(HEADS, seed=8))
    return critic


def game(loss="hinge", weight=3.0):
    return FeatureGame(heads(), sgd(RATE), loss, weight)


def slot_of(batch):
    return step.critic_slot(tensors(batch), 0)


def test_the_generator_hears_both():
    model = compiled(gradient_penalty=0.0, feature_game=game())
    gradients, log = model.generator_gradients(slot_of(make_batch()))
    own = model.critic.trainable_variables[0].numpy()[:, 0]
    theirs = normal(PIXELS, HEADS, seed=7).mean(axis=1)
    # The bias of G moves all fakes alike: -dD/dx, averaged over images.
    np.testing.assert_allclose(gradients[1], -own - 3 * theirs, rtol=1e-5)

    alone = compiled(gradient_penalty=0.0)
    _, less = alone.generator_gradients(slot_of(make_batch()))
    fakes = alone.draw(slot_of(make_batch()))
    said = -3 * model.feature_game.critic(fakes).numpy().mean()
    assert float(log["generator_loss"]) == pytest.approx(
        float(less["generator_loss"]) + said, rel=1e-5
    )


def test_each_critic_learns_its_own_game():
    model = compiled(gradient_penalty=0.0, feature_game=game())
    slot = slot_of(make_batch())
    gradients, log = model.critic_gradients(slot)
    alone, alone_log = compiled(gradient_penalty=0.0).critic_gradients(slot)
    for ours, theirs in zip(gradients, alone, strict=False):
        np.testing.assert_array_equal(ours, theirs)
    assert float(log["critic_loss"]) == float(alone_log["critic_loss"])

    real = slot["image"].numpy().reshape(B, PIXELS)
    fake = model.draw(slot).numpy().reshape(B, PIXELS)
    kernel, bias = normal(PIXELS, HEADS, seed=7), normal(HEADS, seed=8)
    r, f = real @ kernel + bias, fake @ kernel + bias
    hinge = np.maximum(0, 1 - r) + np.maximum(0, 1 + f)
    assert float(log["feature_critic_loss"]) == pytest.approx(
        hinge.mean(), rel=1e-5
    )
    assert float(log["feature_gap"]) == pytest.approx((r - f).mean(), rel=1e-5)
    slope = fake.T @ (1.0 * (1 + f > 0)) - real.T @ (1.0 * (1 - r > 0))
    np.testing.assert_allclose(gradients[2], slope / (B * HEADS), rtol=1e-4)


def test_a_step_moves_both_critics_at_their_rates():
    model = compiled(gradient_penalty=0.0, n_critic=1, feature_game=game())
    batch = make_batch()
    gradients, _ = model.critic_gradients(slot_of(batch))
    before = [w.numpy() for w in model.critic.weights]
    model.train_step(tensors(batch))
    for weight, old, gradient in zip(
        model.critic.weights, before, gradients[:2], strict=True
    ):
        np.testing.assert_allclose(weight, old - 0.1 * gradient, rtol=1e-5)
    moved = model.feature_game.critic.weights[0]
    expected = normal(PIXELS, HEADS, seed=7) - RATE * gradients[2]
    np.testing.assert_allclose(moved, expected, rtol=1e-5)


def test_it_is_saved_with_the_model():
    model = compiled(feature_game=game())
    state = model.state
    assert state["feature_critic"] is model.feature_game.critic
    assert state["feature_critic_optimizer"] is model.feature_game.optimizer
    assert "feature_critic" not in compiled().state


def test_several_heads_count_as_their_mean():
    model = compiled(critic=heads(), n_critic=1)
    kernel = model.critic.trainable_variables[0].numpy()
    slot = slot_of(make_batch())
    _, log = model.critic_gradients(slot)
    length = np.linalg.norm(kernel.mean(axis=1))
    assert float(log["penalty"]) == pytest.approx(
        LAMBDA * (length - 1) ** 2, rel=1e-4
    )
    scores = model.critic(slot["image"]).numpy()
    fakes = model.critic(model.draw(slot)).numpy()
    assert float(log["critic_loss"]) == pytest.approx(
        fakes.mean() - scores.mean() + float(log["penalty"]), rel=1e-4
    )


def normed(scores):
    """A critic whose scores are normalised over their batch."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    seeded = keras.initializers.GlorotUniform(seed=0)
    x = keras.layers.Dense(scores, kernel_initializer=seeded, name="scores")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    if scores == 1:
        x = keras.layers.Reshape((), name="flat_score")(x)
    return keras.Model(image, x, name="normed")


@pytest.mark.parametrize("apart", [True, False])
def test_batches_of_their_own_have_means_of_their_own(apart):
    """Each is moved to the mean 0: the gap between them is gone."""
    own = FeatureGame(normed(HEADS), sgd(RATE), "hinge", 1.0, apart=apart)
    slot = slot_of(make_batch())
    model = compiled(
        critic=normed(1), gradient_penalty=0.0, feature_game=own, apart=apart
    )
    _, log = model.critic_gradients(slot)
    for name in ("feature_gap", "wasserstein"):
        gap = abs(float(log[name]))
        assert gap < 1e-5 if apart else gap > 0.05, name


@pytest.mark.parametrize(
    "options, message",
    [
        (("hing",), "Received: adversarial_loss='hing'"),
        (("hinge", 0.0), "weight must be above 0. Received: 0.0"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(ValueError) as error:
        FeatureGame(linear_critic(), sgd(RATE), *options)
    assert message in str(error.value)


def test_one_score_an_image_is_left_alone():
    scores = tf.constant([1.0, 2.0, 4.0])
    assert step.by_example(scores) is scores
    patches = tf.reshape(tf.range(8.0), [2, 2, 2])
    np.testing.assert_array_equal(step.by_example(patches), [1.5, 5.5])
