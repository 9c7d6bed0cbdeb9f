"""What every evaluation needs: metrics, a feature network, two sides."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.conditional import Labels
from tfgan_transfer.metrics.evaluate import (
    METRICS,
    NEED_NO_NETWORK,
    Evaluation,
    Row,
)
from tfgan_transfer.metrics.label_accuracy import JUDGED

DEFAULT_METRICS = ("kid", "fid", "precision_recall")
MOST_IMAGES = 5000


def extractor_for(
    given: Mapping, metrics: Sequence[str]
) -> tuple[inception.Extractor | None, str | None]:
    """Loads the feature network if one of the metrics needs it.

    Args:
        given: `inception` and `inception_layer`.
        metrics: Keys of `METRICS`.

    Returns:
        The network and its layer, or (None, None).
    """
    if set(metrics) <= {*NEED_NO_NETWORK, "memorisation"} and not given.get(
        "inception"
    ):
        return None, None
    network = inception.load(given.get("inception"))
    return network, network.layer(given.get("inception_layer"))


def metric_names(text: str | None, flag: str = "--metrics") -> tuple[str, ...]:
    """Splits a list of metrics; the default needs a feature network.

    Raises:
        UserError: If a metric is unknown.
    """
    if not text:
        return DEFAULT_METRICS
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in METRICS:
            raise UserError(choices(flag, name, METRICS))
    return names


def metrics_while_training(settings: Mapping) -> tuple[str, ...]:
    """What is measured while training.

    Raises:
        UserError: If a metric is unknown or not for training, or none to
            steer by.
    """
    metrics = metric_names(settings["eval_metrics"], "--eval_metrics")
    for name in set(metrics) & set(JUDGED):
        raise UserError(
            f"--eval_metrics: {name} would train a classifier while the model "
            "trains; leave it out here and run `evaluate` afterwards"
        )
    if settings["best_metric"] not in metrics:
        raise UserError(
            f"--best_metric: {settings['best_metric']} is not among "
            f"--eval_metrics={','.join(metrics)}; add it there"
        )
    return metrics


def table(rows: Sequence[Row]) -> str:
    """Lays out rows for the screen: value, spread, floor, counts, notes."""
    lines = [f"{'metric':28}{'value':>12}{'spread':>10}{'floor':>12}  n"]
    for row in rows:
        score = row.score
        spread = "" if score.spread is None else f"{score.spread:.2g}"
        floor = f"{row.floor.value:.5g}" if row.floor else ""
        lines.append(
            f"{score.name:28}{score.value:12.5g}{spread:>10}{floor:>12}  "
            f"{score.n_real} real, {score.n_fake} samples"
        )
        lines += [f"    {row.note}"] if row.note else []
    lines.append("spread and protocol of each value:")
    lines += [
        f"  {row.score.name}: {row.score.spread_kind or 'no spread'}; "
        f"{row.score.protocol}"
        for row in rows
        # Single classes are measured as their mean is.
        if "/" not in row.score.name
    ]
    return "\n".join(lines)


def choose_real(
    split: data.Split, wanted: str | None
) -> tuple[data.ImageSet, str, data.ImageSet]:
    """Real images to compare with, what they are called, and the others."""
    train, held_out = split.train, split.holdout
    if wanted == "holdout" or (wanted is None and len(held_out)):
        if not len(held_out):
            raise UserError(
                "--split: holdout asked for, but no images are held out; "
                "train with --holdout=N, or use --split=train"
            )
        return held_out, "held-out images", train
    return train, "training images", held_out


def prepare(
    split: data.Split,
    samples: list[np.ndarray],
    given: Mapping,
    extractor: tuple | None = None,
    labels: list[np.ndarray] | None = None,
) -> Evaluation:
    """Puts the two sides of an evaluation together.

    Args:
        split: The real images.
        samples: One uint8 [n, H, W, C] per sampling seed.
        given: Flags of `evaluate`, or a resolved configuration.
        extractor: Feature network and layer, if they are loaded already.
        labels: For each of `samples` the labels asked for, [n, L].
    """
    metrics = metric_names(given.get("metrics"))
    network, layer = extractor or extractor_for(given, metrics)
    real, name, other = choose_real(split, given.get("split"))
    cache = pathlib.Path(given.get("cache_dir") or data.cache_home())
    known = None
    if labels:
        known = Labels(
            vocabulary=split.train.vocabulary,
            real=real.labels[:MOST_IMAGES],
            other=other.labels[:MOST_IMAGES],
            train=split.train.labels,
            held_out=split.holdout.labels,
            samples=labels,
        )
    return Evaluation(
        real=np.asarray(real.images[:MOST_IMAGES]),
        split=name,
        other=np.asarray(other.images[:MOST_IMAGES]),
        train=split.train.images,
        held_out=split.holdout.images,
        samples=samples,
        extractor=network,
        layer=layer,
        cache_dir=str(cache / "features"),
        budget=given.get("iw_budget", "small"),
        critics=range(given.get("iw_critics", 3)),
        labels=known,
    )
