"""Do samples show what was asked for? A classifier of real images says.

The number next to each value is the classifier's own accuracy on real images
that neither it nor the generator has seen. Samples may score above it: wrong
labels of real images cost the classifier, and samples are more typical.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tfgan_transfer.metrics.classifier_accuracy import (
    accuracy_curve,
    classifier_accuracy,
)
from tfgan_transfer.metrics.conditional import LABELS_MISSING
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.label_groups import label_groups
from tfgan_transfer.metrics.label_judge import PROTOCOL, LabelJudge
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.metrics.score import Row, Score, over_seeds

# As many as there are subsets in AC-GAN's error bar.
FEWEST = 10
RESOLUTIONS = (8, 16, 32, 64, 128, 256)
_CONFUSIONS = 3


def judge_lacks(has: Material) -> str:
    """What a classifier of labels lacks, for `Needs`.

    It has to have a question with one answer, and enough images with one to
    be asked of.
    """
    labels = has.labels
    if labels is None:
        return LABELS_MISSING
    groups = label_groups(labels.vocabulary, labels.train)
    if not groups:
        return (
            "labels of which each image has one: classes, or tags that end in "
            "the same word (green_hair, pink_hair); received "
            f"{', '.join(labels.vocabulary)}"
        )
    for group in groups:
        for kind, flag, rows in (
            ("held-out images", "--holdout", [labels.held_out]),
            ("samples", "--num_images", labels.samples),
        ):
            known = min((group.answers(x)[0].sum() for x in rows), default=0)
            if known < FEWEST:
                return (
                    f"at least {FEWEST} {kind} ({flag}) with one label of "
                    f"{group.name or 'all'}, received {known}; give more"
                )
    return ""


def label_accuracy_rows(run: Evidence) -> Iterator[Row]:
    """Share of samples with the class, or each kind of tag, asked for."""

    def accuracy(images, answers, classify) -> dict[str, Score]:
        return {"": classifier_accuracy(images, answers, classify, FEWEST)}

    judge = run.judge
    for index in range(len(judge.groups)):
        for row in _rows(run, index, "label_accuracy", accuracy):
            yield dataclasses.replace(row, note=_note(run, index))


def discriminability_rows(run: Evidence) -> Iterator[Row]:
    """The same after the images have passed through lower resolutions.

    AC-GAN (Odena et al., 2017, section 4.1): samples whose accuracy does not
    fall on the way have no detail that tells classes apart.
    """
    side = min(run.samples[0].shape[1:3])
    resolutions = tuple(r for r in RESOLUTIONS if r <= side)

    def curve(images, answers, classify) -> dict[str, Score]:
        found = accuracy_curve(
            images, answers, classify, resolutions, subsets=FEWEST
        )
        return {f"_{r}px": score for r, score in found.items()}

    for index in range(len(run.judge.groups)):
        yield from _rows(run, index, "discriminability", curve)


def class_accuracies(
    judge: LabelJudge, images: np.ndarray, labels: np.ndarray
) -> dict[int, float]:
    """Accuracy among the images of each label, by its column."""
    found = {}
    for index, group in enumerate(judge.groups):
        known, answers = group.answers(labels)
        if not known.any():
            continue
        guesses = judge.logits(images[known], index).argmax(axis=1)
        for place, column in enumerate(group.columns):
            own = answers[known] == place
            if own.any():
                found[column] = float(np.mean(guesses[own] == place))
    return found


def _rows(
    run: Evidence,
    index: int,
    metric: str,
    measure: Callable[..., Mapping[str, Score]],
) -> Iterator[Row]:
    """A row for each score of `measure`, named by metric, group and key."""
    labels, group = run.labels, run.judge.groups[index]
    kind = f"_{group.name}" if group.name else ""
    about = (
        f"{PROTOCOL} trained on {len(run.train)} training images of the "
        f"generator, {len(group.columns)} answers"
    )

    def scores(images: np.ndarray, rows: np.ndarray) -> dict[str, Score]:
        known, answers = group.answers(rows)
        found = measure(
            images[known],
            answers[known],
            lambda batch: run.judge.logits(batch, index),
        )
        return {
            key: dataclasses.replace(
                score.under(f"{metric}{kind}{key}", about),
                n_real=len(run.train),
            )
            for key, score in found.items()
        }

    pairs = zip(run.samples, labels.samples, strict=True)
    seeds = [scores(images, asked) for images, asked in pairs]
    floors = scores(run.held_out, labels.held_out)
    for key, floor in floors.items():
        yield Row(over_seeds([found[key] for found in seeds]), floor)


def _note(run: Evidence, index: int) -> str:
    """How good the judge is, and what it takes for what."""
    group = run.judge.groups[index]
    vocabulary = run.labels.vocabulary
    known, answers = group.answers(run.labels.held_out)
    guesses = run.judge.logits(run.held_out[known], index).argmax(axis=1)
    count = len(group.columns)
    table = np.zeros((count, count))
    np.add.at(table, (answers[known], guesses), 1)
    asked = table.sum(axis=1)
    recall = np.diag(table)[asked > 0] / asked[asked > 0]
    np.fill_diagonal(table, 0)
    worst = np.argsort(table, axis=None)[::-1][:_CONFUSIONS]
    confusions = [
        f"{vocabulary[group.columns[i]]} for {vocabulary[group.columns[j]]} "
        f"({table[i, j]:.0f} of {asked[i]:.0f})"
        for i, j in zip(*np.unravel_index(worst, table.shape), strict=True)
        if table[i, j]
    ]
    note = (
        f"beside it the judge's accuracy on {known.sum()} held-out real images,"
        f" {recall.mean():.3f} as a mean over {len(recall)} answers; chance "
        f"{1 / count:.3f}, always the commonest {asked.max() / asked.sum():.3f}"
    )
    return note + (f"; it takes {', '.join(confusions)}" if confusions else "")
