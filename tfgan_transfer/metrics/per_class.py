"""Any metric of two feature sets, class by class."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tfgan_transfer.metrics.kid import FEWEST as FEWEST
from tfgan_transfer.metrics.score import Score


@dataclasses.dataclass(frozen=True)
class PerClass:
    """Scores of the classes and the two ways to sum them up.

    Attributes:
        classes: Score of each class, by its column; sample counts differ
            between classes, and with them the bias of a biased metric.
        average: Plain mean over these classes ("Avg."), with the standard
            error that follows from theirs; None if no class has a score.
        pooled: Score of all images together ("All").
    """

    classes: dict[int, Score]
    average: Score | None
    pooled: Score


def per_class(
    metric: Callable[[np.ndarray, np.ndarray], Score],
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
) -> PerClass:
    """Measures each class against its own real images.

    The class of column c are the images whose label is 1 there: with one class
    per image each is in one of them, with tags in as many as it has tags.

    Args:
        metric: E.g. `kid`; called with (real, fake).
        real: [N, ...] features.
        real_labels: [N, L], 0 or 1.
        fake: [M, ...] features.
        fake_labels: [M, L], the labels that were asked for.

    Returns:
        A score for each class that has at least `FEWEST` images on both
        sides, their mean, and the pooled score.
    """
    classes = {}
    for column in range(real_labels.shape[1]):
        own = real[real_labels[:, column] == 1]
        drawn = fake[fake_labels[:, column] == 1]
        if min(len(own), len(drawn)) >= FEWEST:
            classes[column] = metric(own, drawn)
    return PerClass(
        classes, mean_score(list(classes.values())), metric(real, fake)
    )


def mean_score(scores: Sequence[Score]) -> Score | None:
    """Plain mean of the scores of several classes; None of no scores."""
    if not scores:
        return None
    errors = [score.spread for score in scores]
    known = None not in errors
    return dataclasses.replace(
        scores[0],
        value=float(np.mean([score.value for score in scores])),
        spread=float(np.linalg.norm(errors) / len(scores)) if known else None,
        spread_kind="standard error" if known else "",
        n_real=sum(score.n_real for score in scores),
        n_fake=sum(score.n_fake for score in scores),
        protocol=f"{scores[0].protocol}, mean over {len(scores)} classes",
    )
