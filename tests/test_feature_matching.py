"""Energy distance by hand and by SciPy, and the game that has it lowered."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tests.support.linear_gan import (
    SIDE,
    compiled,
    make_batch,
    normal,
    sgd,
    tensors,
)
from tfgan_transfer import feature_matching
from tfgan_transfer.gans import step
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.networks import projected


def test_by_hand():
    """Distances 1, 5, 1, 3 between; 2 and 4 within."""
    x, y = tf.constant([[0.0], [2.0]]), tf.constant([[1.0], [5.0]])
    found = feature_matching.energy_distance(x, y)
    assert float(found) == pytest.approx(2 * 10 / 4 - 2 - 4, abs=1e-5)
    # As long in four dimensions that are alike, over the root of four.
    found = feature_matching.energy_distance(
        *(tf.tile(v, [1, 4]) for v in (x, y))
    )
    assert float(found) == pytest.approx(-1, abs=1e-5)


def test_against_scipy():
    """Which has the pairs of a vector with itself among its means."""
    x, y = normal(7, seed=1), 2 * normal(9, seed=2) + 1

    def within(v):
        return np.abs(v[:, None] - v).sum() / len(v)

    others = scipy.stats.energy_distance(x, y) ** 2
    others -= within(x) * (1 / 6 - 1 / 7) + within(y) * (1 / 8 - 1 / 9)
    found = feature_matching.energy_distance(x[:, None], y[:, None])
    assert float(found) == pytest.approx(others, rel=1e-4)


def test_batches_of_one_distribution_are_at_zero_on_average():
    """Means over all pairs would be 0.9 apart in batches of 4."""
    found = [
        float(
            feature_matching.energy_distance(
                normal(4, 3, seed=(i, 0)), normal(4, 3, seed=(i, 1))
            )
        )
        for i in range(400)
    ]
    error = np.std(found) / len(found) ** 0.5
    assert abs(np.mean(found)) < 4 * error < 0.1


def test_statistics_of_a_map():
    maps = np.zeros((2, 2, 2, 3), np.float32)
    maps[1, :, 0, 2] = 4
    mean, spread = feature_matching.statistics(maps)
    np.testing.assert_allclose(mean, [[0, 0, 0], [0, 0, 2]])
    np.testing.assert_allclose(spread, [[0, 0, 0], [0, 0, 2]], atol=2e-3)


def test_the_scale_of_a_map_does_not_matter():
    real, fake = normal(8, 4, 4, 5), 1 + normal(8, 4, 4, 5, seed=1)
    near = feature_matching.distance([real], [fake])
    far = feature_matching.distance([100 * real], [100 * fake])
    assert float(near) == pytest.approx(float(far), rel=1e-3)
    both = feature_matching.distance([real, 9 * real], [fake, 9 * fake])
    assert float(near) == pytest.approx(float(both), rel=1e-3)


def test_a_channel_that_real_images_never_excite_has_a_bound():
    real = normal(16, 2, 2, 4)
    real[..., 0] = 0
    fake = np.copy(real)
    fake[..., 0] = 0.01
    same = feature_matching.distance([real], [np.copy(real)])
    found = feature_matching.distance([real], [fake])
    assert 0 < float(found - same) < 0.1


def test_samples_that_are_too_alike_are_driven_apart():
    real = tf.constant(normal(16, 2, 2, 8))
    fake = tf.Variable(0.2 * normal(16, 2, 2, 8, seed=1))
    with tf.GradientTape() as tape:
        tape.watch(real)
        value = feature_matching.distance([real], [fake])
    gradient, none = tape.gradient(value, [fake, real])
    assert none is None
    before = np.std(fake.numpy().mean(axis=(1, 2)), axis=0).mean()
    after = fake - 10 * gradient
    assert np.std(after.numpy().mean(axis=(1, 2)), axis=0).mean() > 1.2 * before


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_flat_maps_have_a_finite_gradient(value):
    flat = tf.fill([2, 2, 2, 3], value)
    with tf.GradientTape() as tape:
        tape.watch(flat)
        found = feature_matching.distance([tf.zeros([3, 2, 2, 3])], [flat])
    assert np.isfinite(found) and np.isfinite(tape.gradient(found, flat)).all()


def test_one_image_has_nothing_to_be_compared_with():
    with pytest.raises(ValueError, match="2 images or more. Received: 1"):
        feature_matching.distance([normal(1, 2, 2, 3)], [normal(4, 2, 2, 3)])


def game(loss, matching, seed=0):
    tf.random.set_seed(seed)
    critic = projected.critic(
        (SIDE, SIDE, 1), taps=(4, 8), mixing=(4, 4), size=32
    )
    return FeatureGame(critic, sgd(0.1), loss, 0.5, matching=matching)


@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
def test_the_generator_learns_it(loss):
    """The gradient is the sum of those of both terms."""
    slot = step.critic_slot(tensors(make_batch()), 2)
    model = compiled(gradient_penalty=0.0, feature_game=game(loss, 0.7))
    alone = compiled(gradient_penalty=0.0, feature_game=game(loss, 0.0))
    alone.feature_game.critic.set_weights(
        model.feature_game.critic.get_weights()
    )
    gradients, log = model.generator_gradients(slot)
    without, less = alone.generator_gradients(slot)
    maps = model.feature_game.critic.get_layer("features")
    with tf.GradientTape() as tape:
        unlike = feature_matching.distance(
            maps(slot["image"]), maps(model.draw(slot))
        )
    weights = model.generator.trainable_variables
    added = tape.gradient(unlike, [w.value for w in weights])
    assert max(np.abs(x).max() for x in added) > 1e-3
    for found, own, more in zip(gradients, without, added, strict=True):
        np.testing.assert_allclose(found, own + 0.7 * more, atol=1e-5)
    assert float(log["feature_distance"]) == pytest.approx(float(unlike))
    loss = less["generator_loss"] + 0.7 * unlike
    assert float(log["generator_loss"]) == pytest.approx(float(loss), rel=1e-5)
    assert "feature_distance" not in less


def test_a_weight_below_zero_is_refused():
    with pytest.raises(ValueError, match="matching=-1"):
        game("hinge", -1.0)
