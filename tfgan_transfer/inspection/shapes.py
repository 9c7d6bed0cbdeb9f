"""Sizes and aspects of pictures, and what training at a size makes of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Shapes(NamedTuple):
    """How large the pictures of a set are.

    Attributes:
        heights: Integer [N], in pixels.
        widths: Integer [N], in pixels.
    """

    heights: np.ndarray
    widths: np.ndarray

    @classmethod
    def of(cls, sizes: Sequence[tuple[int, int]]) -> "Shapes":
        """Takes (height, width) of each picture."""
        table = np.array(sizes, np.int64).reshape(-1, 2)
        return cls(table[:, 0], table[:, 1])

    def cut_off(self, size: tuple[int, int]) -> np.ndarray:
        """Share of each picture that the centred crop leaves out.

        Args:
            size: (height, width) that is trained at.

        Returns:
            Float [N] in [0, 1).
        """
        relative = (self.widths / self.heights) / (size[1] / size[0])
        return 1 - np.minimum(relative, 1 / relative)

    def enlarged(self, size: tuple[int, int]) -> np.ndarray:
        """Factor by which the crop of each picture is scaled up to `size`.

        Returns:
            Float [N], 1 where nothing is enlarged.
        """
        factor = np.maximum(size[0] / self.heights, size[1] / self.widths)
        return np.maximum(factor, 1)

    def summary(self) -> dict[str, list[float]]:
        """Smallest, median and largest width, height and aspect.

        Returns:
            `"width"`, `"height"`, `"aspect"` (width by height) -> three
            numbers.
        """
        columns = {
            "width": self.widths,
            "height": self.heights,
            "aspect": self.widths / self.heights,
        }
        return {
            name: [round(float(v), 3) for v in np.quantile(of, [0, 0.5, 1])]
            for name, of in columns.items()
        }
