"""Enlarging and reducing by any factor."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.layers import resizing


@pytest.mark.parametrize(("old", "new"), [(4, 6), (4, 8), (5, 7), (3, 3)])
def test_bilinear_weights(old, new):
    weights = resizing.bilinear(old, new)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)
    # A ramp stays a ramp of its own slope where it need not be continued.
    ramp = weights @ np.arange(old)
    at = (np.arange(new) + 0.5) * old / new - 0.5
    np.testing.assert_allclose(ramp, at.clip(0, old - 1), atol=1e-6)
    image = np.float32(
        np.random.default_rng(0).normal(size=(1, old, old + 1, 2))
    )
    out = resizing.Enlarge((new, new + 2))(image)
    np.testing.assert_allclose(
        out, tf.image.resize(image, (new, new + 2)), atol=1e-6
    )


def test_weights_at_one_and_a_half_by_hand():
    np.testing.assert_allclose(
        resizing.bilinear(2, 3), [[1, 0], [0.5, 0.5], [0, 1]], atol=1e-7
    )


@pytest.mark.parametrize(("old", "new"), [(6, 4), (8, 4), (7, 5), (3, 3)])
def test_reduction_averages_areas(old, new):
    image = np.float32(np.random.default_rng(0).normal(size=(2, old, old, 2)))
    out = resizing.Reduce((new, new))(image)
    # Every pixel repeated, so that new pixels cover whole ones.
    fine = image.repeat(new, axis=1).repeat(new, axis=2)
    expected = fine.reshape(2, new, old, new, old, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_areas_at_one_and_a_half_by_hand():
    np.testing.assert_allclose(
        resizing.areas(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]], atol=1e-7
    )
