"""Spreads of colours and features against numbers worked out by hand."""

import numpy as np
import pytest

from tfgan_transfer.metrics.spread import color_spread, feature_spread


def flat(*colours):
    """An image of one colour each, [N, 4, 6, 3]."""
    return np.uint8(colours)[:, None, None] * np.ones([4, 6, 1], np.uint8)


def test_two_colours():
    # (200, 100, 0) is its grey, 100, and the hue (100, 0, -100); grey has
    # none. Half of it lies between each and the mean of both.
    images = flat((200, 100, 0), (50, 50, 50))
    assert color_spread(images).value == pytest.approx(50 * 2**0.5)
    assert color_spread(flat((9, 9, 9), (70, 70, 70))).value == 0
    # One hue throughout is as poor as grey.
    assert color_spread(flat((200, 100, 0), (205, 105, 5))).value == 0


def test_colours_within_images_count():
    halves = flat((200, 100, 0), (0, 100, 200))
    halves[:, :, 3:] = halves[::-1, :, 3:]
    assert color_spread(halves).value == pytest.approx(100 * 2**0.5)
    assert color_spread(np.zeros([3, 4, 4, 1], np.uint8)).value == 0


def test_features_have_the_trace_of_their_covariance():
    features = np.random.default_rng(0).normal(3, [1, 2, 5], [400, 3])
    trace = np.trace(np.cov(features.T, ddof=0))
    score = feature_spread(features)
    assert score.value == pytest.approx(trace**0.5)
    assert (score.n_fake, score.n_real) == (400, 0)
    assert feature_spread(features + 1e3).value == pytest.approx(trace**0.5)


def test_the_standard_error_is_the_scatter_of_repetitions():
    rng = np.random.default_rng(0)
    values, errors = [], []
    for _ in range(300):
        score = feature_spread(rng.gamma(2, 1, [80, 4]))
        values.append(score.value)
        errors.append(score.spread)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.1)


def test_one_image_has_no_spread():
    with pytest.raises(ValueError, match="the spread of 1 image"):
        color_spread(flat((1, 2, 3)))
