"""What a run measures of itself, and when it warns."""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from tfgan_transfer import data, images
from tfgan_transfer.cli import build
from tfgan_transfer.cli.evaluation import (
    choose_real,
    extractor_for,
    metrics_while_training,
    prepare,
)
from tfgan_transfer.metrics.collapse import CollapseWatch
from tfgan_transfer.metrics.evaluate import Evaluation

SMALLEST_FOR_MS_SSIM = 16


def while_training(
    settings: Mapping, split: data.Split
) -> Callable[[keras.Model], tuple[list[dict], str]]:
    """Makes what the `MetricEval` callback calls.

    Args:
        settings: Resolved configuration.
        split: The run's images.

    Returns:
        Maps the model to JSON records of all metrics, and a warning if its
        samples, all or of one label, are too alike.

    Raises:
        UserError: If a metric cannot be measured while training.
    """
    metrics = metrics_while_training(settings)
    network = extractor_for(settings, metrics)
    count = settings["eval_images"]
    inputs = [build.fixed_latents(settings, count)]
    labels = build.fixed_labels(settings, split.train, count)
    if labels is not None:
        inputs.append(labels)
    watch = _watch(split, count, labels is not None)

    def measure(model: keras.Model) -> tuple[list[dict], str]:
        drawn = np.concatenate(
            [
                images.to_uint8(model.sample(*(x[i : i + 64] for x in inputs)))
                for i in range(0, count, 64)
            ]
        )
        run = prepare(
            split, [drawn], settings, extractor=network, labels=inputs[1:]
        )
        return _records(run, metrics), watch(drawn, labels) if watch else ""

    return measure


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
