"""What a run measures of itself, and when it warns."""

from collections.abc import Callable, Mapping

import numpy as np

from tfgan_transfer import data, images
from tfgan_transfer.cli import build
from tfgan_transfer.cli.evaluation import (
    choose_real,
    extractor_for,
    metric_names,
    prepare,
)
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.collapse import CollapseWatch
from tfgan_transfer.metrics.evaluate import Evaluation
from tfgan_transfer.metrics.label_accuracy import JUDGED

SMALLEST_FOR_MS_SSIM = 16


def while_training(
    settings: Mapping, split: data.Split
) -> Callable[[Callable], tuple[list[dict], str]]:
    """Makes what the `MetricEval` callback calls.

    Args:
        settings: Resolved configuration.
        split: The run's images.

    Returns:
        Maps a function from latents to images to JSON records of all metrics
        and a warning if the samples, all or of one label, are too alike.

    Raises:
        UserError: If a metric cannot be measured while training.
    """
    metrics = metric_names(settings["eval_metrics"], "--eval_metrics")
    _check(metrics, settings)
    network = extractor_for(settings, metrics)
    count = settings["eval_images"]
    inputs = [build.fixed_latents(settings, count)]
    labels = build.fixed_labels(settings, split.train, count)
    if labels is not None:
        inputs.append(labels)
    watch = _watch(split, count, labels is not None)

    def measure(sample: Callable) -> tuple[list[dict], str]:
        drawn = np.concatenate(
            [
                images.to_uint8(sample(*(x[i : i + 64] for x in inputs)))
                for i in range(0, count, 64)
            ]
        )
        run = prepare(
            split, [drawn], settings, extractor=network, labels=inputs[1:]
        )
        return _records(run, metrics), watch(drawn, labels) if watch else ""

    return measure


def _check(metrics: tuple[str, ...], settings: Mapping) -> None:
    for name in metrics:
        if name in JUDGED:
            raise UserError(
                f"--eval_metrics: {name} would train a classifier while the "
                "model trains; leave it out here and run `evaluate` afterwards"
            )
    if settings["best_metric"] not in metrics:
        raise UserError(
            f"--best_metric: {settings['best_metric']} is not among "
            f"--eval_metrics={','.join(metrics)}; add it there"
        )


def _watch(
    split: data.Split, count: int, labelled: bool
) -> CollapseWatch | None:
    """None for images too small for MS-SSIM."""
    real = choose_real(split, None)[0]
    pictures = np.asarray(real.images[:count])
    if min(pictures.shape[1:3]) < SMALLEST_FOR_MS_SSIM:
        return None
    if not labelled:
        return CollapseWatch(pictures)
    return CollapseWatch(pictures, real.labels[:count], real.vocabulary)


def _records(run: Evaluation, metrics: tuple[str, ...]) -> list[dict]:
    """Each row once, under the first metric that has it."""
    found = {}
    for name in metrics:
        for row in run.rows([name]):
            found.setdefault(row.score, {"metric": name, **row.record()})
    return list(found.values())
