"""Images larger than those of training, translated tile by tile.

Networks saw objects at one scale, and instance norm the statistics of one
size; a tile of the size of training is what they know. Tiles overlap by half,
and each counts by a Hann window, which falls to nothing at its edges: what two
tiles disagree about is spread over half a tile, so that no seam is left.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

Translate = Callable[[np.ndarray], np.ndarray]
_BATCH = 8


def fits(sides: tuple[int, int], tile: tuple[int, int]) -> bool:
    """Whether an image is at least as large as a tile, and larger in one way.

    Args:
        sides: (height, width) of the image.
        tile: The same of a tile.
    """
    return sides != tile and all(
        side >= part for side, part in zip(sides, tile, strict=True)
    )


def translated(
    translate: Translate, image: np.ndarray, tile: tuple[int, int]
) -> np.ndarray:
    """Translates an image in overlapping tiles.

    Args:
        translate: Maps float32 [B, h, w, C] to as many such images.
        image: Float32 [H, W, C], H >= h and W >= w.
        tile: (h, w).

    Returns:
        Float32 [H, W, C], as large as the image.
    """
    (down, right), total = (_window(side) for side in tile), None
    window = (down[:, None] * right)[:, :, None]
    weight = np.zeros((*image.shape[:2], 1), np.float32)
    for places in _batches(image.shape[:2], tile):
        pieces = np.stack([image[place] for place in places])
        for place, made in zip(places, translate(pieces), strict=True):
            if total is None:
                channels = made.shape[-1]
                total = np.zeros((*image.shape[:2], channels), np.float32)
            total[place] += window * made
            weight[place] += window
    return total / weight


def _batches(
    sides: tuple[int, ...], tile: tuple[int, int]
) -> Iterator[list[tuple[slice, slice]]]:
    rows, columns = map(starts, sides, tile)
    places = [
        (slice(top, top + tile[0]), slice(left, left + tile[1]))
        for top in rows
        for left in columns
    ]
    for first in range(0, len(places), _BATCH):
        yield places[first : first + _BATCH]


def starts(side: int, tile: int) -> list[int]:
    """Where tiles begin that cover a side, half of each shared or a bit more.

    Args:
        side: Length in pixels, at least that of a tile.
        tile: Length of a tile.
    """
    count = 1 + math.ceil((side - tile) / max(1, tile // 2))
    return np.linspace(0, side - tile, count).round().astype(int).tolist()


def _window(side: int) -> np.ndarray:
    """Hann's window, [side], above zero everywhere."""
    at = (np.arange(side) + 0.5) / side
    return np.sin(np.pi * at).astype(np.float32) ** 2
