import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.inception import tfgan_module
from tfgan_transfer.metrics.kid import kid, kid_blocks, kid_subsets


@pytest.mark.parametrize("case", ["full", "near", "deficient", "lowrank"])
def test_agrees_with_torch_fidelity(golden, recipe, case):
    real, fake = recipe.feature_sets()[case]
    count = min(len(real), len(fake))
    score = kid(real[:count], fake[:count])
    assert score.value == pytest.approx(golden["kid"][case][0], rel=1e-9)
    subsets = kid_subsets(real, fake, subsets=20, size=60)
    expected = golden["kid_subsets"][case]
    assert [subsets.value, subsets.spread] == pytest.approx(expected, rel=1e-9)


def test_agrees_with_tfgan_on_blocks(recipe):
    real, fake = recipe.feature_sets()["full"]
    tfgan = tfgan_module("classifier_metrics")
    function = tfgan.kernel_classifier_distance_and_std_from_activations
    expected = function(tf.constant(real), tf.constant(fake), 130)
    score = kid_blocks(real, fake, 130)
    assert [score.value, score.spread] == pytest.approx(
        [float(value) for value in expected], rel=1e-9
    )
    assert score.protocol == "kid/7 disjoint blocks"
    single = kid_blocks(real, fake)
    assert single.spread is None
    assert single.value == pytest.approx(kid(real, fake).value, rel=1e-12)


def test_expectation_is_zero_and_the_error_bar_is_honest():
    rng = np.random.default_rng(0)
    scores = [
        kid(rng.standard_normal((90, 8)), rng.standard_normal((60, 8)))
        for _ in range(120)
    ]
    values = np.array([score.value for score in scores])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    claimed = np.mean([score.spread for score in scores])
    assert 0.9 < claimed / values.std() < 2


def test_the_error_bar_of_different_laws():
    rng = np.random.default_rng(0)
    scores = [
        kid(rng.standard_normal((90, 8)), rng.standard_normal((60, 8)) + 0.7)
        for _ in range(120)
    ]
    values = np.array([score.value for score in scores])
    claimed = np.mean([score.spread for score in scores])
    assert 0.85 < claimed / values.std() < 1.2
    # E k(x, y) for the difference of laws, by a large sample.
    big = kid(
        rng.standard_normal((4000, 8)), rng.standard_normal((4000, 8)) + 0.7
    )
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - big.value) < 3 * np.hypot(error, big.spread)


def test_chunks_change_nothing():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((1500, 4)), rng.random((1100, 4))
    kernel = lambda a, b: (a @ b.T / 4 + 1) ** 3  # noqa: E731
    rr, ff = kernel(real, real), kernel(fake, fake)
    expected = (
        (rr.sum() - np.trace(rr)) / (1500 * 1499)
        + (ff.sum() - np.trace(ff)) / (1100 * 1099)
        - 2 * kernel(real, fake).mean()
    )
    assert kid(real, fake).value == pytest.approx(expected, rel=1e-10)


def test_too_few_samples_are_said_to_be():
    few = np.random.default_rng(0).random((50, 3))
    with pytest.raises(UserError, match="subsets of 1000 .* 50 real"):
        kid_subsets(few, few)
    with pytest.raises(ValueError, match="three vectors"):
        kid(few[:2], few)
    with pytest.raises(ValueError, match="25 blocks"):
        kid_blocks(few, few[:30], 2)
