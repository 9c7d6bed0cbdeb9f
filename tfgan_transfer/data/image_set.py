"""What loading gives back: decoded images with labels, and what was skipped."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_ROWS_HASHED_AT_ONCE = 4096


@dataclass(frozen=True)
class BadFile:
    """A file that looked like an image by its name and could not be used."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Decoded images of one size with their labels, in a fixed order.

    Attributes:
        images: uint8 [N, H, W, C] in 0..255; a read-only array in memory, or
            an `np.memmap` on the on-disk cache.
        labels: float32 [N, L]; one-hot for classes, multi-hot for tags, L = 0
            without labels.
        vocabulary: The L label names, in the order of the columns.
        label_mode: `"none"`, `"class"` or `"tags"`.
        names: The N names within the source.
    """

    images: np.ndarray
    labels: np.ndarray
    vocabulary: tuple[str, ...]
    label_mode: str
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def fingerprint(self) -> str:
        """The sha256, in hex, of shape, pixels, labels and vocabulary."""
        digest = hashlib.sha256()
        header = (self.images.shape, self.label_mode, self.vocabulary)
        digest.update(repr(header).encode())
        for start in range(0, len(self), _ROWS_HASHED_AT_ONCE):
            rows = self.images[start : start + _ROWS_HASHED_AT_ONCE]
            digest.update(np.ascontiguousarray(rows))
        digest.update(np.ascontiguousarray(self.labels, "<f4"))
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Split:
    """A training set, a held-out set, and what was left aside.

    Attributes:
        train: Images to train on.
        holdout: Images never trained on; may be empty.
        bad_files: Every examined file that could not be used, by name.
        found: Number of image files found in the source.
        remarks: What a person should know about how they were read.
    """

    train: ImageSet
    holdout: ImageSet
    bad_files: tuple[BadFile, ...]
    found: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """What a source holds, as far as can be told without decoding it.

    Attributes:
        images: Number of image files that are not known to be unusable; None
            if only a download would tell.
        label_mode: `"none"`, `"class"` or `"tags"`.
        vocabulary: The label names.
        sizes: (height, width) of the first few images that open.
        num_bytes: Bytes the images take in the source; None if unknown.
        bad_files: Those that are known to be unusable, by name.
        unlabelled: Why a layout that might mean labels gives none.
    """

    images: int | None
    label_mode: str
    vocabulary: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    num_bytes: int | None
    bad_files: tuple[BadFile, ...] = ()
    unlabelled: str = ""
