"""Choosing a source: scores that cost nothing, and short probe trainings.

The paper ranks sources by the FID between the source's samples and the target
images (Wang et al. 2018, table 5). Grigoryev et al. (ICLR 2022) prefer the
recall of the target. Neither is right always, so both are printed, and probe
trainings decide.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.precision_recall import precision_recall

# Score -> whether a higher value promises more.
SCORES = {"fid": False, "kid": False, "precision": True, "recall": True}


def zero_cost(target: np.ndarray, samples: np.ndarray) -> dict[str, float]:
    """Scores a source by its samples, without any training.

    Args:
        target: [N, D] features of the target images.
        samples: [M, D] features of the source's samples.

    Returns:
        A value for each key of `SCORES`.
    """
    manifold = precision_recall(target, samples)
    return {
        "fid": fid(target, samples).value,
        "kid": kid(target, samples).value,
        "precision": manifold.precision.value,
        "recall": manifold.recall.value,
    }


@dataclasses.dataclass(frozen=True)
class Round:
    """One round of successive halving.

    Attributes:
        survivors: Number of sources that are trained in it.
        steps: Steps that each of them has had at its end.
    """

    survivors: int
    steps: int


def halving(sources: int, budget: int, least: int = 20) -> list[Round]:
    """Divides a budget of steps: half of the sources stay after each round.

    Every round gets the same number of steps in all (Jamieson and Talwalkar
    2016, arXiv:1502.07943), and a source goes on from where it was.

    Args:
        sources: Number of candidates, at least 1.
        budget: Steps of all trainings together.
        least: Fewest steps with which a source may be judged.

    Returns:
        The rounds; none if the budget does not even last for the first.
    """
    survivors, counts = sources, []
    while survivors > 1 or not counts:
        counts.append(survivors)
        survivors = -(-survivors // 2)
    share, steps, rounds = budget / len(counts), 0, []
    for count in counts:
        steps += int(share // count)
        rounds.append(Round(count, steps))
    return rounds if rounds[0].steps >= least else []


def ranking(values: Mapping[str, float], higher: bool = False) -> list[str]:
    """Names, the most promising first."""
    return sorted(values, key=values.get, reverse=higher)


def regret(
    score: Mapping[str, float], found: Mapping[str, float], higher: bool
) -> float:
    """What it costs to trust a score.

    Args:
        score: Source -> its value.
        found: Source -> what a probe training reached; lower is better.
        higher: Whether a higher score promises more.

    Returns:
        The outcome of the source that the score would have chosen among those
        that were probed, minus the best outcome; 0 for the right choice.
    """
    choice = ranking({name: score[name] for name in found}, higher)[0]
    return found[choice] - min(found.values())
