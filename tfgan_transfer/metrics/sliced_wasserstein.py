"""Sliced Wasserstein distance of image patches, TF-GAN's (Karras et al., 2018).

Needs no feature network. Patches from each level of a Laplacian pyramid are
projected on random directions and compared as sorted one-dimensional samples.
"""

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.features import NO_BARS, Bars
from tfgan_transfer.metrics.inception import tfgan_module
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.metrics.score import Row, Score

_PATCH = 7


@dataclasses.dataclass(frozen=True)
class SlicedWasserstein:
    """Distances at each level of the pyramid.

    Attributes:
        score: Mean over the levels, with its spread over the seeds.
        floor: The same between two draws of patches from the real images.
        levels: Distance by resolution: fine texture first, layout last.
    """

    score: Score
    floor: Score
    levels: dict[int, float]


def sliced_wasserstein(
    real: np.ndarray,
    fake: np.ndarray,
    seeds: tuple[int, ...] = (0, 1, 2),
    bars: Bars = NO_BARS,
) -> SlicedWasserstein:
    """Distance between the patches of real and generated images.

    Levels are blurred by uniform noise of one grey level first: TF-GAN
    divides each patch by its own standard deviation, which is 0 in the flat
    areas of drawings. The value depends on the number of images; about
    40 kB of memory per image and level are needed.

    Args:
        real: [N, S, S, C] uint8.
        fake: As many images of that shape.
        seeds: One measurement each: patches, directions and noise.
        bars: Shows how far it is.

    Returns:
        Mean, floor and levels; lower is better.

    Raises:
        ValueError: Shapes differ, or images are not uint8.
        UserError: Images that the pyramid cannot halve.

    Example:
        >>> import tfgan_transfer as tt
        >>> images = tt.load_images("shapes", size=32, limit=40).images
        >>> real, fake = images[:20], 255 - images[20:]
        >>> tt.metrics.sliced_wasserstein_distance(real, fake).score.value > 0
        True
    """
    if real.shape != fake.shape or real.ndim != 4:
        raise ValueError(f"images of shapes {real.shape}, {fake.shape}")
    if {real.dtype, fake.dtype} != {np.dtype(np.uint8)}:
        raise ValueError(
            f"images of {real.dtype} and {fake.dtype}, expected uint8"
        )
    if missing := unfit(*real.shape[1:3]):
        raise UserError(f"The sliced Wasserstein distance needs {missing}.")
    runs = np.array([_measure(real, fake, seed) for seed in bars(seeds)])
    protocol = f"swd/tf-gan, dequantised, {real.shape[1]} px, seeds {seeds}"
    floors, values = (
        Score(
            "swd",
            float(runs[..., side].mean()),
            float(runs[..., side].mean(axis=1).std(ddof=1))
            if len(seeds) > 1
            else None,
            "s.d. over seeds",
            len(real),
            len(fake),
            protocol,
        )
        for side in (0, 1)
    )
    mean_by_level = runs[..., 1].mean(axis=0)
    levels = {
        real.shape[1] >> level: float(value)
        for level, value in enumerate(mean_by_level)
    }
    return SlicedWasserstein(values, floors, levels)


def swd_rows(run: Evidence) -> Iterator[Row]:
    """The distance of an evaluation's first samples."""
    count = min(len(run.real), run.count)
    result = sliced_wasserstein(
        run.real[:count],
        run.samples[0][:count],
        bars=functools.partial(run.bars, desc="swd", unit="seed"),
    )
    yield Row(run.plain(result.score), run.plain(result.floor))


def swd_lacks(has: Material) -> str:
    """What is wrong with the size of the images, for `Needs`."""
    return unfit(*has.side)


def unfit(height: int, width: int) -> str:
    """What the distance needs of a size that it cannot be taken at.

    Args:
        height: In pixels.
        width: In pixels.

    Returns:
        Words that follow "needs"; none if it can be taken.
    """
    halvings = int(np.log2(height)) - int(np.log2(min(height, 16)))
    if height == width and height > _PATCH and height % 2**halvings == 0:
        return ""
    return (
        f"square images whose side can be halved down to 16, received "
        f"{height} x {width}; choose such a --size, e.g. "
        f"{max(16, 2 ** int(np.log2(height)))}"
    )


def _measure(real: np.ndarray, fake: np.ndarray, seed: int) -> list[tuple]:
    """(floor, distance) of each level.

    TF-GAN draws from NumPy's global state and from TensorFlow's. Here it
    draws in a graph of its own, and patches in the order of the graph, so
    that the draws repeat and disturb nobody.
    """
    metric = tfgan_module("sliced_wasserstein").sliced_wasserstein_distance
    rng = np.random.default_rng(seed)
    state, level = np.random.get_state(), tf.get_logger().level
    np.random.seed(seed)
    tf.get_logger().setLevel("ERROR")  # TF-GAN uses the deprecated py_func.
    try:
        with tf.Graph().as_default() as graph:
            tf.random.set_seed(seed)
            feed = {
                tf.compat.v1.placeholder(tf.float32, images.shape): images
                for images in (_dequantise(real, rng), _dequantise(fake, rng))
            }
            distances = metric(*feed)
            with tf.compat.v1.Session() as session:
                for operation in graph.get_operations():
                    if operation.type.startswith("PyFunc"):
                        patches = operation.outputs[0]
                        feed[patches] = session.run(patches, feed)
                return session.run(distances, feed)
    finally:
        np.random.set_state(state)
        tf.get_logger().setLevel(level)


def _dequantise(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.random(images.shape, np.float32)
    levels = (images + noise) / 128 - 1
    return np.repeat(levels, 3, axis=-1) if images.shape[-1] == 1 else levels
