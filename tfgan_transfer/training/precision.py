"""Which arithmetic is the faster one on this machine."""

import functools
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.ops import processor
from tfgan_transfer.settings.config import parse_size
from tfgan_transfer.training import devices

AUTO, HALF, FULL = "auto", "mixed_bfloat16", "float32"
# What bfloat16 has to gain before it is worth its rounding.
WORTHWHILE = 0.85


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
    return faster(config["size"], config["width"], config["batch_size"])


@functools.cache
def faster(size: str, width: int, batch_size: int) -> str:
    """What is computed in, measured once: a plan and its run are to agree.

    Args:
        size: Of images, as `--size` has it.
        width: Channels of the layer that is tried.
        batch_size: Images in a batch.
    """
    works = {
        name: _layer(size, width, batch_size, name) for name in (FULL, HALF)
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(5):
        for name, work in works.items():
            seconds[name].append(elapsed(work))
    worth = min(seconds[HALF]) < WORTHWHILE * min(seconds[FULL])
    return HALF if worth else FULL


def has_bfloat16() -> bool:
    """Whether a GPU is there, or a processor that multiplies bfloat16."""
    if tf.config.list_logical_devices("GPU"):
        return True
    return processor.multiplies_bfloat16()


def _layer(
    size: str, width: int, batch_size: int, precision: str
) -> Callable[[], tf.Tensor]:
    """A convolution of the run's size, and both its gradients."""
    sides = [side // 2 for side in parse_size(size)]
    layer = Convolution(2 * width, 4, 2, padding="same", dtype=precision)
    shape = [batch_size, *sides, width]
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


def elapsed(work: Callable[[], object]) -> float:
    """Wall-clock seconds that some work takes, results included."""
    began = time.perf_counter()
    tf.nest.map_structure(np.asarray, work())
    return time.perf_counter() - began
