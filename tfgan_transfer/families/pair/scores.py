"""Translations in both directions, measured like samples."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tfgan_transfer.metrics import kid, pixel_grid, translation
from tfgan_transfer.metrics.evaluate import Evaluation, require
from tfgan_transfer.metrics.features import NO_BARS, Bars, extract
from tfgan_transfer.metrics.inception import Extractor
from tfgan_transfer.metrics.needs import Needs
from tfgan_transfer.metrics.score import Row, Score
from tfgan_transfer.pixels import to_float, to_uint8
from tfgan_transfer.settings.choices import BEST_METRICS, DIRECTIONS

Translate = Callable[[np.ndarray, str], np.ndarray]
BATCH = 16
HELD_OUT = "held-out images"
# Of the rows that are there without being asked for: where it can be had.
CONTENT = Needs(real=translation.FEWEST, samples=translation.FEWEST)
# Of each set: features of places are long.
CONTENT_IMAGES = 256


class Translated(NamedTuple):
    """What became of the images of one set.

    Attributes:
        there: Uint8 [N, H, W, C], in the other set's place.
        cycle: [N] mean absolute differences to what came back.
        identity: [N] the same to what the translator into their own set,
            which should have nothing to do, makes of them.
    """

    there: np.ndarray
    cycle: np.ndarray
    identity: np.ndarray


def translated(
    translate: Translate,
    batch: np.ndarray,
    direction: str,
    bars: Bars = NO_BARS,
) -> Translated:
    """Translates images there and back.

    Args:
        translate: Maps float images in [-1, 1] and a direction to images.
        batch: Uint8 [N, H, W, C].
        direction: The way there.
        bars: Shows how far it is.
    """
    home = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    parts = []
    starts = range(0, len(batch), BATCH)
    for start in bars(starts, desc=f"translations {direction}", unit="batch"):
        pixels = to_float(batch[start : start + BATCH])
        there = translate(pixels, direction)
        back, same = translate(there, home), translate(pixels, home)
        parts.append(
            (
                to_uint8(there),
                *(
                    np.abs(np.asarray(x) - pixels).mean(axis=(1, 2, 3))
                    for x in (back, same)
                ),
            )
        )
    return Translated(*map(np.concatenate, zip(*parts, strict=True)))


class PairEvaluation:
    """What a model makes of two sets of images, and how good that is.

    Args:
        translate: As in `translated`.
        judged: The images to translate and to judge by.
        others: Others of the same sets, for the floors.
        split: What `judged` is, e.g. `"held-out images"`.
        train: Images the model has seen.
        weights: Which weights translate; part of every protocol.
        extractor: Feature network; None leaves metrics that need none.
        layer: Its layer.
        content: Feature network by which translations are compared with what
            they were made from; None leaves that out.
        cache_dir: Where features of real images are kept.
        budget: Critic of the independent Wasserstein distance.
        metrics: Keys of `METRICS`: what it was made to measure.
        bars: Shows how far what takes long has come.

    Attributes:
        done: Metrics of which all is known.
    """

    def __init__(
        self,
        translate: Translate,
        *,
        judged: tuple[np.ndarray, np.ndarray],
        others: tuple[np.ndarray, np.ndarray],
        split: str,
        train: tuple[np.ndarray, np.ndarray],
        weights: str,
        extractor: Extractor | None = None,
        layer: str | None = None,
        content: Extractor | None = None,
        cache_dir: str | None = None,
        budget: str = "small",
        metrics: Sequence[str] = (),
        bars: Bars = NO_BARS,
    ):
        self.sets, self.others, self.train = judged, others, train
        self.name, self.weights = split, weights
        self.network, self.layer, self.content = extractor, layer, content
        self.cache_dir, self.budget = cache_dir, budget
        self.metrics, self.bars = metrics, bars
        self.done: list[str] = []
        self.made = {
            direction: translated(translate, batch, direction, bars)
            for direction, batch in zip(DIRECTIONS, judged, strict=True)
        }

    def rows(self, metrics: Sequence[str]) -> Iterator[Row]:
        """Measures both directions, and what untranslated images get.

        Args:
            metrics: Keys of `metrics.evaluate.METRICS`.
        """
        for _, row in self.keyed(metrics):
            yield row

    def keyed(self, metrics: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """The rows, each with a short name.

        A distance has four: of either direction, their mean, which is the one
        to steer by and has the metric's own name, and `raw`, between the two
        sets as they are. Beside `kid` stands `own_kid`, to the set that
        images come from: whether they were changed at all.
        """
        require(metrics, self.against["a2b"].material)
        for name in metrics:
            yield from self._of_metric(name)
            if name == "kid":
                yield from self._of_own_set()
            self.done.append(name)
        yield from self._of_pixels()
        yield from self._of_grid()
        if self.content and not CONTENT.missing(self.raw.material):
            yield from self._of_content()

    def _of_metric(self, name: str) -> Iterator[tuple[str, Row]]:
        found = {d: list(self.against[d].rows([name])) for d in DIRECTIONS}
        raw = None
        if name in BEST_METRICS:
            (raw,) = self.raw.rows([name])
        for direction, rows in found.items():
            for row in rows:
                score = self._about(row.score, direction)
                note = row.note
                if raw and raw.score.value > 0:
                    less = 1 - score.value / raw.score.value
                    note = "; ".join(filter(None, [_below(less), note]))
                yield f"{name}/{direction}", Row(score, row.floor, note)
        if raw:
            both = [rows[0].score for rows in found.values()]
            yield name, Row(_mean(both))
            score = dataclasses.replace(
                raw.score,
                name=f"{raw.score.name}/raw",
                protocol=f"{raw.score.protocol}; of B, against those of A, "
                "untranslated",
            )
            yield f"{name}/raw", Row(score, raw.floor)

    def _of_pixels(self) -> Iterator[tuple[str, Row]]:
        for direction, made in self.made.items():
            own = direction[0]
            for name, values in (
                ("cycle_error", made.cycle),
                ("identity_error", made.identity),
            ):
                score = translation.mean_difference(
                    f"{name}/{own}",
                    values,
                    f"{self.name} of {own.upper()}, {self.weights}",
                )
                yield score.name, Row(score)

    def _of_own_set(self) -> Iterator[tuple[str, Row]]:
        """Translations against the set they come from, and its own floor."""
        for direction, run in self.against.items():
            home = self.against[DIRECTIONS[1 - DIRECTIONS.index(direction)]]
            enough = len(home.other) >= kid.FEWEST
            # Others than those that were translated, where there are any.
            real = home.other_side if enough else home.real_side
            scores = [kid.kid(real, run.fake_sides[0])]
            if enough:
                scores.append(kid.kid(real, home.real_side))
            own, *floor = (
                dataclasses.replace(home.named(score), name=name)
                for score in scores
                for name in [self.network.metric_name("own_kid", self.layer)]
            )
            start = direction[0].upper()
            which = "others" if enough else "themselves"
            about = dataclasses.replace(
                own,
                name=f"{own.name}/{direction}",
                protocol=f"{own.protocol} of {start}, {which}; translated: "
                f"{self.name} of {start}, {self.weights}",
            )
            yield f"own_kid/{direction}", Row(about, *floor)

    def _of_grid(self) -> Iterator[tuple[str, Row]]:
        for direction, run in self.against.items():
            if min(run.real.shape[1:3]) < pixel_grid.SMALLEST:
                return
            name = f"pixel_grid/{direction}"
            what = f"{self.name} of {direction[0].upper()}, {self.weights}"
            made = pixel_grid.pixel_grid(name, run.samples[0], what)
            floor = pixel_grid.pixel_grid(name, run.real, self.name)
            yield name, Row(made, floor)

    def _of_content(self) -> Iterator[tuple[str, Row]]:
        layer = self.content.layer(None)
        for direction, own in zip(DIRECTIONS, self.sets, strict=True):
            inputs, outputs = (
                extract(
                    self.content,
                    images[:CONTENT_IMAGES],
                    [layer],
                    bars=functools.partial(self.bars, desc="content"),
                )[layer]
                for images in (own, self.made[direction].there)
            )
            for score in translation.content(inputs, outputs):
                key = f"{score.name}/{direction}"
                named = score.under(
                    self.content.metric_name(score.name, layer),
                    self.content.protocol(layer),
                )
                yield key, Row(self._about(named, direction, real=""))

    def _about(
        self, score: Score, direction: str, real: str = " of {}"
    ) -> Score:
        """Says what was translated, and to what it is compared."""
        start, end = direction.upper().split("2")
        return dataclasses.replace(
            score,
            name=f"{score.name}/{direction}",
            protocol=f"{score.protocol}{real.format(end)}; translated: "
            f"{self.name} of {start}, {self.weights}",
        )

    @functools.cached_property
    def against(self) -> dict[str, Evaluation]:
        """Translations in each direction, against the set they go to."""
        return {
            direction: self._evaluation("ab".index(direction[2]), made.there)
            for direction, made in self.made.items()
        }

    @functools.cached_property
    def raw(self) -> Evaluation:
        """Images of A as they are, against B."""
        return self._evaluation(1, self.sets[0])

    def _evaluation(self, end: int, samples: np.ndarray) -> Evaluation:
        return Evaluation(
            real=self.sets[end],
            split=self.name,
            other=self.others[end],
            train=self.train[end],
            held_out=self.sets[end][: None if self.name == HELD_OUT else 0],
            samples=[samples],
            extractor=self.network,
            layer=self.layer,
            cache_dir=self.cache_dir,
            budget=self.budget,
            bars=self.bars,
        )


def _below(share: float) -> str:
    return (
        f"{abs(share):.0%} {'below' if share >= 0 else 'above'} untranslated "
        "images"
    )


def _mean(scores: Sequence[Score]) -> Score:
    """The mean of both directions."""
    one, other = scores
    spread = None
    if one.spread is not None:
        spread = float(np.hypot(one.spread, other.spread) / 2)
    return dataclasses.replace(
        one,
        value=(one.value + other.value) / 2,
        spread=spread,
        n_real=one.n_real + other.n_real,
        n_fake=one.n_fake + other.n_fake,
        protocol=f"{one.protocol} of either set; mean of a2b and b2a",
    )
