"""What every evaluation needs: metrics, a feature network, two sides."""

import dataclasses
import pathlib
import types
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.evaluations import class_plot, feature_network
from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.evaluate import (
    METRICS,
    Evaluation,
    obstacles,
    require,
    require_for_picture,
)
from tfgan_transfer.metrics.features import NO_BARS, Bars
from tfgan_transfer.metrics.labels import Labels
from tfgan_transfer.metrics.needs import Material

DEFAULT_METRICS = ("kid", "fid", "precision_recall")
MOST_IMAGES = 5000
_NO_RUN: Mapping = types.MappingProxyType({})
# What the pictures of `evaluate` need as much as these metrics do.
_PICTURES = {
    "pairs": ("memorisation",),
    "class_plot": class_plot.SHOWN,
}


class Chosen(NamedTuple):
    """What will be measured, and under which network.

    Attributes:
        metrics: Keys of `METRICS`.
        left_out: Metrics of the default set that cannot be measured, and why.
        extractor: Feature network, None if no metric needs one.
        layer: Its layer.
    """

    metrics: tuple[str, ...]
    left_out: dict[str, str]
    extractor: inception.Extractor | None
    layer: str | None


def choose(given: Mapping, has: Material, run: Mapping = _NO_RUN) -> Chosen:
    """Settles what `evaluate` measures, before anything is computed.

    Args:
        given: Flags of `evaluate`.
        has: What there is to measure with.
        run: Configuration of the run that is judged, if it is one.

    Raises:
        UserError: If what was asked for cannot be measured, or nothing of the
            default set can.
    """
    for flag, metrics in _PICTURES.items():
        if given.get(flag):
            require_for_picture(f"--{flag}", metrics, has)
    names = metric_names(given.get("metrics"))
    if given.get("metrics"):
        return _with_network(given, names, has, "--metrics", run)
    left_out = obstacles(names, has)
    kept = tuple(name for name in names if name not in left_out)
    if not kept:
        raise UserError(
            "--metrics: nothing of the default set can be measured: "
            f"{next(iter(left_out.values()))}; or name others, of "
            f"{', '.join(METRICS)}"
        )
    chosen = _with_network(given, kept, has, "--metrics", run)
    return chosen._replace(left_out=left_out)


def choose_while_training(settings: Mapping, has: Material) -> Chosen:
    """Settles what is measured while training, before the first step.

    Args:
        settings: Resolved configuration.
        has: What there is to measure with.

    Raises:
        UserError: If a metric cannot be measured or is not for training, or
            there is none to steer by.
    """
    flag = "--eval_metrics"
    metrics = metric_names(settings["eval_metrics"], flag)
    for name in metrics:
        if METRICS[name].trains:
            raise UserError(
                f"{flag}: {name} would train a classifier while the model "
                "trains; leave it out here and run `evaluate` afterwards"
            )
    if settings["best_metric"] not in metrics:
        raise UserError(
            f"--best_metric: {settings['best_metric']} is not among "
            f"--eval_metrics={','.join(metrics)}; add it there, or steer by "
            "one of these"
        )
    return _with_network(settings, metrics, has, flag, settings)


def _with_network(
    given: Mapping,
    metrics: tuple[str, ...],
    has: Material,
    flag: str,
    run: Mapping,
) -> Chosen:
    # Counts first: loading a network takes seconds, or a connection.
    require(metrics, has, flag)
    network, layer = extractor_for(given, metrics, run)
    outputs = tuple(network.fingerprint) if network else ()
    require(metrics, dataclasses.replace(has, outputs=outputs), flag)
    return Chosen(metrics, {}, network, layer)


def extractor_for(
    given: Mapping, metrics: Sequence[str], run: Mapping = _NO_RUN
) -> tuple[inception.Extractor | None, str | None]:
    """Loads the feature network if one of the metrics needs it.

    Args:
        given: `inception` and `inception_layer`.
        metrics: Keys of `METRICS`, or others, which need it.
        run: Configuration of the run that is judged, if it is one.

    Returns:
        The network and its layer, or (None, None).
    """
    needed = any(n not in METRICS or METRICS[n].needs.output for n in metrics)
    if not needed and not given.get("inception"):
        return None, None
    network = feature_network.load(given.get("inception"), run)
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


def material(
    split: data.Split,
    wanted: str | None,
    samples: int,
    asked: Sequence[np.ndarray] = (),
) -> Material:
    """What an evaluation will have, before samples are drawn.

    Args:
        split: The real images.
        wanted: `--split`.
        samples: Samples of each sampling seed.
        asked: For each of them, the labels asked for, [n, L].
    """
    real, name, _ = choose_real(split, wanted)
    return Material(
        real=min(len(real), MOST_IMAGES),
        split=name,
        held_out=len(split.holdout),
        train=len(split.train),
        samples=samples,
        side=tuple(real.images.shape[1:3]),
        labels=labels_of(split, wanted, asked),
    )


def labels_of(
    split: data.Split, wanted: str | None, asked: Sequence[np.ndarray]
) -> Labels | None:
    """Labels of all images of an evaluation, None if none were asked for."""
    if not asked:
        return None
    real, _, other = choose_real(split, wanted)
    return Labels(
        vocabulary=split.train.vocabulary,
        real=real.labels[:MOST_IMAGES],
        other=other.labels[:MOST_IMAGES],
        train=split.train.labels,
        held_out=split.holdout.labels,
        samples=asked,
    )


def prepare(
    split: data.Split,
    samples: list[np.ndarray],
    given: Mapping,
    chosen: Chosen,
    *,
    labels: Sequence[np.ndarray] = (),
    bars: Bars = NO_BARS,
) -> Evaluation:
    """Puts the two sides of an evaluation together.

    Args:
        split: The real images.
        samples: One uint8 [n, H, W, C] per sampling seed.
        given: Flags of `evaluate`, or a resolved configuration.
        chosen: What will be measured.
        labels: For each of `samples` the labels asked for, [n, L].
        bars: Shows how far it is.
    """
    real, name, other = choose_real(split, given.get("split"))
    cache = pathlib.Path(given.get("cache_dir") or data.cache_home())
    return Evaluation(
        metrics=chosen.metrics,
        real=np.asarray(real.images[:MOST_IMAGES]),
        split=name,
        other=np.asarray(other.images[:MOST_IMAGES]),
        train=split.train.images,
        held_out=split.holdout.images,
        samples=samples,
        extractor=chosen.extractor,
        layer=chosen.layer,
        cache_dir=str(cache / "features"),
        budget=given.get("iw_budget", "small"),
        critics=range(given.get("iw_critics", 3)),
        labels=labels_of(split, given.get("split"), labels),
        bars=bars,
    )
