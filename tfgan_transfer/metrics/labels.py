"""Labels of the images of an evaluation, and how many images each has."""

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Labels:
    """Labels of the images of an evaluation, in the same order.

    Attributes:
        vocabulary: Names of the L columns.
        real: [N, L], 0 or 1, of the images that samples are compared with.
        other: [M, L] of the real images in the place of samples.
        train: [T, L] of the images the generator has seen.
        held_out: Of those it has not seen.
        samples: For each sampling seed [n, L], the labels asked for.
    """

    vocabulary: Sequence[str]
    real: np.ndarray
    other: np.ndarray
    train: np.ndarray
    held_out: np.ndarray
    samples: Sequence[np.ndarray]

    def shared(self, fewest: int) -> list[int]:
        """Columns with at least so many real images and samples of each seed.

        Args:
            fewest: How many.
        """
        sides = [self.real, *self.samples]
        counts = [np.sum(labels == 1, axis=0) for labels in sides]
        return np.flatnonzero(np.min(counts, axis=0) >= fewest).tolist()


def labelled_alike(wanted: np.ndarray, offered: np.ndarray) -> np.ndarray:
    """Chooses images for a floor: with the labels that samples were asked for.

    Args:
        wanted: Label rows [n, L].
        offered: Label rows [M, L] of the images to choose from.

    Returns:
        Indices into `offered`, each at most once: for each wanted row the
        next image that has it, and none where there are no more.
    """
    places = collections.defaultdict(collections.deque)
    for index, row in enumerate(offered):
        places[tuple(row)].append(index)
    found = [places[tuple(row)] for row in wanted]
    return np.array([p.popleft() for p in found if p], np.int64)
