"""All that is measured of a set of images, in one pass."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.data import originals
from tfgan_transfer.inspection import duplicates, outliers, tones
from tfgan_transfer.inspection.balance import Balance
from tfgan_transfer.inspection.shapes import Shapes
from tfgan_transfer.settings import sizes

# What a file that cannot be read costs is reported, not refused.
_ANY_NUMBER = 10**9


class Survey(NamedTuple):
    """What a set is like. Rows are pictures, sorted by name.

    Attributes:
        spec: The source as the user wrote it.
        size: (height, width) that it is looked at for.
        fit: How pictures of another shape are made to fit.
        found: Number of image files.
        names: Name of each picture that can be read.
        shapes: Their sizes.
        groups: Rows of pictures that are one, each a list of two and more.
        mirrored: Rows that are mirror images of the first of their group.
        oddness: Float [N]: how unlike the others, see `outliers.oddness`.
        blank: Bool [N].
        grey: Bool [N].
        labels: Float [N, L]: which labels each has.
        balance: Labels and how many pictures have each.
        bad_files: Files that cannot be used, and why.
        remarks: What else a person should know.
    """

    spec: str
    size: tuple[int, int]
    fit: str
    found: int
    names: tuple[str, ...]
    shapes: Shapes
    groups: Sequence[Sequence[int]]
    mirrored: frozenset[int]
    oddness: np.ndarray
    blank: np.ndarray
    grey: np.ndarray
    labels: np.ndarray
    balance: Balance
    bad_files: tuple[data.BadFile, ...]
    remarks: tuple[str, ...]

    @property
    def odd(self) -> list[int]:
        """Rows of the pictures that are far from the others, farthest first."""
        rows = np.flatnonzero(self.oddness > outliers.FAR)
        return rows[np.argsort(-self.oddness[rows])].tolist()


def take(
    spec: str,
    size: tuple[int, int] | None = None,
    fit: str = "crop",
    classes: Sequence[str] = (),
    max_value: int | None = None,
) -> Survey:
    """Reads all images of a source and looks at them.

    Args:
        spec: See `data.load`.
        size: (height, width) that will be trained at; None for 64, or the
            power of two below the smaller side of the smallest of the first
            few pictures.
        fit: `"crop"`, `"squash"` or `"pad"`.
        classes: The classes to keep; none for all.
        max_value: What is white in images of more than 8 bits.

    Raises:
        UserError: Anything wrong with the source; no image that can be used.
    """
    split = data.load(
        spec,
        size=(outliers.SIDE, outliers.SIDE),
        fit="squash",
        classes=classes,
        max_value=max_value,
        max_bad_files=_ANY_NUMBER,
    )
    images = split.train.images
    # Results are sorted by name, not the pictures, which may be gigabytes.
    order = np.argsort(split.train.names, kind="stable")
    names = tuple(split.train.names[row] for row in order)
    blank = tones.blank(images)
    pairs = [
        pair
        for pair in duplicates.pairs(images)
        if not blank[[pair.first, pair.second]].all()
    ]
    pairs = duplicates.moved(pairs, np.argsort(order))
    known = originals.sizes(spec, names)
    shapes = Shapes.of([known.get(name, (1, 1)) for name in names])
    return Survey(
        spec=spec,
        size=size or _usual_size(shapes),
        fit=fit,
        found=split.found,
        names=names,
        shapes=shapes,
        groups=duplicates.groups(pairs, len(names)),
        mirrored=duplicates.mirrored(pairs),
        oddness=_oddness(images, ~blank)[order],
        blank=blank[order],
        grey=(tones.grey(images) & ~blank)[order],
        labels=split.train.labels[order],
        balance=Balance.of(split.train),
        bad_files=split.bad_files,
        remarks=(*split.remarks, *_remarks(spec)),
    )


def _remarks(spec: str) -> list[str]:
    why = data.describe(spec).unlabelled
    return [f"no labels: {why}"] if why else []


def _oddness(images: np.ndarray, seen: np.ndarray) -> np.ndarray:
    found = np.zeros(len(images))
    if seen.any():
        found[seen] = outliers.oddness(outliers.features(images)[seen])
    return found


def _usual_size(shapes: Shapes) -> tuple[int, int]:
    side = int(np.median(np.minimum(shapes.heights, shapes.widths)))
    side = sizes.usual(side)
    return side, side
