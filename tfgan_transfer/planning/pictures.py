"""What a cheap look at somebody's pictures says about training on them."""

import math
import statistics
from collections.abc import Mapping
from typing import NamedTuple

from tfgan_transfer import data
from tfgan_transfer.data import Description, subset
from tfgan_transfer.data.load import tolerated
from tfgan_transfer.errors import UserError
from tfgan_transfer.inspection import balance
from tfgan_transfer.inspection.shapes import Shapes

# Between so many pictures the recipes were measured, at their own length.
FEW, MANY = balance.ENOUGH, 1000
# What is worth a sentence: a share that is cut off, a factor of enlarging.
MUCH_CUT, MUCH_LARGER = 0.25, 1.5
# Files that a dry run opens, as small as they can be, and where those are.
_OPENED, _TINY = 256, (8, 8)
_AT_HAND = ("folder:", "zip:")


class Unusable(NamedTuple):
    """Files that cannot be used, of those that were tried.

    Attributes:
        count: How many.
        tried: Of how many.
        every: Whether there are no more.
        example: The first of them, and why.
    """

    count: int
    tried: int
    every: bool
    example: str = ""

    @classmethod
    def of(
        cls,
        flag: str,
        settings: Mapping,
        found: Description,
        most: int | None = None,
    ) -> "Unusable":
        """Opens the first few hundred files that training would.

        Args:
            flag: `data`, `data_a` or `data_b`.
            settings: Resolved settings.
            found: What a look at the set has shown.
            most: How many pictures to find, by default a few hundred.
        """
        spec = settings[flag]
        if not spec.startswith(_AT_HAND):
            return cls(0, 0, every=False)
        most = most or _OPENED
        most = min(found.images, settings.get("limit") or most, most)
        good, bad = 0, []
        try:
            split = data.load(
                spec,
                size=_TINY,
                classes=subset.names(settings.get("classes")),
                limit=most,
                seed=settings["seed"],
                max_bad_files=max(1, _files(found)),
                on_bad_files=bad.extend,
            )
            good = len(split.train)
        except UserError:
            # None can be used: they are counted.
            if not bad:
                raise
        example = f"{bad[0].name} ({bad[0].reason})" if bad else ""
        tried = good + len(bad)
        return cls(len(bad), tried, tried >= _files(found), example)

    def __str__(self) -> str:
        files = f"file{'s' * (self.count > 1)}"
        if not self.every:
            files = f"of the {self.tried} files that were opened"
        return f"{self.count:,} {files} cannot be used"


class Pictures(NamedTuple):
    """How many pictures there are, and of which sizes.

    Attributes:
        images: How many; 0 if only a download would tell.
        sizes: (height, width) of the first few.
    """

    images: int
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, described: object, limit: int | None) -> "Pictures":
        """Takes what a plan knows: one set, or two, the larger of which counts.

        Args:
            described: `Plan.description`.
            limit: `--limit`.
        """
        sets = named(described).values()
        images = max(one.images or 0 for one in sets)
        sizes = tuple(size for one in sets for size in one.sizes)
        return cls(min(images, limit or images), sizes)

    @property
    def side(self) -> float:
        """The smaller side of a typical picture, in pixels; 64 if unknown."""
        return statistics.median([min(size) for size in self.sizes] or [64])

    @property
    def stretch(self) -> float:
        """Factor on the steps of a recipe.

        Many pictures show something new for longer, and a handful are learnt
        by heart sooner: by the square root of how many there are.
        """
        usual = min(max(self.images, FEW), MANY)
        return math.sqrt(self.images / usual) if self.images else 1.0

    def warning(self) -> str:
        """Says it if they are few, for the line that counts them."""
        words = balance.very_few(self.images)
        return f"very few: {words}" if words else ""

    def fitted(self, size: tuple[int, int], settings: Mapping) -> str:
        """Says what becomes of pictures of another size or shape.

        Args:
            size: (height, width) that is trained at.
            settings: With `fit`.

        Returns:
            A clause; empty if nothing is worth saying.
        """
        if not self.sizes:
            return ""
        shapes = Shapes.of(self.sizes)
        cut = statistics.median(shapes.cut_off(size))
        if settings.get("fit", "crop") == "crop" and cut > MUCH_CUT:
            return (
                f"cropping cuts away {cut:.0%} of a typical picture, and "
                "--fit=pad or --fit=squash keeps all of it"
            )
        if statistics.median(shapes.enlarged(size)) >= MUCH_LARGER:
            return f"yours of {self.side:.0f} px are enlarged"
        return ""


def named(described: object) -> dict[str, Description]:
    """Flag -> what is known of the set that it names: of one set, or of two.

    Args:
        described: `Plan.description`.
    """
    if isinstance(described, Description):
        return {"data": described}
    return dict(zip(("data_a", "data_b"), described, strict=True))


def refuse_unusable(described: object, settings: Mapping) -> None:
    """Refuses early what training would have to refuse after it is decoded.

    Args:
        described: `Plan.description`.
        settings: Resolved settings.

    Raises:
        UserError: If more files cannot be used than `max_bad_files` allows.
    """
    allowed = settings["max_bad_files"]
    for flag, found in named(described).items():
        unusable = Unusable.of(flag, settings, found)
        if unusable.count and not unusable.every:
            # Of some it cannot be told whether all have too many.
            unusable = Unusable.of(flag, settings, found, found.images)
        if unusable.count > tolerated(allowed, _files(found)):
            raise UserError(
                f"--{flag}={settings[flag]}: {unusable}, beginning with "
                f"{unusable.example}; repair or remove them, or allow more "
                f"than --max_bad_files={allowed:g} (`python -m "
                "tfgan_transfer.check` lists them all)"
            )


def _files(found: Description) -> int:
    return (found.images or 0) + len(found.bad_files)
