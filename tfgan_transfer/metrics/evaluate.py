"""One evaluation: samples against real images, each value beside its floor.

The floor of a metric is its value for real images in the place of samples,
at the same sample sizes: what a perfect generator would get.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.metrics import fid as frechet
from tfgan_transfer.metrics.conditional import Labels, labelled_alike
from tfgan_transfer.metrics.critic_distance import (
    BUDGETS,
    independent_wasserstein,
)
from tfgan_transfer.metrics.features import (
    cached_extract,
    data_fingerprint,
    extract,
)
from tfgan_transfer.metrics.inception import LOGITS, Extractor
from tfgan_transfer.metrics.inception_score import inception_score
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.label_accuracy import (
    JUDGED,
    LABEL_METRICS,
    judge_of,
)
from tfgan_transfer.metrics.label_judge import LabelJudge
from tfgan_transfer.metrics.memorisation import (
    memorisation_in_features,
    memorisation_in_pixels,
)
from tfgan_transfer.metrics.ms_ssim import mean_ms_ssim
from tfgan_transfer.metrics.precision_recall import precision_recall
from tfgan_transfer.metrics.score import Row, Score, over_seeds
from tfgan_transfer.metrics.sliced_wasserstein import sliced_wasserstein


class Evaluation:
    """Images of one evaluation, and their features, each extracted once.

    Args:
        real: Uint8 [N, H, W, C] that samples are compared with.
        split: What `real` is, e.g. `"held-out"`; part of every protocol.
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
        self.budget = BUDGETS[budget]
        self.critics = tuple(critics)
        self.labels = labels

    def rows(self, metrics: Sequence[str]) -> Iterator[Row]:
        """Measures, one metric after the other.

        Args:
            metrics: Keys of `METRICS`.

        Yields:
            One or several rows per metric.

        Raises:
            UserError: If a metric is unknown or the images don't suffice.
        """
        for name in metrics:
            if name not in METRICS:
                raise UserError(choices("--metrics", name, METRICS))
        known = set()
        for name in metrics:
            for row in METRICS[name](self):
                if row.score not in known:
                    known.add(row.score)
                    yield row

    def real_features(self, images: np.ndarray) -> np.ndarray:
        """Features [N, D] of real images, from the cache if they are there."""
        if self.cache_dir is None:
            return extract(self.extractor, images, [self.layer])[self.layer]
        return cached_extract(
            self.cache_dir,
            data_fingerprint(images),
            self.extractor,
            images,
            [self.layer],
        )[self.layer]

    @functools.cached_property
    def real_side(self) -> np.ndarray:
        """Features of `real`."""
        return self.real_features(self.real)

    @functools.cached_property
    def other_side(self) -> np.ndarray:
        """Features of `other`."""
        return self.real_features(self.other)

    @functools.cached_property
    def outputs(self) -> list[dict[str, np.ndarray]]:
        """For each sampling seed, features and logits of the samples."""
        wanted = [self.layer]
        if LOGITS in self.extractor.fingerprint:
            wanted.append(LOGITS)
        return [extract(self.extractor, s, wanted) for s in self.samples]

    @functools.cached_property
    def judge(self) -> LabelJudge:
        """A classifier of the labels, trained on the training images."""
        return judge_of(self)

    @property
    def fake_sides(self) -> list[np.ndarray]:
        """For each sampling seed, features of the samples."""
        return [output[self.layer] for output in self.outputs]

    def compare(self, metric: Callable[..., Score]) -> Row:
        """A metric of two feature sets, averaged over the sampling seeds."""
        scores = [metric(self.real_side, fake) for fake in self.fake_sides]
        floor = None
        if len(self.other) > 2:
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


def _fid(run: Evaluation) -> Iterator[Row]:
    row = run.compare(frechet.fid)
    known = max(run.real_side, run.other_side, key=len)
    bias = frechet.expected_bias(known, row.score.n_real, row.score.n_fake)
    small = min(row.score.n_real, row.score.n_fake)
    note = ""
    if bias > 0.1 * row.score.value or small < known.shape[1]:
        note = (
            f"about {bias:.3g} of this is bias of the sample sizes alone; "
            "compare with the floor, or use kid"
        )
    yield dataclasses.replace(row, note=note)


def _fid_inf(run: Evaluation) -> Iterator[Row]:
    yield run.compare(frechet.fid_infinite)


def _kid(run: Evaluation) -> Iterator[Row]:
    yield run.compare(kid)


def _precision_recall(run: Evaluation) -> Iterator[Row]:
    for index in range(4):
        yield run.compare(
            lambda real, fake, index=index: precision_recall(real, fake)[index]
        )


def _inception_score(run: Evaluation) -> Iterator[Row]:
    if LOGITS not in run.extractor.fingerprint:
        raise UserError(
            "--metrics: is needs a network with the output 'logits', received "
            f"one with {', '.join(run.extractor.fingerprint)}; leave it out "
            "or give another --inception"
        )
    splits = 10 if run.count >= 5000 else 1
    yield Row(
        run.named(
            over_seeds(
                [inception_score(o[LOGITS], splits) for o in run.outputs]
            )
        )
    )


def _swd(run: Evaluation) -> Iterator[Row]:
    count = min(len(run.real), run.count)
    result = sliced_wasserstein(run.real[:count], run.samples[0][:count])
    yield Row(run.plain(result.score), run.plain(result.floor))


def _ms_ssim(run: Evaluation) -> Iterator[Row]:
    scores = [mean_ms_ssim(samples) for samples in run.samples]
    yield Row(over_seeds(scores), mean_ms_ssim(run.real))


def _iw(run: Evaluation) -> Iterator[Row]:
    if len(run.held_out) < 4:
        raise UserError(
            "--metrics: iw needs held-out images, received "
            f"{len(run.held_out)}; train with --holdout=N, or leave it out"
        )
    fake = np.concatenate(run.samples)
    distance, floor = independent_wasserstein(
        run.held_out, fake, run.train, run.budget, run.critics, run.cache_dir
    )
    note = f"iw = {distance.iw:.4g} with the paper's sign, higher is better"
    yield Row(distance.score, floor.score, note)


def _memorisation(run: Evaluation) -> Iterator[Row]:
    if len(run.held_out) < 2:
        raise UserError(
            "--metrics: memorisation needs held-out images, received "
            f"{len(run.held_out)}; train with --holdout=N, or leave it out"
        )
    fake = run.samples[0]
    reports = [memorisation_in_pixels(fake, run.train, run.held_out)]
    if run.extractor:
        reports.append(
            memorisation_in_features(
                run.fake_sides[0],
                run.real_features(run.train),
                run.real_features(run.held_out),
            )
        )
    for report in reports:
        note = "training images are copied" if report.alarm else ""
        yield Row(report.share, None, note)


METRICS = {
    "fid": _fid,
    "fid_inf": _fid_inf,
    "kid": _kid,
    "precision_recall": _precision_recall,
    "is": _inception_score,
    "swd": _swd,
    "ms_ssim": _ms_ssim,
    "iw": _iw,
    "memorisation": _memorisation,
    **LABEL_METRICS,
}
NEED_NO_NETWORK = ("swd", "ms_ssim", "iw", "class_ms_ssim", *JUDGED)
