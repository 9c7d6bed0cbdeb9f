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


def content(
    inputs: np.ndarray, outputs: np.ndarray
) -> tuple[Score, Score, Score]:
    """How near translations lie to what they were made from, in features.

    The distance also holds what every translation changes: that the domain is
    another one. The other two do not: they ask whose translation this is,
    once the means of both sets are taken from them.

    Args:
        inputs: [N >= 3, D] features of the images before.
        outputs: [N, D] features of the same images, translated.

    Returns:
        `content_distance`: the mean Euclidean distance of an image to its
        translation. `content_lost`: the mean squared distance over that of a
        translation to the other images: 0 if all translations differ from
        their images alike, 1 if they have nothing to do with them.
        `content_rank`: the mean share of other images that lie
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
    squares = _squares(inputs - inputs.mean(0), outputs - outputs.mean(0))
    own, others = np.diag(squares), squares[~np.eye(count, dtype=bool)]
    nearer = np.sum(squares < own, axis=0) / (count - 1)
    # Sets of one image over and over have no other images to be near to.
    lost = own / (others.mean() or 1.0)
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
            ("content_lost", "squared Euclidean, sets centred", lost),
            ("content_rank", "Euclidean, sets centred", nearer),
        )
    )


def _squares(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Squared distance of each input to each output, [N, N]."""
    lengths = np.sum(inputs**2, 1)[:, None] + np.sum(outputs**2, 1)
    squares = lengths - 2 * inputs @ outputs.T
    # Differences of large numbers are not to be trusted near zero.
    np.fill_diagonal(squares, np.sum((inputs - outputs) ** 2, axis=1))
    return np.maximum(squares, 0)


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
