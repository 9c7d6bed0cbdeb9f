"""Pictures that occur more than once: copied, mirrored, rescaled, re-encoded.

Two small grey pictures are compared, as they are and mirrored: one of the
whole and one of its details, with what is smooth taken away. A third, of a few
colours, tells a copy from the same thing in other paint. Features of a
classifier are no use here: halving a picture changes them more than putting
another picture of the same kind in its place. Crops are not found.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Sides of the three small pictures, which are averages of blocks.
_WHOLE, _DETAIL, _COLOUR = 16, 32, 8
# Details are what differs from the mean of so many by so many pixels.
_SMOOTH = 5
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_ROWS_AT_ONCE = 1024
# Standard deviation, in levels, below which a picture counts as plain.
_FAINTEST = 0.25


class Rule(NamedTuple):
    """When two pictures count as one.

    Attributes:
        whole: Least correlation of the whole pictures.
        detail: Least correlation of their details.
        colour: Largest mean difference of their colours, in levels of 255.
    """

    whole: float
    detail: float
    colour: float


# The second takes copies whose brightness or colours were changed, the third
# those of pictures without details, such as a plain sky.
RULES = (Rule(0.975, 0.8, 20), Rule(0.99, 0.95, 255), Rule(0.999, -1, 0.5))


class Pair(NamedTuple):
    """Two pictures that are one.

    Attributes:
        first: Row of one picture.
        second: Row of the other, a higher one.
        mirrored: Whether one is the other's mirror image.
    """

    first: int
    second: int
    mirrored: bool


class Sketches(NamedTuple):
    """Small pictures of N pictures.

    Attributes:
        whole: [N, side, side], mean zero and length one.
        detail: [N, side, side], the same.
        colour: [N, side, side, 3] in 0..255.
    """

    whole: np.ndarray
    detail: np.ndarray
    colour: np.ndarray

    def mirrored(self) -> "Sketches":
        """The sketches of the mirror images."""
        return Sketches(*(part[:, :, ::-1] for part in self))


def sketches(images: np.ndarray) -> Sketches:
    """Draws the small pictures that are compared.

    Args:
        images: Uint8 [N, S, S, 3], S a multiple of 32.
    """
    colours = np.concatenate(
        [
            _blocks(np.asarray(images[start : start + _ROWS_AT_ONCE]), _DETAIL)
            for start in range(0, len(images), _ROWS_AT_ONCE)
        ]
    )
    grey = colours @ _LUMA
    detail = grey - uniform_filter(grey, _SMOOTH, axes=(1, 2))
    # The filter has no neighbours to ask beyond the edge.
    edge = slice(_SMOOTH // 2, -(_SMOOTH // 2))
    return Sketches(
        _unit(_blocks(grey[..., None], _WHOLE)[..., 0]),
        _unit(detail[:, edge, edge]),
        _blocks(colours, _COLOUR),
    )


def pairs(images: np.ndarray) -> list[Pair]:
    """Finds all pairs of pictures that are one.

    Args:
        images: Uint8 [N, S, S, 3], whole pictures squashed to a square, S a
            multiple of 32.

    Returns:
        The pairs in order. One picture that is its own mirror image makes no
        pair of it.
    """
    drawn = sketches(images)
    found = {}
    for other, mirrored in ((drawn, False), (drawn.mirrored(), True)):
        for first, second in _near(drawn.whole, other.whole):
            if _one(drawn, first, other, second):
                found.setdefault((first, second), mirrored)
    return [Pair(*key, found[key]) for key in sorted(found)]


def moved(found: Sequence[Pair], places: np.ndarray) -> list[Pair]:
    """The same pairs among pictures in another order.

    Args:
        found: What `pairs` returned.
        places: Integer [N]: the new row of each picture.
    """
    return sorted(
        Pair(*sorted((int(places[i]), int(places[j]))), mirrored)
        for i, j, mirrored in found
    )


def groups(found: Sequence[Pair], count: int) -> list[list[int]]:
    """Gathers pairs to groups of which one picture is enough.

    Args:
        found: What `pairs` returned.
        count: Number of pictures.

    Returns:
        The groups of two and more, each in order, the first by first member.
    """
    rows = [pair.first for pair in found]
    columns = [pair.second for pair in found]
    graph = coo_array(
        (np.ones(len(found)), (rows, columns)), shape=(count, count)
    )
    _, label = connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for row in sorted({*rows, *columns}):
        members.setdefault(int(label[row]), []).append(row)
    return list(members.values())


def mirrored(found: Sequence[Pair]) -> frozenset[int]:
    """Rows that show the first of their group as in a mirror.

    Args:
        found: What `pairs` returned.
    """
    beside: dict[int, list[tuple[int, bool]]] = {}
    for first, second, turned in found:
        beside.setdefault(first, []).append((second, turned))
        beside.setdefault(second, []).append((first, turned))
    side: dict[int, bool] = {}
    for first in sorted(beside):
        # What is reached from an earlier one belongs to the group of that.
        reached = [] if first in side else [first]
        side.setdefault(first, False)
        for row in reached:
            for other, turned in beside[row]:
                if other not in side:
                    side[other] = side[row] ^ turned
                    reached.append(other)
    return frozenset(row for row, turned in side.items() if turned)


def _near(whole: np.ndarray, other: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), i < j, that the coarsest comparison lets pass."""
    least = min(rule.whole for rule in RULES)
    flat = whole.reshape(len(whole), -1)
    columns = np.ascontiguousarray(other.reshape(len(other), -1).T)
    for start in range(0, len(flat), _ROWS_AT_ONCE):
        alike = flat[start : start + _ROWS_AT_ONCE] @ columns[:, start:]
        for i, j in np.argwhere(alike >= least):
            if i < j:
                yield int(i) + start, int(j) + start


def _one(drawn: Sketches, first: int, other: Sketches, second: int) -> bool:
    whole = float(np.vdot(drawn.whole[first], other.whole[second]))
    detail = float(np.vdot(drawn.detail[first], other.detail[second]))
    apart = np.abs(drawn.colour[first] - other.colour[second]).mean()
    return any(
        whole >= rule.whole and detail >= rule.detail and apart <= rule.colour
        for rule in RULES
    )


def _blocks(images: np.ndarray, side: int) -> np.ndarray:
    count, height, width, channels = images.shape
    shape = (count, side, height // side, side, width // side, channels)
    return images.reshape(shape).mean((2, 4), dtype=np.float32)


def _unit(images: np.ndarray) -> np.ndarray:
    centred = images - images.mean((1, 2), keepdims=True)
    length = np.sqrt(np.square(centred).sum((1, 2), keepdims=True))
    # Rounding to levels is all that there is to see in less.
    seen = length > _FAINTEST * images.shape[1]
    return np.where(seen, centred / np.maximum(length, 1e-6), 0)
