"""Class heads that condition a score, and those of a critic on features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gans import test_acgan as acgan
from tests.support.linear_gan import (
    LAMBDA,
    PIXELS,
    SIDE,
    B,
    normal,
    sgd,
)
from tfgan_transfer import augment
from tfgan_transfer.gans import ACGAN
from tfgan_transfer.gans.class_game import ClassGame
from tfgan_transfer.gans.feature_game import FeatureGame

L, HEADS, RATE = acgan.L, 2, 0.02
# No label, one, two, all.
MIXED = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1]], np.float32)


def slot():
    """A critic's batch whose images have no label, one, or several."""
    batch = acgan.labelled_batch(np.repeat(MIXED, 2, axis=0))
    return acgan.slot_of(batch)


def parts(model, one):
    """Real and generated images of a slot as rows, and their labels."""
    flat = [np.reshape(x, (B, PIXELS)) for x in (one["image"], model.draw(one))]
    return *flat, one["label"].numpy()


def head(critic):
    return [w.numpy() for w in critic.get_layer("class_logits").weights]


def test_the_term_is_the_sum_over_the_labels_that_hold():
    game = ClassGame("projection")
    scores, logits = tf.zeros([B]), tf.constant([[1.0, 10.0, 100.0]] * B)
    said = game.conditioned(scores, logits, tf.constant(MIXED))
    np.testing.assert_array_equal(said, [0, 1, 110, 111])
    several = game.conditioned(tf.ones([B, 2]), logits, tf.constant(MIXED))
    np.testing.assert_array_equal(several, np.stack([said + 1] * 2, axis=1))
    # A critic without a class head, and one that is asked without labels.
    assert game.conditioned(scores, None, tf.constant(MIXED)) is scores
    assert game.conditioned(scores, logits, None) is scores
    auxiliary = ClassGame().conditioned(scores, logits, tf.constant(MIXED))
    assert auxiliary is scores


def test_a_projected_score_by_hand():
    """f(x, y) = psi(x) + y^T V phi(x), its penalty and no class loss."""
    model = acgan.compiled(class_head="projection")
    one = slot()
    real, fake, labels = parts(model, one)
    w, c = (x.numpy() for x in model.critic.get_layer("score").weights)
    v, bias = head(model.critic)

    def f(x):
        return x @ w[:, 0] + c + np.sum(labels * (x @ v + bias), axis=1)

    slope = w[:, 0] + labels @ v.T
    penalty = LAMBDA * (np.linalg.norm(slope, axis=1) - 1) ** 2
    gradients, log = model.critic_gradients(one)
    assert float(log["penalty"]) == pytest.approx(penalty.mean(), rel=1e-4)
    expected = np.mean(f(fake) - f(real)) + penalty.mean()
    assert float(log["critic_loss"]) == pytest.approx(expected, rel=1e-4)
    assert "critic_class_loss" not in log and "class_accuracy_real" in log
    # The bias of a label moves real and generated images alike.
    found = acgan.head_gradients(model, gradients)
    np.testing.assert_allclose(found["class_logits/bias"], 0, atol=1e-6)

    _, heard = model.generator_gradients(one)
    assert float(heard["generator_loss"]) == pytest.approx(
        -f(fake).mean(), rel=1e-4
    )


