"""Inception Score (Salimans et al., 2016)."""

from collections.abc import Iterator

import numpy as np

from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.inception import LOGITS
from tfgan_transfer.metrics.score import (
    Row,
    Score,
    check_features,
    over_seeds,
)

FEWEST = 2
_ENOUGH_FOR_SPLITS = 5000


def inception_score(
    logits: np.ndarray, splits: int = 10, shuffle_seed: int | None = None
) -> Score:
    """exp of the mean divergence of class distributions from their average.

    It looks at no real image, so it cannot see a generator that misses the
    data; and the fewer images per split, the lower it comes out.

    Args:
        logits: [N, classes], of generated images.
        splits: Parts the score is computed on; the value is their mean.
        shuffle_seed: Shuffles first. `None` keeps the order, as OpenAI's code
            does; 2020 gives torch-fidelity's default. Sorted images (by
            class, say) need shuffling.

    Returns:
        The score `is`, from 1 up to the number of classes, higher is better.
        The spread is the (population) standard deviation over splits.

    Raises:
        ValueError: Not a matrix, or fewer rows than splits.
        UserError: Values that are not finite.
    """
    check_features(logits, "logit")
    if not 1 <= splits <= len(logits):
        raise ValueError(f"{splits} splits of {len(logits)} rows")
    if shuffle_seed is not None:
        order = np.random.RandomState(shuffle_seed).permutation(len(logits))
        logits = logits[order]
    edges = [i * len(logits) // splits for i in range(splits + 1)]
    values = [
        _score(logits[start:stop].astype(np.float64))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]
    order = "as given" if shuffle_seed is None else f"seed {shuffle_seed}"
    return Score(
        "is",
        float(np.mean(values)),
        float(np.std(values)) if splits > 1 else None,
        "s.d. over splits",
        0,
        len(logits),
        f"is/{splits} splits, order {order}, {logits.shape[1]} classes",
    )


def inception_score_rows(run: Evidence) -> Iterator[Row]:
    """The score of an evaluation's samples, of each sampling seed alike."""
    splits = 10 if run.count >= _ENOUGH_FOR_SPLITS else 1
    scores = [inception_score(o[LOGITS], splits) for o in run.outputs]
    yield Row(run.named(over_seeds(scores)))


def _score(logits: np.ndarray) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    # A class no image of the split was given has p log(p / q) = 0.
    average = np.maximum(p.mean(axis=0), np.finfo(np.float64).tiny)
    divergence = np.sum(p * (log_p - np.log(average)), axis=1)
    return float(np.exp(divergence.mean()))
