"""A correction of an image that stays within its range."""

import numpy as np
import tensorflow as tf

from tfgan_transfer.layers.shifted import Shifted


def test_the_sum_within_tanh_by_hand():
    image = np.float32([[-0.9, -0.5, 0, 0.3, 0.999]])
    shift = np.float32([[0.3, 0.2, -0.4, 2, -1]])
    inside = np.tanh(np.arctanh(image[0].astype(float)) + shift[0])
    np.testing.assert_allclose(Shifted()(image, shift)[0], inside, atol=2e-3)


def test_no_correction_changes_no_bit_and_none_leaves_the_range():
    image = np.linspace(-1, 1, 257, dtype="float32")[:, None]
    layer = Shifted()
    np.testing.assert_array_equal(layer(image, np.zeros_like(image)), image)
    for shift in (-100, -8, 8, 100):
        variable = tf.Variable(np.full_like(image, shift))
        with tf.GradientTape() as tape:
            out = layer(image, variable)
        assert np.all(np.abs(out) <= 1.000001)
        assert np.all(np.isfinite(tape.gradient(out, variable)))
        # All but the opposite end goes where the correction points.
        end = np.sign(shift)
        inner = out.numpy()[image * end > -0.99]
        np.testing.assert_array_less(0.8, inner * end)
