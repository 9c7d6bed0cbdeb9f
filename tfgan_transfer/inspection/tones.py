"""Pictures without content, and grey pictures among coloured ones."""

import numpy as np

# Levels of 255. Compression and noise of a sensor stay below both: a page
# scanned empty spreads by 2, a grey photograph kept as JPEG is off by 3.
_PLAIN = 4.0
_GREY = 4.0
_ROWS_AT_ONCE = 256


def blank(images: np.ndarray) -> np.ndarray:
    """Which pictures are of one colour all over.

    Args:
        images: Uint8 [N, H, W, 3].

    Returns:
        Bool [N]: whether the standard deviation of every channel is below 4
        levels.
    """

    def judge(some: np.ndarray) -> np.ndarray:
        return some.std((1, 2)).max(-1) < _PLAIN

    return _by_parts(images, judge)


def grey(images: np.ndarray) -> np.ndarray:
    """Which pictures have no colour.

    Args:
        images: Uint8 [N, H, W, 3].

    Returns:
        Bool [N]: whether the channels of 99 of 100 pixels lie within 4 levels
        of one another.
    """

    def judge(some: np.ndarray) -> np.ndarray:
        apart = some.max(-1) - some.min(-1)
        return np.quantile(apart, 0.99, axis=(1, 2)) <= _GREY

    return _by_parts(images, judge)


def _by_parts(images: np.ndarray, judge) -> np.ndarray:
    parts = [
        judge(np.asarray(images[start : start + _ROWS_AT_ONCE], np.float32))
        for start in range(0, len(images), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, bool)
