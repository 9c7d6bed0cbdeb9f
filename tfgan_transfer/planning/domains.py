"""Whether two sets of images show the same things."""

import numpy as np

from tfgan_transfer.evaluations.feature_network import described
from tfgan_transfer.metrics.kid import kid

# Below it sets are alike. Faces that smile or not are 0.15 apart, lions and
# cougars 0.42, oranges and lemons 0.61; flowers and clothes 1.9, drawn and
# photographed faces 3.6.
ALIKE = 1.0


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """KID between two sets in features of the classifier of the package.

    Args:
        a: Uint8 `[N, H, W, C]`, two or more.
        b: Others, of any number from two on.
    """
    return kid(described(a), described(b)).value
