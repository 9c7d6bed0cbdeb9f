"""Images of nothing, to try a model on before its data is loaded."""

from collections.abc import Mapping

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.settings.config import parse_size

_IMAGES = 256


def images(config: Mapping, description: object) -> data.ImageSet:
    """Noise of the size and with the labels of a run's images.

    Args:
        config: Resolved configuration.
        description: `data.Description` of the source, for its labels; not
            looked at where the model uses none.
    """
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
