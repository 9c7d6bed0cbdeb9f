"""Realism of single images: which samples to show, not how good a model is.

Kynkaanniemi et al. (2019), eq. 3: how deep an image lies in the nearest-
neighbour balls of the real ones. Large balls, which lie in sparse places and
take in nearly everything, are left out: the larger half of them.
"""

import numpy as np

from tfgan_transfer.metrics.distances import squared_distances, squared_radii
from tfgan_transfer.metrics.score import check_pair

NEIGHBOUR = 3
# Of a half of the real images, one ball at least.
FEWEST = NEIGHBOUR + 1


def realism(
    real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOUR
) -> np.ndarray:
    """Realism score of each generated image.

    Args:
        real: [N, D] features, N > k.
        fake: [M, D] features.
        k: Neighbour that sets the radius of a ball.

    Returns:
        Float64 [M], at least 0: above 1 where an image lies in a ball, the
        deeper the larger. Infinite for a copy of a real image.

    Raises:
        ValueError: There is no k-th neighbour, or the widths differ.
        UserError: Values that are not finite.
    """
    check_pair(real, fake)
    if len(real) <= k:
        raise ValueError(f"k={k} with {len(real)} real")
    radii = squared_radii(real, k)
    kept = radii <= np.median(radii)
    scores = np.zeros(len(fake))
    for rows, block in squared_distances(real[kept], fake):
        # A copy has distance 0, whatever the radius.
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = radii[kept][rows][:, None] / block
        ratio[block == 0] = np.inf
        scores = np.maximum(scores, ratio.max(axis=0))
    return np.sqrt(scores)
