"""Which model of the zoo is nearest to some images."""

import numpy as np
import tensorflow as tf

from tfgan_transfer import pixels
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.networks import features
from tfgan_transfer.trained import saved, zoo
from tfgan_transfer.trained.sampling import Sampler

# Of a generator, and of the images: enough to tell the zoo's models apart.
SAMPLES, IMAGES = 256, 512
_STRIDE, _SIDE, _BATCH = 32, 96, 64


def nearest(images: np.ndarray) -> dict[str, float]:
    """Ranks the models of the zoo by their samples, without any training.

    The paper ranks sources by the distance between their samples and the
    target images (Wang et al. 2018, table 5). Here it is KID between mean
    features of EfficientNet-Lite0, which comes with the package.

    Args:
        images: Uint8 `[N, H, W, C]`, at the size of the zoo's models.

    Returns:
        `zoo:NAME` -> KID, the nearest first.
    """
    target = _described(images[:IMAGES])
    distances = {}
    for name in zoo.names():
        found = saved.find(zoo.PREFIX + name, "--source")
        sampler = Sampler(saved.generator(found), found.manifest["run"], seed=0)
        drawn = _described(sampler.draw(SAMPLES))
        distances[zoo.PREFIX + name] = kid(target, drawn).value
    return dict(sorted(distances.items(), key=lambda item: item[1]))


def _described(images: np.ndarray) -> np.ndarray:
    """Mean features [N, D] of the deepest map, each of unit variance."""
    layer = features.FrozenFeatures(
        features.LITE0, (_STRIDE,), _SIDE, dtype="float32"
    )
    batches = [
        layer(pixels.to_float(images[i : i + _BATCH]))[0]
        for i in range(0, len(images), _BATCH)
    ]
    spread = features.load(features.LITE0).spreads[_STRIDE]
    return np.concatenate(
        [tf.reduce_mean(maps, [1, 2]).numpy() / spread for maps in batches]
    )
