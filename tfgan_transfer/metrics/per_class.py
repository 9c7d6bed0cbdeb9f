"""Any metric of two feature sets, class by class."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tfgan_transfer.metrics.score import Score


@dataclasses.dataclass(frozen=True)
class PerClass:
    """Scores of the classes and the two ways to sum them up.

    Attributes:
        classes: Score of each class; sample counts differ between classes,
            and with them the bias of a biased metric.
        average: Plain mean over the classes ("Avg.").
        pooled: Score of all classes together ("All").
    """

    classes: dict[int, Score]
    average: float
    pooled: Score


def per_class(
    metric: Callable[[np.ndarray, np.ndarray], Score],
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
) -> PerClass:
    """Measures each class against its own real images.

    Args:
        metric: E.g. `kid`; called with (real, fake).
        real: [N, ...] features.
        real_labels: [N] integers.
        fake: [M, ...] features.
        fake_labels: [M] integers, the classes that were asked for.

    Returns:
        One score per class of the real labels, their mean, and the pooled
        one.

    Raises:
        ValueError: A class has real images and no generated ones.
    """
    classes = {}
    for label in np.unique(real_labels):
        chosen = fake[fake_labels == label]
        if len(chosen) == 0:
            raise ValueError(f"no generated example of class {label}")
        classes[int(label)] = metric(real[real_labels == label], chosen)
    average = float(np.mean([score.value for score in classes.values()]))
    return PerClass(classes, average, metric(real, fake))
