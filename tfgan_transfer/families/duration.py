"""How long a run will take, from a few steps on noise."""

import statistics
from collections.abc import Mapping

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.single import build
from tfgan_transfer.settings.config import parse_size
from tfgan_transfer.settings.pair_config import CYCLEGAN
from tfgan_transfer.training import devices, precision

STEPS, LONGEST = 20, 30.0
_IMAGES = 256


def duration(config: Mapping, description: object) -> dict:
    """Trains for a few steps on noise, and says how long the run will take.

    Args:
        config: Resolved configuration.
        description: `data.Description` of the source, for its labels; not
            looked at where the model uses none.

    Returns:
        JSON values: seconds of the first step, which traces, and of each
        after it; hours of all steps, without evaluations and pictures.
    """
    pair = config["model"] == CYCLEGAN
    parts = pairs if pair else build
    images = _noise(config, description)
    train = pairs.Pair(images, images) if pair else images
    strategy = devices.strategy(config)
    devices.prepare(config)
    with strategy.scope():
        model = parts.gan(config, train, xla=devices.use_xla(config, strategy))
    stream = iter(parts.batches(config, train, strategy, 0))
    first = precision.elapsed(lambda: model.train_function(stream))
    precision.elapsed(lambda: model.train_function(stream))
    rest = []
    while len(rest) < STEPS and sum(rest) < LONGEST:
        rest.append(precision.elapsed(lambda: model.train_function(stream)))
    each = statistics.median(rest)
    return {
        "first_step_seconds": round(first, 1),
        "seconds_per_step": round(each, 4),
        "hours": round((first + each * config["steps"]) / 3600, 3),
    }


def _noise(config: Mapping, description: object) -> data.ImageSet:
    random = np.random.default_rng(0)
    sides = parse_size(config.get("load_size") or config["size"])
    shape = (_IMAGES, *sides, int(config["channels"]))
    labelled = config["conditioning"] != "none"
    vocabulary = description.vocabulary if labelled else ()
    mode = description.label_mode if vocabulary else "none"
    labels = np.zeros((_IMAGES, len(vocabulary)), np.float32)
    if vocabulary:
        rows = np.arange(_IMAGES)
        labels[rows, rows % len(vocabulary)] = 1
    return data.ImageSet(
        random.integers(0, 256, shape, np.uint8),
        labels,
        vocabulary,
        mode,
        tuple(map(str, range(_IMAGES))),
    )
