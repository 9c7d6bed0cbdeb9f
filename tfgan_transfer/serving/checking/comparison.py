"""Whether two answers are the same: numbers nearly, files to the byte."""

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import samples
from tfgan_transfer.serving.checking.findings import ERROR, WARNING

TOLERANCE = 1e-5
# Of the values of an image that may be rounded to the neighbouring one.
_NEIGHBOURS = 1e-3


def difference(
    expected: np.ndarray, received: np.ndarray
) -> tuple[str | None, str]:
    """Compares what an output was with what it is.

    Sums in another order move a float in its last digits, and one value in
    many thousands of an image to the neighbouring one of 256.

    Returns:
        (None, "") if they agree; else WARNING for images that differ by one
        level in a few values, or ERROR, and what is different.
    """
    if expected.shape != received.shape:
        return ERROR, f"has shape {received.shape} and not {expected.shape}"
    if expected.dtype != received.dtype:
        return ERROR, f"is {received.dtype} and not {expected.dtype}"
    if expected.dtype == object:
        return _files(expected.ravel(), received.ravel())
    if expected.dtype.kind in "iub":
        wrong = int(np.sum(expected != received))
        return (ERROR, f"differs in {wrong} values") if wrong else (None, "")
    wide = [np.asarray(x, np.complex128) for x in (expected, received)]
    if np.allclose(*wide, TOLERANCE, TOLERANCE, equal_nan=True):
        return None, ""
    return ERROR, f"differs by {np.max(np.abs(wide[0] - wide[1])):.2g}"


def _files(
    expected: np.ndarray, received: np.ndarray
) -> tuple[str | None, str]:
    unlike = [
        (number, *pair)
        for number, pair in enumerate(zip(expected, received, strict=True))
        if pair[0] != pair[1]
    ]
    for number, *pair in unlike:
        try:
            first, second = (samples.decode(file).astype(int) for file in pair)
        except tf.errors.InvalidArgumentError:
            return ERROR, f"differs in row {number}"
        if first.shape != second.shape:
            return ERROR, f"is an image of another size in row {number}"
        apart = np.abs(first - second)
        if apart.max() > 1 or np.mean(apart > 0) > _NEIGHBOURS:
            return ERROR, (
                f"is another image in row {number}: "
                f"{np.mean(apart > 0):.0%} of its values, by up to "
                f"{apart.max()} of 255"
            )
    if not unlike:
        return None, ""
    return WARNING, "rounds a few values of the image to the neighbouring one"