def test_without_labels_it_is_the_plain_score():
    model = acgan.compiled(class_head="projection", gradient_penalty=0.0)
    plain = acgan.compiled(class_weight_critic=0.0, gradient_penalty=0.0)
    blank = acgan.slot_of(acgan.labelled_batch(np.zeros((2 * B, L))))
    for ours, theirs in zip(
        model.critic_gradients(blank)[0],
        plain.critic_gradients(blank)[0],
        strict=True,
    ):
        if theirs is None:
            theirs = np.zeros(ours.shape)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def feature_critic():
    """K linear scores of an image, and class logits."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    scores = keras.layers.Dense(HEADS, name="scores")(x)
    logits = keras.layers.Dense(L, name="class_logits")(x)
    critic = keras.Model(image, [scores, logits], name="feature_critic")
    for i, weight in enumerate(critic.trainable_variables):
        weight.assign(normal(*weight.shape, seed=(7, i)))
    return critic


def with_features(own_head, weight=1.0, apart=False, **classes):
    """An AC-GAN with a classifying critic on features beside its own."""
    critic = acgan.two_headed_critic()
    if not own_head:
        critic = keras.Model(critic.input, critic.output[0], name="critic")
    model = ACGAN(acgan.label_generator(), critic)
    for network, seed in (model.generator, 1), (model.critic, 2):
        for i, variable in enumerate(network.trainable_variables):
            variable.assign(normal(*variable.shape, seed=(seed, i)))
    game = FeatureGame(
        feature_critic(),
        sgd(RATE),
        "hinge",
        weight,
        apart=apart,
        class_game=ClassGame(**classes),
    )
    model.compile(
        sgd(0.05),
        sgd(0.1),
        n_critic=2,
        gradient_penalty=0.0,
        feature_game=game,
        **classes,
    )
    return model


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("on_fake", [True, False])
def test_the_critic_on_features_classifies_alone(apart, on_fake):
    model = with_features(False, apart=apart, class_on_fake=on_fake)
    one = acgan.slot_of(acgan.labelled_batch())
    real, fake, labels = parts(model, one)
    v, bias = head(model.feature_game.critic)
    gradients, log = model.critic_gradients(one)
    assert "critic_class_loss" not in log
    seen = [real, fake] if on_fake else [real]
    pairs = [acgan.cross_entropy(x @ v + bias, labels) for x in seen]
    loss = sum(value.mean() for value, _ in pairs)
    assert float(log["feature_critic_class_loss"]) == pytest.approx(
        loss, rel=1e-5
    )
    slopes = [x.T @ by for x, (_, by) in zip(seen, pairs, strict=True)]
    np.testing.assert_allclose(gradients[-2], sum(slopes) / B, rtol=1e-4)


def test_the_generator_hears_the_class_loss_at_its_own_weight():
    """Not at that of the feature critic's part of the game."""
    heard = []
    for weight in (0.5, 2.0):
        model = with_features(False, weight, class_weight_generator=3.0)
        one = acgan.slot_of(acgan.labelled_batch())
        _, fake, labels = parts(model, one)
        scores, _ = model.feature_game.critic(model.draw(one))
        w, c = (x.numpy() for x in model.critic.get_layer("score").weights)
        _, log = model.generator_gradients(one)
        rest = -np.mean(fake @ w + c) - weight * np.mean(scores)
        heard.append(float(log["generator_loss"]) - rest)
        v, bias = head(model.feature_game.critic)
    loss, _ = acgan.cross_entropy(fake @ v + bias, labels)
    assert heard == pytest.approx([3 * loss.mean()] * 2, rel=1e-4)


def test_each_of_two_class_heads_has_its_loss():
    model = with_features(True)
    _, log = model.critic_gradients(acgan.slot_of(acgan.labelled_batch()))
    for name in ("critic_class_loss", "feature_critic_class_loss"):
        assert float(log[name]) > 0


def test_a_projection_on_several_heads_by_hand():
    model = with_features(False, 0.5, class_head="projection")
    one = slot()
    real, fake, labels = parts(model, one)
    kernel, c = (
        w.numpy() for w in model.feature_game.critic.get_layer("scores").weights
    )
    v, bias = head(model.feature_game.critic)

    def f(x):
        term = np.sum(labels * (x @ v + bias), axis=1)
        return x @ kernel + c + term[:, None]

    _, log = model.critic_gradients(one)
    hinge = np.maximum(0, 1 - f(real)) + np.maximum(0, 1 + f(fake))
    assert float(log["feature_critic_loss"]) == pytest.approx(
        hinge.mean(), rel=1e-5
    )
    w, own = (x.numpy() for x in model.critic.get_layer("score").weights)
    _, heard = model.generator_gradients(one)
    assert float(heard["generator_loss"]) == pytest.approx(
        -np.mean(fake @ w + own) - 0.5 * f(fake).mean(), rel=1e-4
    )


def test_the_game_is_made_again_from_its_config():
    game = FeatureGame(
        feature_critic(),
        sgd(RATE),
        weight=0.3,
        augmentation=augment.Augmentation(("cutout",)),
        apart=True,
        class_game=ClassGame("projection"),
    )
    again = FeatureGame.from_config(game.get_config())
    assert again.class_game == game.class_game
    assert again.apart and again.weight == 0.3
    assert again.augmentation.width == game.augmentation.width


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="Received: class_head='project'"):
        ClassGame("project")
