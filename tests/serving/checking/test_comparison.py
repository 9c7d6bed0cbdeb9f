"""Numbers are compared nearly, files to the byte or to a rounded value."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.serving.checking.comparison import difference

PIXELS = np.arange(48 * 48 * 3).reshape(48, 48, 3) % 200


def files(*changes):
    """PNG files whose first values are changed by this much."""
    made = []
    for change in changes:
        pixels = PIXELS.copy()
        pixels.ravel()[: len(change)] += change
        made.append(tf.io.encode_png(pixels.astype(np.uint8)).numpy())
    return np.array(made, object)


@pytest.mark.parametrize(
    "received, level, said",
    [
        (files([0], [0]), None, ""),
        (files([0], [1]), "warning", "rounds a few values"),
        (files([0], [2]), "error", "another image in row 1: 0% of its values"),
        (files([0], [1] * 7), "error", "by up to 1 of 255"),
        (np.array([b"text", b"text"], object), "error", "differs in row 0"),
        (files([0]), "error", "has shape (1,) and not (2,)"),
    ],
)
def test_files(received, level, said):
    found, text = difference(files([0], [0]), received)
    assert found == level
    assert said in text


@pytest.mark.parametrize(
    "expected, received, said",
    [
        (np.float32([1.0, -1.0]), np.float32([1.000015, -1.0]), ""),
        (np.float32([1.0, 0.0]), np.float32([1.0, 1e-4]), "differs by 0.0001"),
        (np.float32([np.nan]), np.float32([np.nan]), ""),
        (np.float32([0]), np.float32([np.nan]), "differs by nan"),
        (np.int32([1, 2, 3]), np.int32([1, 3, 4]), "differs in 2 values"),
        (np.int32([1]), np.float32([1]), "is float32 and not int32"),
        (
            np.ones(2, tf.bfloat16.as_numpy_dtype),
            np.ones(2, tf.bfloat16.as_numpy_dtype),
            "",
        ),
    ],
)
def test_numbers(expected, received, said):
    level, text = difference(expected, received)
    assert (level, text) == (("error" if said else None), said)
