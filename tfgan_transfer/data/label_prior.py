"""The distribution of labels in a data set, which samples should follow."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Keeps these numbers apart from other uses of the same seed.
STREAM = 0x6C6162


class LabelPrior(NamedTuple):
    """Which label rows occur, and how often: p(c) of AC-GAN.

    Whole rows are kept, since tags depend on one another: an image has one
    hair colour, not each with its own probability.

    Attributes:
        rows: Different label rows, float32 [K, L], sorted.
        counts: Images with each of them, int64 [K].
    """

    rows: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray) -> "LabelPrior":
        """Counts the rows of labels, float32 [N, L]."""
        rows, counts = np.unique(labels, axis=0, return_counts=True)
        return cls(rows.astype(np.float32), counts)

    @classmethod
    def from_record(cls, record: Sequence[Sequence], size: int) -> "LabelPrior":
        """Reads back what `record` made.

        Args:
            record: A pair `[count, columns that are 1]` for each row.
            size: L.
        """
        rows = np.zeros((len(record), size), np.float32)
        for row, (_, columns) in zip(rows, record, strict=True):
            row[columns] = 1
        return cls(rows, np.array([count for count, _ in record], np.int64))

    def record(self) -> list:
        """JSON values that a checkpoint keeps."""
        return [
            [int(count), np.flatnonzero(row).tolist()]
            for row, count in zip(self.rows, self.counts, strict=True)
        ]

    def draw(self, seed: int, count: int) -> np.ndarray:
        """Draws label rows; row i depends on (seed, i) only.

        Args:
            seed: 0 or more.
            count: N.

        Returns:
            Float32 [N, L].
        """
        share = np.random.default_rng((STREAM, seed)).random(count)
        upto = np.cumsum(self.counts) / np.sum(self.counts)
        return self.rows[np.searchsorted(upto, share, side="right")]
