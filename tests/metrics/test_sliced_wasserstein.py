import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.sliced_wasserstein import sliced_wasserstein


def enlarged(images, factor):
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def test_levels_floor_and_repetition(digits):
    real = enlarged(digits.train.images[:60], 4)
    other = enlarged(digits.fresh.images[:60], 4)
    noise = np.random.default_rng(0).integers(0, 256, real.shape)
    good = sliced_wasserstein(real, other, seeds=(0, 1))
    bad = sliced_wasserstein(real, noise.astype(np.uint8), seeds=(0, 1))
    assert list(good.levels) == [32, 16]
    assert np.mean(list(good.levels.values())) == pytest.approx(
        good.score.value
    )
    assert good.floor.value < 2 * good.score.value
    assert good.score.value < bad.score.value / 3
    assert bad.floor == good.floor


def test_a_seed_fixes_the_value_and_disturbs_nobody():
    rng = np.random.default_rng(0)
    real, fake = rng.integers(0, 256, (2, 40, 32, 32, 3)).astype(np.uint8)
    np.random.seed(7)
    tf.random.set_seed(7)
    untouched = np.random.random(), float(tf.random.uniform([]))
    np.random.seed(7)
    tf.random.set_seed(7)
    first = sliced_wasserstein(real, fake, seeds=(3,))
    assert (np.random.random(), float(tf.random.uniform([]))) == untouched
    assert sliced_wasserstein(real, fake, seeds=(3,)) == first
    assert sliced_wasserstein(real, fake, seeds=(4,)).score != first.score
    assert first.score.spread is None


def test_flat_images_have_a_distance():
    flat = np.full((20, 16, 16, 1), 255, np.uint8)
    assert np.isfinite(sliced_wasserstein(flat, flat, seeds=(0,)).score.value)


def test_shapes():
    with pytest.raises(UserError, match="90 x 90; choose .* e.g. 64"):
        sliced_wasserstein(*np.zeros((2, 2, 90, 90, 3), np.uint8))
    with pytest.raises(UserError, match="square"):
        sliced_wasserstein(*np.zeros((2, 2, 32, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="shapes"):
        sliced_wasserstein(np.zeros((2, 32, 32, 3)), np.zeros((1, 32, 32, 3)))
