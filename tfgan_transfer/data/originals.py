"""Images as their source has them: the size of each, the pixels of a few."""

from collections.abc import Iterator, Sequence

import numpy as np

from tfgan_transfer.data import decode
from tfgan_transfer.data.filling import quiet
from tfgan_transfer.data.source import Item, printable
from tfgan_transfer.data.sources import open_source


def sizes(spec: str, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Reads how large images are, without decoding them.

    Args:
        spec: See `load`.
        names: Images, as `ImageSet.names` has them.

    Returns:
        Name -> (height, width) in pixels, upright. An image whose header
        cannot be read is missing.
    """
    found = {}
    for name, item in _items(spec, names):
        try:
            found[name] = decode.upright_size(item.fetch())
        except Exception:  # noqa: S112 - Whatever is wrong with a file.
            continue
    return found


def pictures(
    spec: str, names: Sequence[str], most: int
) -> dict[str, np.ndarray]:
    """Decodes images in their own shape.

    Args:
        spec: See `load`.
        names: Images, as `ImageSet.names` has them.
        most: The longest side in pixels; larger images are scaled down.

    Returns:
        Name -> uint8 [h, w, 3]. An image that cannot be decoded is missing.
    """
    found = {}
    for name, item in _items(spec, names):
        try:
            pixels = decode.decode(item.fetch(), None, 3, "squash")
        except Exception:  # noqa: S112 - Whatever is wrong with a file.
            continue
        scale = min(1, most / max(pixels.shape[:2]))
        size = tuple(max(1, round(n * scale)) for n in pixels.shape[:2])
        found[name] = decode.decode(pixels, size, 3, "squash")
    return found


def _items(spec: str, names: Sequence[str]) -> Iterator[tuple[str, Item]]:
    source = open_source(spec)
    raw = {printable(entry.name): entry.name for entry in source.entries}
    asked = {raw[name]: name for name in names if name in raw}
    with quiet():
        for item in source.read([*asked]):
            yield asked[item.name], item
