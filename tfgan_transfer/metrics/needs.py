"""What a metric needs, to be asked before anything is computed for it."""

import dataclasses
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tfgan_transfer.metrics.inception import LOGITS
from tfgan_transfer.metrics.labels import Labels
from tfgan_transfer.metrics.score import Row

# Any layer of a feature network.
FEATURES = "features"


@dataclasses.dataclass(frozen=True)
class Material:
    """What an evaluation has, known before anything is drawn.

    Attributes:
        real: Number of images that samples are compared with.
        split: What these are, e.g. `"held-out images"`.
        held_out: Number of images the generator has not seen.
        train: Number of images it has seen.
        samples: Number of samples of each sampling seed.
        side: `(height, width)` in pixels.
        outputs: What the feature network returns, empty without a network;
            None while that is not known.
        labels: Labels of all of them, if there are any.
    """

    real: int
    split: str
    held_out: int
    train: int
    samples: int
    side: tuple[int, int]
    outputs: Collection[str] | None = None
    labels: Labels | None = None


@dataclasses.dataclass(frozen=True)
class Needs:
    """The least that a metric can be measured with.

    Attributes:
        real: Images that samples are compared with.
        held_out: Images the generator has not seen.
        train: Images it has seen.
        samples: Samples of each sampling seed.
        output: Of a feature network: `FEATURES`, `LOGITS`, or `""` for none.
        side: Pixels of the shorter side.
        lacks: Says what else is missing, in words that follow "needs"; empty
            if nothing is.
    """

    real: int = 0
    held_out: int = 0
    train: int = 0
    samples: int = 0
    output: str = ""
    side: int = 1
    lacks: Callable[[Material], str] | None = None

    def missing(self, has: Material) -> str:
        """What an evaluation lacks, in words that follow "needs".

        Args:
            has: What it has.

        Returns:
            Empty if nothing is missing; else what was expected, what there
            is, and what to do.
        """
        more = "give more --data"
        if has.split == "held-out images":
            more = "hold out more with --holdout=N, or none"
        for what, least, count, advice in (
            ("held-out images", self.held_out, has.held_out,
             "train with --holdout=N"),
            (has.split, self.real, has.real, more),
            ("training images", self.train, has.train, "give more --data"),
            ("samples", self.samples, has.samples,
             "give more with --num_images or --images"),
        ):  # fmt: skip
            if count < least:
                return f"{what}: at least {least}, received {count}; {advice}"
        if min(has.side) < self.side:
            return (
                f"images of at least {self.side} x {self.side} pixels, "
                f"received {has.side[0]} x {has.side[1]}; give a larger --size"
            )
        return self._network(has) or (self.lacks(has) if self.lacks else "")

    def _network(self, has: Material) -> str:
        if not self.output or has.outputs is None:
            return ""
        if not has.outputs:
            return "a feature network, received none; give --inception=DIR"
        if self.output == LOGITS and LOGITS not in has.outputs:
            return (
                f"a network with the output {LOGITS!r}, received one with "
                f"{', '.join(has.outputs)}; give another --inception"
            )
        return ""


@dataclasses.dataclass(frozen=True)
class Metric:
    """A line of the table of metrics.

    Attributes:
        rows: Measures an `Evidence`; one or several rows.
        needs: The least it can be measured with.
        trains: Whether it trains a classifier, so that it is not for training.
    """

    rows: Callable[[Any], Iterator[Row]]
    needs: Needs
    trains: bool = False
