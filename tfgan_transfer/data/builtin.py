"""Two sources that need no files: real digits and drawn shapes."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from tfgan_transfer.data.source import Entry, Item, Source
from tfgan_transfer.errors import UserError, choices

_SHAPES = 2000
_SHAPE_PIXELS = 64
_SUPERSAMPLING = 4
# Radius of each corner relative to the largest, walking around the centre.
_CORNERS = {
    "circle": (1.0,) * 90,
    "square": (1.0,) * 4,
    "star": (1.0, 0.4) * 5,
    "triangle": (1.0,) * 3,
}


def open_digits(spec: str, part: str) -> Source:
    """The 1,797 handwritten 8x8 digits that scikit-learn ships (UCI Optdigits).

    Grey values 0..16 are scaled to 0..255; the classes are the ten digits.

    Raises:
        UserError: scikit-learn is not installed, or a part was asked for.
    """
    if part:
        raise UserError(
            f"--data={spec}: digits has no parts; use --data=digits"
        )
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UserError(
            f"--data={spec} needs scikit-learn: pip install scikit-learn"
        ) from error
    digits = load_digits()
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]
    classes = tuple(str(name) for name in digits.target_names)

    def read(names: Sequence[str]) -> Iterator[Item]:
        for name in names:
            index = int(name.rpartition("-")[2])
            active = (int(digits.target[index]),)
            yield Item(name, active, partial(pixels.__getitem__, index))

    entries = tuple(Entry(f"digit-{i:04d}") for i in range(len(pixels)))
    return Source(spec, entries, "class", classes, read)


def open_shapes(spec: str, part: str) -> Source:
    """2,000 drawings of coloured shapes on white, in four classes.

    Drawing number i is the same shape, place, turn and colour in the domains
    `shapes#filled` (the default) and `shapes#outline`.

    Raises:
        UserError: A part other than these two.
    """
    domain = part or "filled"
    if domain not in ("filled", "outline"):
        parts = ("filled", "outline")
        raise UserError(choices(f"--data={spec}: domain", part, parts))
    classes = tuple(_CORNERS)

    def read(names: Sequence[str]) -> Iterator[Item]:
        for name in names:
            index = int(name.rpartition("-")[2])
            draw = partial(_draw, index, filled=domain == "filled")
            yield Item(name, (index % len(classes),), draw)

    entries = tuple(Entry(f"{domain}-{i:04d}") for i in range(_SHAPES))
    return Source(spec, entries, "class", classes, read)


def _draw(index: int, filled: bool) -> np.ndarray:
    # A hash instead of a random generator: no library can change the set.
    digest = hashlib.sha256(f"shape {index}".encode()).digest()
    u = [byte / 255 for byte in digest]
    side = _SHAPE_PIXELS * _SUPERSAMPLING
    radius = side * (0.2 + 0.2 * u[0])
    x, y = (radius + v * (side - 2 * radius) for v in u[1:3])
    colour = tuple(round(20 + 190 * v) for v in u[3:6])
    corners = list(_CORNERS.values())[index % len(_CORNERS)]
    points = []
    for corner, reach in enumerate(corners):
        angle = 2 * math.pi * (corner / len(corners) + u[6])
        points.append(
            (
                x + radius * reach * math.cos(angle),
                y + radius * reach * math.sin(angle),
            )
        )
    image = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(image)
    if filled:
        pen.polygon(points, fill=colour)
    else:
        ring = points + points[:2]
        pen.line(ring, fill=colour, width=side // 24, joint="curve")
    return np.asarray(image.reduce(_SUPERSAMPLING))
