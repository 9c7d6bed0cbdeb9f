"""Precision, recall, density and coverage from nearest-neighbour balls.

Precision and recall: Kynkaanniemi et al. (2019), eq. 2. Density and coverage:
Naeem et al. (2020), eqs. 3 and 5. Precision is how many samples lie among the
real images, recall how much of the real set lies among the samples.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tfgan_transfer.metrics.distances import (
    rounding,
    squared_distances,
    squared_radii,
)
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.score import Row, Score, check_pair

_NEIGHBOUR = 3
# A vector has to have that neighbour beside itself.
FEWEST = _NEIGHBOUR + 1


class PrecisionRecall(NamedTuple):
    """Four scores of one comparison; higher is better for each."""

    precision: Score
    recall: Score
    density: Score
    coverage: Score


def precision_recall(
    real: np.ndarray, fake: np.ndarray, k: int = _NEIGHBOUR
) -> PrecisionRecall:
    """How samples and real images lie in each other's neighbourhoods.

    The ball of a vector reaches to its k-th neighbour in its own set, itself
    not counted. A vector *on* the surface is inside; distances that differ by
    less than rounding (1e-12 of the largest squared norm) are equal, so that
    exact copies, which lie on many surfaces, give the same result anywhere.

    For equal laws, n samples and N real images, E[density] = 1 and
    E[coverage] = 1 - prod_{i=1..k} (N - i) / (n + N - i). Recall of a real
    set against another real set is well below 1: compare with that floor at
    the same sizes.

    Args:
        real: [N, D] features.
        fake: [M, D] features.
        k: Neighbour that sets the radius.

    Returns:
        `precision`, `recall`, `coverage` in [0, 1] with binomial standard
        errors, and `density` >= 0. Errors hold for the vectors counted, the
        balls being taken as given.

    Raises:
        ValueError: A side has no k-th neighbour, or the widths differ.
        UserError: Values that are not finite.

    Example:
        >>> import numpy as np
        >>> import tfgan_transfer as tt
        >>> real = np.random.default_rng(0).normal(size=(200, 8))
        >>> half = tt.metrics.precision_and_recall(real, real[:100] + 1e-9)
        >>> half.precision.value, half.recall.value < 1
        (1.0, True)
    """
    check_pair(real, fake)
    if min(len(real), len(fake)) <= k:
        raise ValueError(f"k={k} with {len(real)} real, {len(fake)} generated")
    slack = rounding(real, fake)
    real_radii = squared_radii(real, k) + slack
    fake_radii = squared_radii(fake, k) + slack
    balls = np.zeros(len(fake))
    recalled = np.empty(len(real))
    covered = np.empty(len(real))
    for rows, block in squared_distances(real, fake):
        inside = block <= real_radii[rows, None]
        balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (block <= fake_radii).any(axis=1)
    counted = {
        "precision": balls > 0,
        "recall": recalled,
        "density": balls / k,
        "coverage": covered,
    }
    return PrecisionRecall(
        *(
            Score(
                name,
                float(np.mean(values)),
                float(np.std(values) / np.sqrt(len(values))),
                "standard error",
                len(real),
                len(fake),
                f"{name}/k={k}, ties inside",
            )
            for name, values in counted.items()
        )
    )


def precision_recall_rows(run: Evidence) -> Iterator[Row]:
    """The four scores of an evaluation."""
    for index in range(len(PrecisionRecall._fields)):
        yield run.compare(
            lambda real, fake, index=index: precision_recall(real, fake)[index],
            FEWEST,
        )
