"""How many pictures each class or tag has."""

from typing import NamedTuple

import numpy as np

from tfgan_transfer.data import ImageSet

# A class of fewer is drawn by heart rather than learned.
FEWEST = 20
# A set of fewer is learned by heart, whatever its classes are.
ENOUGH = 100
# Where the largest class has so many times the pictures of the smallest.
MOST_UNEVEN = 10


def very_few(count: int) -> str:
    """What a set of so many pictures lets expect; nothing if there are enough.

    Args:
        count: Pictures, 0 if that is unknown.
    """
    if 0 < count < ENOUGH:
        return f"expect pictures much like these; {ENOUGH} or more are better"
    return ""


class Balance(NamedTuple):
    """Pictures of each label, the largest first.

    Attributes:
        mode: `"none"`, `"class"` or `"tags"`.
        counts: Label -> number of pictures.
    """

    mode: str
    counts: dict[str, int]

    @classmethod
    def of(cls, images: ImageSet) -> "Balance":
        """Counts the labels of a set."""
        held = images.labels.sum(0).astype(int).tolist()
        counted = zip(images.vocabulary, held, strict=True)
        ranked = sorted(counted, key=lambda pair: (-pair[1], pair[0]))
        return cls(images.label_mode, dict(ranked))

    def tiny(self) -> list[str]:
        """Labels with fewer than `FEWEST` pictures."""
        return [name for name, n in self.counts.items() if n < FEWEST]

    def ratio(self) -> float:
        """Pictures of the largest label by those of the smallest."""
        if not self.counts:
            return 1.0
        held = np.array([*self.counts.values()])
        return float(held.max() / max(1, held.min()))
