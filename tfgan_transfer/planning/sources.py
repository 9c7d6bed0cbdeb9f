"""Which model of the zoo is nearest to some images."""

import numpy as np

from tfgan_transfer.evaluations.feature_network import described
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.trained import saved, zoo
from tfgan_transfer.trained.sampling import Sampler

# Of a generator, and of the images: enough to tell the zoo's models apart.
SAMPLES, IMAGES = 256, 512


def nearest(images: np.ndarray) -> dict[str, float]:
    """Ranks the models of the zoo by their samples, without any training.

    The paper ranks sources by the distance between their samples and the
    target images (Wang et al. 2018, table 5). Here it is KID between features
    of the classifier that comes with the package.

    Args:
        images: Uint8 `[N, H, W, C]`. Models of another size are left out.

    Returns:
        `zoo:NAME` -> KID, the nearest first.
    """
    target = described(images[:IMAGES])
    distances = {}
    for name in zoo.names():
        found = saved.find(zoo.PREFIX + name, "--source")
        shape = found.manifest["run"]["generator"]["image_shape"]
        if tuple(shape[:2]) != images.shape[1:3]:
            continue
        sampler = Sampler(saved.generator(found), found.manifest["run"], seed=0)
        drawn = described(sampler.draw(SAMPLES))
        distances[zoo.PREFIX + name] = kid(target, drawn).value
    return dict(sorted(distances.items(), key=lambda item: item[1]))
