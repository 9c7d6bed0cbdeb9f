"""Short measurements on this machine: which arithmetic, and how long."""

import pathlib
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer import data
from tfgan_transfer.cli import build, devices, pairs
from tfgan_transfer.cli.config import parse_size
from tfgan_transfer.cli.pair_config import CYCLEGAN
from tfgan_transfer.errors import UserError
from tfgan_transfer.layers import Convolution

AUTO, HALF, FULL = "auto", "mixed_bfloat16", "float32"
# What bfloat16 has to gain before it is worth its rounding.
WORTHWHILE = 0.85
STEPS, LONGEST = 20, 30.0
_IMAGES = 256


def settle_precision(config: Mapping, before: Mapping) -> str:
    """Turns `--precision=auto` into what this run is computed in.

    Args:
        config: Resolved configuration.
        before: Settings of the run that is continued, which has settled it;
            empty for a new run.

    Raises:
        UserError: If several processes would have to agree.
    """
    if config["precision"] != AUTO:
        return config["precision"]
    if before:
        return before["precision"]
    if devices.worker_count() > 1:
        raise UserError(
            "--precision: auto is for one process, received a TF_CONFIG of "
            f"{devices.worker_count()}, which might choose differently; name "
            "float32 or mixed_bfloat16"
        )
    # Before anything touches the devices, which can be divided only once.
    devices.strategy(config)
    if not has_bfloat16():
        return FULL
    works = {name: _layer(config, name) for name in (FULL, HALF)}
    seconds = {name: [] for name in works}
    for _ in range(5):
        for name, work in works.items():
            seconds[name].append(_time(work))
    faster = min(seconds[HALF]) < WORTHWHILE * min(seconds[FULL])
    return HALF if faster else FULL


def has_bfloat16() -> bool:
    """Whether a GPU is there, or a processor that multiplies bfloat16."""
    if tf.config.list_logical_devices("GPU"):
        return True
    try:
        words = pathlib.Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(words)


def _layer(config: Mapping, precision: str) -> Callable[[], tf.Tensor]:
    """A convolution of the run's size, and both its gradients."""
    height, width = parse_size(config["size"])
    layer = Convolution(
        2 * config["width"], 4, 2, padding="same", dtype=precision
    )
    shape = [config["batch_size"], height // 2, width // 2, config["width"]]
    images = tf.cast(tf.random.uniform(shape), layer.compute_dtype)
    layer.build(shape)

    @tf.function
    def work() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            loss = tf.reduce_sum(tf.square(layer(images)))
        sources = [images, *(w.value for w in layer.trainable_weights)]
        gradients = tape.gradient(loss, sources)
        return tf.add_n([tf.cast(tf.reduce_sum(g), FULL) for g in gradients])

    work()
    return work


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    tf.nest.map_structure(np.asarray, work())
    return time.perf_counter() - began


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
    first = _time(lambda: model.train_function(stream))
    _time(lambda: model.train_function(stream))
    rest = []
    while len(rest) < STEPS and sum(rest) < LONGEST:
        rest.append(_time(lambda: model.train_function(stream)))
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
