import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics import critic
from tfgan_transfer.metrics import critic_distance as critic_distance_module
from tfgan_transfer.metrics.critic_distance import (
    BUDGETS,
    Budget,
    critic_distance,
    independent_wasserstein,
)

TINY = Budget("test", (16, 32), 100, 32)


def generators(digits):
    """Fitting and scoring samples of ever worse generators."""
    rng = np.random.default_rng(0)
    pool = digits.fresh.images
    noise = rng.normal(0, 40, pool.shape)
    pixels = pool.reshape(len(pool), -1)
    shuffled = rng.permuted(pixels, axis=0).reshape(pool.shape)
    worse = {
        "real": pool,
        "good": np.clip(pool + noise, 0, 255).astype(np.uint8),
        # Each pixel's law is right, no two pixels agree.
        "scratch": shuffled,
        "noise": rng.integers(0, 256, pool.shape).astype(np.uint8),
    }
    return {name: (i[:300], i[300:]) for name, i in worse.items()}


def test_the_critic_ranks_generators(digits):
    held_out = digits.held_out.images
    found = {
        name: critic_distance(
            held_out[:300], held_out[300:], *samples, budget=TINY
        )
        for name, samples in generators(digits).items()
    }
    order = ["real", "good", "scratch", "noise"]
    for better, worse in zip(order[:-1], order[1:], strict=True):
        gap = found[worse].score.value - found[better].score.value
        spread = np.hypot(found[worse].score.spread, found[better].score.spread)
        assert gap > spread, (better, worse)
        assert gap > 2 * found[better].standard_error
    real = found["real"]
    error = np.hypot(real.standard_error, real.score.spread)
    assert abs(real.score.value) < 3 * error
    assert real.fit > real.score.value
    assert found["noise"].iw == -found["noise"].score.value < 0
    assert real.score.n_real == 300 and real.score.n_fake == 297
    assert "iw/1 test, 16-32 x 100 steps of 32" in real.score.protocol


def test_a_copier_is_nearer_to_its_training_set(digits):
    train = digits.train.images[:40]
    rng = np.random.default_rng(0)
    copies = train[rng.integers(40, size=600)]
    distance, floor = independent_wasserstein(
        digits.held_out.images,
        copies,
        train,
        Budget("test", (8, 16), 150, 32),
        seeds=(0, 1),
    )
    assert distance.train_gap > 2 * distance.train_gap_error
    assert floor.train_gap is None


def test_the_floor_is_measured_once(digits, tmp_path, monkeypatch):
    held_out, train = digits.held_out.images[:60], digits.train.images[:40]
    budget = Budget("test", (8,), 3, 16)

    def measure(fake, seeds=(0, 1)):
        return independent_wasserstein(
            held_out, fake, train, budget, seeds, str(tmp_path)
        )

    fitted = []
    fit = critic_distance_module._run
    monkeypatch.setattr(
        critic_distance_module,
        "_run",
        lambda sets, *rest: fitted.append(len(sets)) or fit(sets, *rest),
    )
    fresh = digits.fresh.images
    first = measure(fresh[:40])
    # Two critics for the samples (training images beside), two for the floor.
    assert fitted == [5, 5, 4, 4]
    second = measure(fresh[40:80])
    assert fitted[4:] == [5, 5]
    assert second[1] == first[1] and second[0] != first[0]
    # Other critics have another floor.
    assert measure(fresh[:40], (0,))[1].seeds == first[1].seeds[:1]
    assert fitted[6:] == [5, 4]


def test_a_seed_fixes_the_value(digits):
    images = digits.train.images
    args = (images[:80], images[80:160], images[160:240], images[240:320])
    budget = Budget("test", (8,), 5, 16)
    one, same = (critic_distance(*args, None, budget, (5,)) for _ in range(2))
    assert one == same
    assert one.score.spread is None
    both = critic_distance(*args, None, budget, (5, 6))
    assert both.seeds[0] == one.seeds[0] != both.seeds[1]
    assert both.score.value == pytest.approx(np.mean(both.seeds))
    assert both.score.spread == pytest.approx(np.std(both.seeds, ddof=1))


def test_an_update_is_adam_on_the_penalised_loss():
    rng = np.random.default_rng(0)
    real, fake = rng.integers(0, 256, (2, 6, 8, 8, 1)).astype(np.uint8)
    mix = rng.random((6, 1, 1, 1), np.float32)
    weights = critic.initial_weights((8, 8, 1), (4, 8), 0)
    structure = weights
    flat = [tf.Variable(w) for w in tf.nest.flatten(weights)]
    squares = tf.nest.map_structure(tf.zeros_like, weights)
    optimizer = keras.optimizers.Adam(1e-4, 0.0, 0.9, epsilon=1e-8)

    def scores(images):
        packed = tf.nest.pack_sequence_as(structure, flat)
        return critic.critic_scores(packed, tf.constant(images))

    x, y = (i.astype(np.float32) / 127.5 - 1 for i in (real, fake))
    for step in (1.0, 2.0, 3.0):
        with tf.GradientTape() as tape:
            between = tf.constant(mix * x + (1 - mix) * y)
            with tf.GradientTape() as inner:
                inner.watch(between)
                total = tf.reduce_sum(scores(between))
            slopes = tf.reshape(inner.gradient(total, between), [6, -1])
            penalty = tf.reduce_mean((tf.norm(slopes, axis=1) - 1) ** 2)
            loss = tf.reduce_mean(scores(y)) - tf.reduce_mean(scores(x))
            loss += 10 * penalty
        optimizer.apply(tape.gradient(loss, flat), flat)
        weights, squares, norm = critic.update(
            weights, squares, tf.constant(step), real, fake, mix
        )
        expected = np.mean(np.linalg.norm(slopes, axis=1))
        assert float(norm) == pytest.approx(expected, rel=1e-4)
    for ours, other, start in zip(
        tf.nest.flatten(weights),
        flat,
        tf.nest.flatten(structure),
        strict=True,
    ):
        moved = np.abs(other - start).max()
        np.testing.assert_allclose(ours, other, atol=2e-2 * moved + 1e-9)


@pytest.mark.parametrize("side, blocks", [(8, 1), (32, 3), (64, 4), (96, 4)])
def test_the_network_halves_down_to_four_pixels(side, blocks):
    weights = critic.initial_weights((side, side, 3), BUDGETS["full"].widths, 0)
    assert len(weights["blocks"]) == blocks
    last = weights["blocks"][-1]["second"][0].shape[-1]
    assert last == (64, 128, 256, 512, 512)[blocks]
    scores = critic.score_images(
        critic.initial_weights((side, side, 3), (4,), 0),
        np.zeros((3, side, side, 3), np.uint8),
    )
    assert scores.shape == (3,) and np.ptp(scores) == 0


def test_what_cannot_be_compared_is_refused(digits):
    images = digits.train.images
    with pytest.raises(UserError, match="at least two images"):
        critic_distance(images, images, images[:1], images)
    with pytest.raises(UserError, match="4 x 4"):
        critic_distance(*4 * [images[:, :2]])
    with pytest.raises(ValueError, match="types"):
        critic_distance(*4 * [images / 255.0])
    with pytest.raises(ValueError, match="shapes"):
        critic_distance(images, images, images, images[:, 1:])
