"""Which feature network an evaluation uses, and whether a critic has seen it.

The network that was given; or else TF-GAN's Inception, where the Hub's cache
has it or it can be fetched; or else the classifier that comes with the
package, whose values bear its name: `kid[lite0@stride_32]`.
"""

import dataclasses
import functools
import sys
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.features import extract
from tfgan_transfer.networks import features
from tfgan_transfer.settings import schedule

# As long as the side at which critics see images: enough for small ones.
SIDE = 128
_STRIDE = 32
_ON_FEATURES = ("projected", "both")


def load(name: str | None, run: Mapping) -> inception.Extractor:
    """Loads the feature network of an evaluation.

    Args:
        name: `--inception`: a SavedModel's directory, `lite0` for the
            classifier that comes with the package, None for what can be had.
        run: Configuration of the run that is judged; empty if there is none.

    Returns:
        The network. If the run's critic judges by the same network, every
        protocol says so: values are then not independent.

    Raises:
        UserError: The directory holds no such model.
    """
    if name == features.LITE0:
        return _marked(_lite0(), run)
    try:
        return inception.load(name)
    except UserError:
        if name is not None:
            raise
    print(
        f"TF-GAN's Inception is not in the Hub's cache and cannot be fetched: "
        f"measuring with {features.LITE0}, the network that comes with the "
        "package (--inception=DIR for another)",
        file=sys.stderr,
        flush=True,
    )
    return _marked(_lite0(), run)


def seen_by_critic(run: Mapping) -> bool:
    """Whether a run's losses come from the network of the package.

    Args:
        run: Its configuration.
    """
    parts = schedule.critics(run.get("critic_schedule"))
    critics = {run.get("critic"), *(part.settings["critic"] for part in parts)}
    frozen = run.get("features") or features.LITE0
    watched = critics & {*_ON_FEATURES} or run.get("content_weight")
    return frozen == features.LITE0 and bool(watched)


def described(images: np.ndarray) -> np.ndarray:
    """What the classifier that comes with the package sees in images.

    Args:
        images: Uint8 `[N, H, W, C]`.

    Returns:
        Float32 `[N, D]`.
    """
    network = _lite0()
    layer = network.layer(None)
    return extract(network, images, [layer])[layer]


def describer() -> Callable[[np.ndarray], np.ndarray] | None:
    """`described`, or None where the classifier is not installed."""
    try:
        _lite0()
    except UserError:
        return None
    return described


def content(run: Mapping) -> inception.Extractor:
    """Early maps of the classifier that comes with the package.

    As in `translation_losses.feature_distance`, of which distances between
    these features are the square roots: of unit length at each position.

    Args:
        run: As in `load`.
    """
    return _marked(_content(), run)


@functools.cache
def _content() -> inception.Extractor:
    network, strides = features.load(features.LITE0), features.EARLY

    def directions(images: tf.Tensor) -> dict[str, tf.Tensor]:
        found = network.maps(images, strides)
        parts = []
        for stride in strides:
            unit = tf.math.l2_normalize(found[stride], axis=-1)
            positions = unit.shape[1] * unit.shape[2]
            flat = tf.reshape(unit, [-1, positions * unit.shape[3]])
            parts.append(flat / (len(strides) * positions) ** 0.5)
        return {"strides_4_8": tf.concat(parts, axis=1)}

    return inception.from_function(
        directions,
        features.LITE0,
        SIDE,
        network.fingerprint,
        f"user:{features.LITE0}",
    )


def _marked(
    extractor: inception.Extractor, run: Mapping
) -> inception.Extractor:
    return dataclasses.replace(extractor, seen=seen_by_critic(run))


@functools.cache
def _lite0() -> inception.Extractor:
    network = features.load(features.LITE0)

    def means(images: tf.Tensor) -> dict[str, tf.Tensor]:
        found = network.maps(images, [_STRIDE])[_STRIDE]
        # In spreads, or the cubes of KID would be of no readable size.
        mean = tf.reduce_mean(found, (1, 2)) / network.spreads[_STRIDE]
        return {f"stride_{_STRIDE}": mean}

    return inception.from_function(
        means,
        features.LITE0,
        SIDE,
        network.fingerprint,
        f"user:{features.LITE0}",
    )
