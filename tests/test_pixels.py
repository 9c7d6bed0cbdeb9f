"""The one scale of pixels, down to the single value."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer import pixels


@pytest.mark.parametrize(
    "value, expected",
    [
        (-1, 0),
        (1, 255),
        (0, 128),  # 127.5 goes to the even neighbour.
        (-1.5, 0),
        (7, 255),
        (-np.inf, 0),
        (np.inf, 255),
        (1 / 127.5 - 1, 1),
        (0.49 / 127.5 - 1, 0),
        (0.51 / 127.5 - 1, 1),
        (254.4 / 127.5 - 1, 254),
        (254.6 / 127.5 - 1, 255),
    ],
)
def test_to_uint8_rounds_to_the_nearest_and_clips(value, expected):
    rounded = pixels.to_uint8(np.full([1, 1, 1, 1], value, np.float64))
    assert rounded.dtype == np.uint8
    assert rounded.item() == expected


def test_to_uint8_undoes_how_images_come_in():
    """x / 127.5 - 1 is what the input pipeline feeds."""
    every = np.arange(256, dtype=np.uint8)
    scaled = every.astype(np.float32) / 127.5 - 1
    np.testing.assert_array_equal(pixels.to_float(every), scaled)
    np.testing.assert_array_equal(pixels.to_uint8(scaled), every)


def test_graphs_scale_as_arrays_do():
    every = np.arange(256, dtype=np.uint8)
    scaled = pixels.to_float(tf.constant(every))
    np.testing.assert_array_equal(scaled, pixels.to_float(every))
    images = np.linspace(-1.2, 1.2, 4801, dtype=np.float32)
    inside = tf.function(pixels.rounded)(tf.constant(images))
    assert inside.dtype == tf.uint8
    np.testing.assert_array_equal(inside, pixels.to_uint8(images))
