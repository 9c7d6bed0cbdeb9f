"""What a translation keeps of its input, and what the way back restores."""

import numpy as np

from tfgan_transfer.metrics.score import Score, check_pair

# Of fewer, another image is nearer or not.
FEWEST = 3


def mean_difference(name: str, per_image: np.ndarray, what: str) -> Score:
    """A mean absolute difference of images, with its uncertainty.

    Args:
        name: Of the score, e.g. `"cycle_error"`.
        per_image: [N] mean absolute differences, of images in [-1, 1].
        what: What was compared with what; part of the protocol.

    Returns:
        The score; 0 for equal images, 2 for black and white. The spread is
        the standard error of the mean, which a single image has not.
    """
    values = np.asarray(per_image, np.float64)
    return Score(
        name,
        float(values.mean()),
        _standard_error(values) if len(values) > 1 else None,
        "standard error" if len(values) > 1 else "",
        len(values),
        len(values),
        f"mean absolute difference/1, values in [-1, 1], {what}",
    )


def content(inputs: np.ndarray, outputs: np.ndarray) -> tuple[Score, Score]:
    """How near translations lie to what they were made from, in features.

    The distance also holds what every translation changes: that the domain is
    another one. The rank does not: it asks whose translation this is, once
    the means of both sets are taken from them.

    Args:
        inputs: [N >= 3, D] features of the images before.
        outputs: [N, D] features of the same images, translated.

    Returns:
        `content_distance`: the mean Euclidean distance of an image to its
        translation. `content_rank`: the mean share of other images that lie
        nearer to a translation than its own image does: 0 if each is nearest
        to its own, 0.5 if they have nothing to do with one another. Spreads
        are standard errors of these means.

    Raises:
        ValueError: Numbers or widths differ.
        UserError: Values that are not finite.
    """
    check_pair(inputs, outputs)
    count = len(inputs)
    if count != len(outputs) or count < FEWEST:
        raise ValueError(f"{count} images and {len(outputs)} translations")
    inputs, outputs = inputs.astype(np.float64), outputs.astype(np.float64)
    distances = np.linalg.norm(inputs - outputs, axis=1)
    nearer = _nearer(inputs - inputs.mean(0), outputs - outputs.mean(0))
    return tuple(
        Score(
            name,
            float(values.mean()),
            _standard_error(values),
            "standard error",
            count,
            count,
            f"{name}/1, {how}",
        )
        for name, how, values in (
            ("content_distance", "Euclidean", distances),
            ("content_rank", "Euclidean, sets centred", nearer),
        )
    )


def _nearer(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """For each output, the share of other inputs nearer than its own, [N]."""
    squares = np.sum(inputs**2, 1)[:, None] + np.sum(outputs**2, 1)
    distances = squares - 2 * inputs @ outputs.T
    return np.sum(distances < np.diag(distances), axis=0) / (len(inputs) - 1)


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
