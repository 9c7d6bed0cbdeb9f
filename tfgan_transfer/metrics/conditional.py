"""What a generator with labels is measured by, beside what all are."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.labels import Labels
from tfgan_transfer.metrics.ms_ssim import intra_class_ms_ssim
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.metrics.per_class import (
    FEWEST,
    PerClass,
    mean_score,
    per_class,
)
from tfgan_transfer.metrics.score import Row, Score, over_seeds

LABELS_MISSING = (
    "labels, received a generator and images without; evaluate a run of "
    "--model=acgan, or --images in the class folders of --data"
)


def labels_lack(fewest: int) -> Callable[[Material], str]:
    """Makes what tells `Needs` that there is no label to be measured.

    Args:
        fewest: Real images, and samples, that a label has to have.
    """

    def lacks(has: Material) -> str:
        if has.labels is None:
            return LABELS_MISSING
        if has.labels.shared(fewest):
            return ""
        return (
            f"a label with at least {fewest} real images and {fewest} samples "
            f"(--num_images), received none among {len(has.labels.vocabulary)};"
            " give more of both"
        )

    return lacks


def per_class_rows(run: Evidence) -> Iterator[Row]:
    """KID and FID of each class, their average, and of all images.

    Table 6 of "Transferring GANs". The row of a class is named after it,
    `per_class_kid/NAME`; the average is `per_class_kid`, and that of all
    images is the plain `kid`.
    """
    for metric in (kid, fid):
        yield from _classes(run, metric)


def _classes(run: Evidence, metric: Callable[..., Score]) -> Iterator[Row]:
    labels = run.labels

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


def class_ms_ssim_rows(run: Evidence) -> Iterator[Row]:
    """Similarity within each class, of samples and beside it of real images.

    AC-GAN (Odena et al., 2017, section 4.2): a class whose samples are more
    alike than the most uniform real class has collapsed.
    """
    labels = run.labels
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
