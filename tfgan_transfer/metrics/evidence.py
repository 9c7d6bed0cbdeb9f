"""What an evaluation looks at: images, and features that are taken once."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np

from tfgan_transfer.metrics.features import (
    NO_BARS,
    Bars,
    cached_extract,
    data_fingerprint,
    extract,
)
from tfgan_transfer.metrics.inception import LOGITS, Extractor
from tfgan_transfer.metrics.label_groups import label_groups
from tfgan_transfer.metrics.label_judge import LabelJudge, trained_judge
from tfgan_transfer.metrics.labels import Labels, labelled_alike
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.metrics.score import Row, Score, over_seeds


class Evidence:
    """Images of one evaluation, and their features, each extracted once.

    Args:
        real: Uint8 [N, H, W, C] that samples are compared with.
        split: What `real` is, e.g. `"held-out images"`; part of every
            protocol.
        other: Uint8 [M, H, W, C] real images, none of them in `real`; they
            take the place of samples for the floor, as many, and with the
            labels of the first samples if there are labels. May be empty.
        train: Uint8 [T, H, W, C] images the generator has seen.
        held_out: Uint8 images it has not seen; may be empty.
        samples: One uint8 [n, H, W, C] per sampling seed.
        extractor: Feature network; None leaves metrics that need none.
        layer: Its layer.
        cache_dir: Where what real images give is kept; None for nowhere.
        budget: Critic of the independent Wasserstein distance.
        critics: Seeds of those that are fitted.
        labels: Labels of `real`, `other` and `samples`, if there are any.
        bars: Shows how far what takes long has come.
    """

    def __init__(
        self,
        *,
        real: np.ndarray,
        split: str,
        other: np.ndarray,
        train: np.ndarray,
        held_out: np.ndarray,
        samples: Sequence[np.ndarray],
        extractor: Extractor | None = None,
        layer: str | None = None,
        cache_dir: str | None = None,
        budget: str = "small",
        critics: Sequence[int] = (0, 1, 2),
        labels: Labels | None = None,
        bars: Bars = NO_BARS,
    ):
        self.real = real
        self.split = split
        self.count = len(samples[0])
        if labels is not None:
            chosen = labelled_alike(labels.samples[0], labels.other)
            labels = dataclasses.replace(labels, other=labels.other[chosen])
            other = other[chosen]
        self.other = other[: self.count]
        self.train = train
        self.held_out = held_out
        self.samples = samples
        self.extractor = extractor
        self.layer = layer
        self.cache_dir = cache_dir
        self.budget = budget
        self.critics = tuple(critics)
        self.labels = labels
        self.bars = bars

    @property
    def material(self) -> Material:
        """What there is, for a metric to say whether it can be measured."""
        return Material(
            real=len(self.real),
            split=self.split,
            held_out=len(self.held_out),
            train=len(self.train),
            samples=min(map(len, self.samples)),
            side=self.real.shape[1:3],
            outputs=tuple(self.extractor.fingerprint) if self.extractor else (),
            labels=self.labels,
        )

    def real_features(
        self, images: np.ndarray, what: str = "training images"
    ) -> np.ndarray:
        """Features [N, D] of real images, from the cache if they are there.

        Args:
            images: Uint8 [N, H, W, C].
            what: What they are, to be shown.
        """
        bars = functools.partial(self.bars, desc=f"features of {what}")
        if self.cache_dir is None:
            found = extract(self.extractor, images, [self.layer], bars=bars)
        else:
            found = cached_extract(
                self.cache_dir,
                data_fingerprint(images),
                self.extractor,
                images,
                [self.layer],
                bars=bars,
            )
        return found[self.layer]

    @functools.cached_property
    def real_side(self) -> np.ndarray:
        """Features of `real`."""
        return self.real_features(self.real, self.split)

    @functools.cached_property
    def other_side(self) -> np.ndarray:
        """Features of `other`."""
        return self.real_features(self.other, "real images for the floor")

    @functools.cached_property
    def outputs(self) -> list[dict[str, np.ndarray]]:
        """For each sampling seed, features and logits of the samples."""
        wanted = [self.layer]
        if LOGITS in self.extractor.fingerprint:
            wanted.append(LOGITS)
        bars = functools.partial(self.bars, desc="features of samples")
        return [
            extract(self.extractor, samples, wanted, bars=bars)
            for samples in self.samples
        ]

    @functools.cached_property
    def judge(self) -> LabelJudge:
        """A classifier of the labels, trained on the training images."""
        groups = label_groups(self.labels.vocabulary, self.labels.train)
        return trained_judge(
            self.train,
            self.labels.train,
            groups,
            cache_dir=self.cache_dir,
            bars=functools.partial(self.bars, desc="classifier"),
        )

    @property
    def fake_sides(self) -> list[np.ndarray]:
        """For each sampling seed, features of the samples."""
        return [output[self.layer] for output in self.outputs]

    def compare(self, metric: Callable[..., Score], fewest: int) -> Row:
        """A metric of two feature sets, averaged over the sampling seeds.

        Args:
            metric: Called with the features of real images and of samples.
            fewest: Other real images without which there is no floor.
        """
        scores = [metric(self.real_side, fake) for fake in self.fake_sides]
        floor = None
        if len(self.other) >= fewest:
            floor = self.named(metric(self.real_side, self.other_side))
        return Row(self.named(over_seeds(scores)), floor)

    def named(self, score: Score) -> Score:
        """Adds the extractor and the real split to name and protocol."""
        layer = LOGITS if score.name == "is" else self.layer
        return score.under(
            self.extractor.metric_name(score.name, layer),
            f"{self.extractor.protocol(layer)}; real: {self.split}",
        )

    def plain(self, score: Score) -> Score:
        """Adds the real split to the protocol of a metric without network."""
        return score.under(score.name, f"real: {self.split}")
