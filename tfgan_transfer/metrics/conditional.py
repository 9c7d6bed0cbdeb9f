"""What a generator with labels is measured by, beside what all are."""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.ms_ssim import intra_class_ms_ssim
from tfgan_transfer.metrics.per_class import (
    FEWEST,
    PerClass,
    mean_score,
    per_class,
)
from tfgan_transfer.metrics.score import Row, Score, over_seeds

if TYPE_CHECKING:
    from tfgan_transfer.metrics.evaluate import Evaluation


@dataclasses.dataclass(frozen=True)
class Labels:
    """Labels of the images of an evaluation, in the same order.

    Attributes:
        vocabulary: Names of the L columns.
        real: [N, L], 0 or 1, of the images that samples are compared with.
        other: [M, L] of the real images in the place of samples.
        train: [T, L] of the images the generator has seen.
        held_out: Of those it has not seen.
        samples: For each sampling seed [n, L], the labels asked for.
    """

    vocabulary: Sequence[str]
    real: np.ndarray
    other: np.ndarray
    train: np.ndarray
    held_out: np.ndarray
    samples: Sequence[np.ndarray]


def labelled_alike(wanted: np.ndarray, offered: np.ndarray) -> np.ndarray:
    """Chooses images for a floor: with the labels that samples were asked for.

    Args:
        wanted: Label rows [n, L].
        offered: Label rows [M, L] of the images to choose from.

    Returns:
        Indices into `offered`, each at most once: for each wanted row the
        next image that has it, and none where there are no more.
    """
    places = collections.defaultdict(collections.deque)
    for index, row in enumerate(offered):
        places[tuple(row)].append(index)
    found = [places[tuple(row)] for row in wanted]
    return np.array([p.popleft() for p in found if p], np.int64)


def labels_of(run: "Evaluation", asked: str) -> Labels:
    """The labels of an evaluation.

    Args:
        run: The evaluation.
        asked: What needs them, to begin a message with.

    Raises:
        UserError: If it has none.
    """
    if run.labels is None:
        raise UserError(
            f"{asked} needs labels, received a generator and "
            "images without; evaluate a run of --model=acgan, or --images in "
            "the class folders of --data"
        )
    return run.labels


def per_class_rows(run: "Evaluation") -> Iterator[Row]:
    """KID and FID of each class, their average, and of all images.

    Table 6 of "Transferring GANs". The row of a class is named after it,
    `per_class_kid/NAME`; the average is `per_class_kid`, and that of all
    images is the plain `kid`.
    """
    labels = labels_of(run, "--metrics: per_class")
    for metric in (kid, fid):
        yield from _classes(run, labels, metric)


def _classes(
    run: "Evaluation", labels: Labels, metric: Callable[..., Score]
) -> Iterator[Row]:
    def against_real(images: np.ndarray, asked: np.ndarray) -> PerClass:
        return per_class(metric, run.real_side, labels.real, images, asked)

    sides = zip(run.fake_sides, labels.samples, strict=True)
    found = [against_real(fake, asked) for fake, asked in sides]
    floor = None
    if len(run.other) >= FEWEST:
        floor = against_real(run.other_side, labels.other)

    def row(part: Callable[[PerClass], Score | None]) -> Row:
        score = run.named(over_seeds([part(f) for f in found]))
        beside = floor and part(floor)
        return Row(score, beside and run.named(beside))

    shown = [c for c in found[0].classes if all(c in f.classes for f in found)]
    for column in shown:
        name = labels.vocabulary[column]
        yield _called(row(lambda f, c=column: f.classes.get(c)), f"/{name}")
    if shown:
        average = _called(row(lambda f: f.average), "")
        note = _note(labels, found[0], shown)
        yield dataclasses.replace(average, note=note)
    yield row(lambda f: f.pooled)


def class_ms_ssim_rows(run: "Evaluation") -> Iterator[Row]:
    """Similarity within each class, of samples and beside it of real images.

    AC-GAN (Odena et al., 2017, section 4.2): a class whose samples are more
    alike than the most uniform real class has collapsed.
    """
    labels = labels_of(run, "--metrics: class_ms_ssim")
    found = [
        intra_class_ms_ssim(run.real, labels.real, samples, asked)
        for samples, asked in zip(run.samples, labels.samples, strict=True)
    ]
    shown = [c for c in found[0].fake if all(c in f.fake for f in found)]

    def row(scores: list[Score], real: Score, ending: str) -> Row:
        name = f"class_ms_ssim{ending}"
        named = [s.under(name, f"real: {run.split}") for s in scores]
        return Row(over_seeds(named), dataclasses.replace(real, name=name))

    for c in shown:
        fakes = [f.fake[c] for f in found]
        yield row(fakes, found[0].real[c], f"/{labels.vocabulary[c]}")
    means = [mean_score([f.fake[c] for c in shown]) for f in found]
    real = mean_score([found[0].real[c] for c in shown])
    suspects = [labels.vocabulary[c] for c in found[0].suspects]
    note = (
        f"{found[0].as_diverse:.0%} of {len(shown)} classes are as varied as "
        "the real ones; more alike than the most uniform real class: "
        f"{', '.join(suspects) or 'none'}"
    )
    yield dataclasses.replace(row(means, real, ""), note=note)


def _called(row: Row, ending: str) -> Row:
    name = f"per_class_{row.score.name}{ending}"
    return dataclasses.replace(
        row, score=dataclasses.replace(row.score, name=name)
    )


def _note(labels: Labels, found: PerClass, shown: list[int]) -> str:
    """How many images the classes have, and which have too few."""
    scores = [found.classes[column] for column in shown]
    counts = [(score.n_real, score.n_fake) for score in scores]
    smallest = min(counts, key=min)
    note = (
        f"mean over {len(shown)} of {len(labels.vocabulary)} classes; the "
        f"smallest has {smallest[0]} real images and {smallest[1]} samples"
    )
    if scores[0].name == "fid":
        note += ", so that much of this is bias: compare with the floor"
    left = [n for c, n in enumerate(labels.vocabulary) if c not in shown]
    if left:
        note += f"; fewer than {FEWEST} images of {', '.join(left)}"
    return note
