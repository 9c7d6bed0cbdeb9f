"""Losses of translating, at numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.translation_losses import feature_distance, l1_distance


def test_l1_is_the_mean_over_pixels_and_channels():
    images = tf.constant(np.arange(8.0).reshape(2, 2, 2, 1), tf.float32)
    np.testing.assert_allclose(l1_distance(images, images + 1), [1, 1])
    np.testing.assert_allclose(l1_distance(images, 0 * images), [1.5, 5.5])


def maps(*vectors):
    """One image, one row of positions, a vector of channels at each."""
    return tf.constant([[list(map(list, vectors))]], tf.float32)


def test_features_are_compared_by_their_directions():
    # Equal, at right angles, and opposite: 0, 2 and 4.
    one = maps((3, 0), (1, 0), (2, 0))
    other = maps((5, 0), (0, 7), (-1, 0))
    assert float(feature_distance([one], [other])[0]) == pytest.approx(
        (0 + 2 + 4) / 3, rel=1e-5
    )
    # A second layer, of another size, counts as much as the first.
    layers = [one, maps((1, 1))], [other, maps((1, 1))]
    assert float(feature_distance(*layers)[0]) == pytest.approx(1, rel=1e-5)


def test_contrast_does_not_count_and_flat_maps_have_a_slope():
    image = tf.random.stateless_normal((2, 4, 4, 5), [1, 2])
    np.testing.assert_allclose(
        feature_distance([image], [9 * image]), [0, 0], atol=1e-5
    )
    flat = tf.zeros((2, 4, 4, 5))
    with tf.GradientTape() as tape:
        tape.watch(flat)
        distance = feature_distance([image], [flat])
    assert np.isfinite(tape.gradient(distance, flat)).all()
    np.testing.assert_allclose(distance, [1, 1], rtol=1e-4)


def test_halves_become_whole():
    half = tf.cast(maps((1, 0)), tf.bfloat16)
    assert feature_distance([half], [half]).dtype == tf.float32
