"""How far the members of a set of images lie apart: in colour, in features.

The root of the trace of the covariance: the mean distance, in the quadratic
sense, of a member from the mean of all. KID hardly notices when samples turn
grey or show only a few shapes; these two do.
"""

import numpy as np

from tfgan_transfer.metrics.score import Score

# Variances of a sample need two members.
FEWEST = 2


def color_spread(images: np.ndarray) -> Score:
    """How colourful the pixels of a set are, and how differently.

    The spread of what remains of a pixel when the mean of its channels is
    subtracted: 0 for grey images, and for images of one hue throughout.

    Args:
        images: [N, H, W, C], levels 0 to 255.

    Returns:
        The score `color_spread`, in levels, with its standard error, which
        takes images and not pixels for independent.

    Raises:
        ValueError: Fewer than two images.

    Example:
        >>> import numpy as np
        >>> from tfgan_transfer.metrics.spread import color_spread
        >>> grey = np.full((4, 8, 8, 3), 99, np.uint8)
        >>> color_spread(grey).value
        0.0
    """
    hues = images.astype(np.float64)
    hues -= hues.mean(axis=-1, keepdims=True)
    means = hues.mean(axis=(1, 2))
    squares = np.square(hues).sum(axis=-1).mean(axis=(1, 2))
    height, width = images.shape[1:3]
    return _score("color_spread", means, squares, f"{height} x {width}")


def feature_spread(features: np.ndarray) -> Score:
    """How different a feature network finds the images of a set.

    Args:
        features: [N, D].

    Returns:
        The score `feature_spread` with its standard error.

    Raises:
        ValueError: Fewer than two images.

    Example:
        >>> import numpy as np
        >>> from tfgan_transfer.metrics.spread import feature_spread
        >>> feature_spread(np.float32([[0, 3], [0, -3]])).value
        3.0
    """
    features = features.astype(np.float64)
    squares = np.square(features).sum(axis=-1)
    return _score("feature_spread", features, squares, f"{features.shape[1]} D")


def _score(name, means, squares, protocol) -> Score:
    """From each image's mean [N, D] and mean squared length [N].

    The variance is E|x|^2 - |E x|^2; each image's part in its first-order
    change gives the standard error (the delta method).
    """
    if len(means) < FEWEST:
        raise ValueError(f"the spread of {len(means)} image")
    centre = means.mean(axis=0)
    value = np.sqrt(max(squares.mean() - centre @ centre, 0.0))
    parts = squares - 2 * means @ centre
    error = parts.std(ddof=1) / np.sqrt(len(parts))
    return Score(
        name,
        float(value),
        float(error / (2 * value)) if value else 0.0,
        "standard error",
        0,
        len(means),
        f"{name}/root of the covariance's trace, {protocol}",
    )
