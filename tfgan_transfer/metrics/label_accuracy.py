"""Do samples show what was asked for? A classifier of real images says.

The number next to each value is the classifier's own accuracy on real images
that neither it nor the generator has seen. Samples may score above it: wrong
labels of real images cost the classifier, and samples are more typical.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.classifier_accuracy import (
    accuracy_curve,
    classifier_accuracy,
)
from tfgan_transfer.metrics.conditional import (
    class_ms_ssim_rows,
    labels_of,
    per_class_rows,
)
from tfgan_transfer.metrics.label_groups import label_groups
from tfgan_transfer.metrics.label_judge import (
    PROTOCOL,
    LabelJudge,
    trained_judge,
)
from tfgan_transfer.metrics.score import Row, Score, over_seeds

if TYPE_CHECKING:
    from tfgan_transfer.metrics.evaluate import Evaluation

# As many as there are subsets in AC-GAN's error bar.
FEWEST = 10
RESOLUTIONS = (8, 16, 32, 64, 128, 256)
_CONFUSIONS = 3


def judge_of(run: "Evaluation") -> LabelJudge:
    """The classifier of an evaluation's images and labels.

    Raises:
        UserError: If there are no labels, none of them are answers to one
            question, or no images are left to test it on.
    """
    labels = labels_of(run, "--metrics: label_accuracy")
    if len(run.held_out) < FEWEST:
        raise UserError(
            "--metrics: label_accuracy tests its classifier on held-out images,"
            f" expected at least {FEWEST}, received {len(run.held_out)}; train "
            "with --holdout=N, or leave it out"
        )
    groups = label_groups(labels.vocabulary, labels.train)
    if not groups:
        raise UserError(
            "--metrics: label_accuracy needs labels of which each image has "
            "one: classes, or tags that end in the same word (green_hair, "
            f"pink_hair); received {', '.join(labels.vocabulary)}"
        )
    return trained_judge(
        run.train, labels.train, groups, cache_dir=run.cache_dir
    )


def label_accuracy_rows(run: "Evaluation") -> Iterator[Row]:
    """Share of samples with the class, or each kind of tag, asked for."""

    def accuracy(images, answers, classify) -> dict[str, Score]:
        return {"": classifier_accuracy(images, answers, classify, FEWEST)}

    judge = run.judge
    for index in range(len(judge.groups)):
        for row in _rows(run, index, "label_accuracy", accuracy):
            yield dataclasses.replace(row, note=_note(run, index))


def discriminability_rows(run: "Evaluation") -> Iterator[Row]:
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
    run: "Evaluation",
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
        if known.sum() < FEWEST:
            raise UserError(
                f"--num_images: {metric} needs at least {FEWEST} images with "
                f"one label of {group.name or 'all'}, received {known.sum()}; "
                "draw more samples"
            )
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


def _note(run: "Evaluation", index: int) -> str:
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


# Metrics of evaluations with labels, and those of them that train a judge.
LABEL_METRICS = {
    "per_class": per_class_rows,
    "class_ms_ssim": class_ms_ssim_rows,
    "label_accuracy": label_accuracy_rows,
    "discriminability": discriminability_rows,
}
JUDGED = ("label_accuracy", "discriminability")
