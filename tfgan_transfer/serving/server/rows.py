"""How many rows one request may have."""

import math

from tfgan_transfer.serving import card
from tfgan_transfer.serving.servable import Servable

# Each weight takes part in at most one multiplication for each pixel, so that
# this many are some seconds on a few cores.
_PRODUCTS = 2**44
# Of all rows; layers with 64 channels take 1 GiB for them.
_MOST_PIXELS = 2**22
_PIXELS = 2**16  # Of an image whose size is unknown.


def sensible(servable: Servable) -> int:
    """Rows that a model of this size answers within seconds and 1 GiB or so.

    Args:
        servable: The model; its size is that of its files and images.
    """
    files = (servable.path / "variables").glob("variables.data-*")
    weights = sum(file.stat().st_size for file in files) // 4
    pixels = _pixels(servable)
    # A model without weights still has to write its pixels.
    most = min(_MOST_PIXELS, _PRODUCTS // max(1, weights))
    return max(1, most // pixels)


def _pixels(servable: Servable) -> int:
    """Pixels of an image, from the card or the shapes of outputs."""
    shapes = [card.read(servable.path).get("image_shape")]
    for signature in servable.signatures.values():
        for info in signature.outputs.values():
            shapes.append([dim.size for dim in info.tensor_shape.dim][1:])
    known = [
        math.prod(shape[:2])
        for shape in shapes
        if isinstance(shape, list)
        and len(shape) == 3
        and all(isinstance(side, int) and side > 0 for side in shape)
    ]
    return max(known, default=_PIXELS)
