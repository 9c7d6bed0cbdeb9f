"""Second critics, augmentation and content in a CycleGAN, by hand."""

import keras
import numpy as np
import pytest

from tests.support import numpy_cycle as linear
from tests.support.linear_gan import PIXELS, SIDE, normal, sgd, tensors
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import CycleGAN
from tfgan_transfer.gans.domain_game import DomainGame
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.translation_losses import TRANSLATION_LOSSES

HEADS, RATE, WEIGHT = 2, 0.02, 3.0
SEEDS = {"a": 7, "b": 8}


def heads(domain):
    """K linear scores of an image."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    scores = keras.layers.Dense(HEADS, name="scores")(x)
    critic = keras.Model(image, scores, name=f"feature_critic_{domain}")
    critic.weights[0].assign(normal(PIXELS, HEADS, seed=SEEDS[domain]))
    return critic


def games():
    return {
        domain: FeatureGame(heads(domain), sgd(RATE), "hinge", WEIGHT)
        for domain in "ab"
    }


def slot_of(values):
    return {k: v[:, 0] for k, v in tensors(values).items()}


def flat(images):
    return images.numpy().reshape(linear.B, PIXELS)


def test_either_translator_hears_the_heads_of_its_own_end():
    slot = slot_of(linear.batch())
    gradients, _, log = linear.model(feature_games=games()).generator_gradients(
        slot
    )
    alone, _, less = linear.model().generator_gradients(slot)
    for name, domain in (("a2b", "b"), ("b2a", "a")):
        # A translator's bias moves all its images alike: -weight dD/dx.
        slope = normal(PIXELS, HEADS, seed=SEEDS[domain]).mean(axis=1)
        np.testing.assert_allclose(
            gradients[name][1] - alone[name][1], -WEIGHT * slope, atol=1e-4
        )
    assert float(log["cycle_loss_a"]) == float(less["cycle_loss_a"])


def test_each_critic_learns_its_own_game():
    made = linear.model(feature_games=games())
    slot = slot_of(linear.batch())
    slot |= made.fakes(slot)
    gradients, log = made.critic_gradients(slot)
    alone, _ = linear.model().critic_gradients(slot)
    for name in ("critic_a", "critic_b"):
        for ours, theirs in zip(gradients[name], alone[name], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    for domain, seed in SEEDS.items():
        real, fake = (flat(slot[f"{x}_{domain}"]) for x in ("image", "fake"))
        kernel = normal(PIXELS, HEADS, seed=seed)
        r, f = real @ kernel, fake @ kernel
        hinge = np.maximum(0, 1 - r) + np.maximum(0, 1 + f)
        value = float(log[f"feature_critic_loss_{domain}"])
        assert value == pytest.approx(hinge.mean(), rel=1e-5)
        slope = fake.T @ (1.0 * (1 + f > 0)) - real.T @ (1.0 * (1 - r > 0))
        np.testing.assert_allclose(
            gradients[f"feature_critic_{domain}"][0],
            slope / (linear.B * HEADS),
            rtol=1e-4,
            atol=1e-6,
        )


def test_a_step_moves_the_heads_at_their_rate_and_they_are_saved():
    made = linear.model(feature_games=games(), pool_size=0)
    values = linear.batch()
    made.train_step(tensors(values))
    state = made.state
    for domain in "ab":
        critic = made.feature_games[domain].critic
        assert state[f"feature_critic_{domain}"] is critic
        moved = critic.weights[0] - normal(PIXELS, HEADS, seed=SEEDS[domain])
        assert np.abs(moved).max() > 0.1 * RATE
        optimizer = state[f"feature_critic_{domain}_optimizer"]
        assert int(optimizer.iterations) == 1
    assert "feature_critic_a" not in linear.model().state


def test_each_domain_is_augmented_by_numbers_of_its_own():
    """Other numbers for A change what is said of A alone."""
    augmentation = Augmentation(("color",))
    made = linear.model(augmentation=augmentation)
    slot = slot_of(linear.batch())
    slot |= made.fakes(slot)
    still = np.full((linear.B, 2, augmentation.width), 0.5, "float32")
    still[..., -1] = 0
    brighter = still.copy()
    brighter[:, 0, 0] = 0.99
    plain, other = (
        made.critic_gradients({**slot, "augment": noise})[1]
        for noise in (still, brighter)
    )
    assert float(plain["critic_gap_b"]) == float(other["critic_gap_b"])
    assert float(plain["critic_gap_a"]) != float(other["critic_gap_a"])
    _, unseen = linear.model().critic_gradients(slot)
    assert float(plain["critic_gap_a"]) == pytest.approx(
        float(unseen["critic_gap_a"]), abs=1e-5
    )


@pytest.mark.parametrize("apart", [False, True])
def test_batch_norm_sees_real_and_generated_apart(apart):
    """Normed alone, both have a mean score of zero."""
    image = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Flatten()(image)
    x = keras.layers.BatchNormalization(scale=False, center=False)(x)
    total = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    critic = keras.Model(image, total(x))
    loss = TRANSLATION_LOSSES["least_squares"]
    game = DomainGame("a", critic, loss, apart=apart)
    slot = {
        "image_a": normal(6, SIDE, SIDE, 1),
        "fake_a": 4 + normal(6, SIDE, SIDE, 1, seed=1),
    }
    _, log = game.of_critic(tensors(slot))
    gap = abs(float(log["critic_gap_a"]))
    assert gap < 1e-5 if apart else gap > 0.1


def test_content_is_the_distance_in_the_maps_it_is_given():
    """Maps of (x, 1): directions at an angle that a hand can work out."""
    image = keras.Input((SIDE, SIDE, 1))
    ones = keras.layers.Lambda(keras.ops.ones_like)(image)
    both = [keras.layers.Concatenate()([image, ones]) for _ in range(2)]
    maps = keras.Model(image, both)
    slot = slot_of(linear.batch())
    options = {"content_weight": 5.0, "content_features": maps}
    made = linear.model(**options)
    _, fakes, log = made.generator_gradients(slot)

    def distance(x, y):
        x, y = (np.stack([v, np.ones_like(v)], -1) for v in (x, y))
        x, y = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (x, y))
        return ((x - y) ** 2).sum(-1).mean()

    expected = distance(flat(slot["image_a"]), flat(fakes["fake_b"]))
    expected += distance(flat(slot["image_b"]), flat(fakes["fake_a"]))
    assert float(log["content_loss"]) == pytest.approx(expected, rel=1e-4)
    _, _, less = linear.model().generator_gradients(slot)
    assert float(log["generator_loss"]) == pytest.approx(
        float(less["generator_loss"]) + 5 * expected, rel=1e-4
    )
    assert "content_loss" not in less


def test_content_needs_maps():
    with pytest.raises(ValueError, match="needs content_features"):
        linear.model(content_weight=1.0)
    assert CycleGAN.game.count("content_weight") == 1
