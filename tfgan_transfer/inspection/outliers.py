"""Pictures unlike the others of their set, by what a classifier sees in them.

Each picture becomes one vector: the two deepest maps of a frozen network, each
averaged over the picture and scaled to length one. How far it lies from the
bulk of the set is its Mahalanobis distance (Mahalanobis 1936) under a
covariance that is shrunk (Ledoit & Wolf 2004), because vectors are about as
long as sets are large. Two precautions: the picture itself is never among
those that the covariance is taken of, for in a small set nothing is far from a
covariance that has seen it; and neither are the farthest of the others, or ten
pictures of the wrong kind would excuse one another.
"""

import numpy as np
import tensorflow as tf
from sklearn.covariance import ledoit_wolf

from tfgan_transfer import pixels
from tfgan_transfer.networks.features import LITE0, FrozenFeatures

# The features are of pictures of this side.
SIDE = 128
# Sets of fewer have no bulk to be far from.
FEWEST = 30
# Spreads of the logarithm of the distance above its median. Of sets of one kind
# of picture up to one in a hundred is above, of foreign pictures nearly all
# (`benchmarks/check_sets.py`).
FAR = 2.5
_STRIDES = (16, 32)
_BATCH = 50
_FOLDS = 5
# Share of the nearest that the covariance is taken of, round by round.
_BULK = (0.5, 0.75, 0.9)
# The spread is read off where a tenth of the set is farther, so that sets with
# many odd pictures of their own call fewer of them far.
_UPPER, _UPPER_OF_NORMAL = 0.9, 1.2816
# Below the spread of any set but one of copies.
_LEAST_SPREAD = 0.02
_EPSILON = 1e-9


def features(images: np.ndarray) -> np.ndarray:
    """One vector for each picture.

    Args:
        images: Uint8 [N, H, W, 3].

    Returns:
        Float64 [N, 432], the parts of each map of length one.
    """
    layer = FrozenFeatures(LITE0, _STRIDES, SIDE)

    @tf.function(reduce_retracing=True)
    def means(batch: tf.Tensor) -> tf.Tensor:
        maps = layer(pixels.to_float(batch))
        found = [tf.reduce_mean(part, (1, 2)) for part in maps]
        return tf.concat([tf.nn.l2_normalize(v, 1) for v in found], 1)

    parts = [
        means(np.asarray(images[start : start + _BATCH])).numpy()
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts).astype(np.float64)


def oddness(vectors: np.ndarray) -> np.ndarray:
    """How unlike the others each picture is.

    Args:
        vectors: Float [N, D].

    Returns:
        Float64 [N]: distance from the bulk of the set, in spreads of its
        logarithm above the median. Zeros for sets of fewer than `FEWEST`.
    """
    if len(vectors) < FEWEST:
        return np.zeros(len(vectors))
    x = vectors - np.median(vectors, axis=0)
    x = x / (x.std(axis=0) + _EPSILON)
    far = np.linalg.norm(x, axis=1)
    fold = np.arange(len(x)) % _FOLDS
    for share in _BULK:
        near = far <= np.quantile(far, share)
        far = np.empty(len(x))
        for k in range(_FOLDS):
            far[fold == k] = _distance(x[near & (fold != k)], x[fold == k])
    heights = np.log(np.maximum(far, _EPSILON))
    above = heights - np.median(heights)
    spread = np.quantile(above, _UPPER) / _UPPER_OF_NORMAL
    return above / max(spread, _LEAST_SPREAD)


def _distance(bulk: np.ndarray, x: np.ndarray) -> np.ndarray:
    covariance, _ = ledoit_wolf(bulk)
    covariance = covariance + _EPSILON * np.eye(len(covariance))
    apart = x - bulk.mean(axis=0)
    return np.sqrt((apart * np.linalg.solve(covariance, apart.T).T).sum(1))
