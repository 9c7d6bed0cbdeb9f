"""Sheets of pictures as large as people look at them, rows by name."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgan_transfer import images

# Pixels of a picture's side where --cell does not say, and of a whole sheet
# that nobody has asked to be larger.
CELL, LARGEST = 128, 4096
# Of the height of a row, and in pixels.
_LETTERS, _SMALLEST, _LARGEST = 0.16, 11, 22


def factor(given: Mapping, side: int, across: int) -> int:
    """The whole number of times that each pixel is repeated.

    Args:
        given: Options of `generate`: `cell`, the least side of a picture.
        side: Smaller side of a picture in pixels.
        across: Pictures along the longer side of the sheet.

    Returns:
        The smallest factor that reaches `cell`; without one that which reaches
        `CELL`, unless the sheet grew larger than `LARGEST`.
    """
    wanted = max(1, -(-given.get("cell", CELL) // side))
    if "cell" in given:
        return wanted
    return max(1, min(wanted, LARGEST // (side * across)))


def enlarged(batch: np.ndarray, times: int) -> np.ndarray:
    """Repeats the pixels of images [N, H, W, C] in both directions."""
    return batch.repeat(times, axis=1).repeat(times, axis=2)


def sheet(
    batch: np.ndarray, given: Mapping, columns: int | None = None
) -> np.ndarray:
    """Lays images out, enlarged as `--cell` says.

    Args:
        batch: Uint8 [N, H, W, C].
        given: Options of `generate`.
        columns: Images per row; a nearly square sheet when absent.

    Returns:
        Uint8 [H', W', C].
    """
    columns = columns or int(np.ceil(np.sqrt(len(batch))))
    across = max(columns, -(-len(batch) // columns))
    times = factor(given, min(batch.shape[1:3]), across)
    return images.grid(enlarged(batch, times), columns, gap=max(1, times // 2))


def named(
    batch: np.ndarray, names: Sequence[str], given: Mapping
) -> np.ndarray:
    """A row of pictures for each name, which stands before it.

    Pictures that were to stay as they are drawn, with `--cell` of 0 or of
    their own size, get no names: rows of few pixels have no room for letters.

    Args:
        batch: Uint8 [rows * columns, H, W, C], row after row.
        names: Of the rows.
        given: Options of `generate`.

    Returns:
        Uint8 [H', W', C].
    """
    columns = len(batch) // len(names)
    rows = sheet(batch, given, columns)
    height = rows.shape[0] // len(names)
    if height <= batch.shape[1] + 1 and "cell" in given:
        return rows
    letters = int(np.clip(_LETTERS * height, _SMALLEST, _LARGEST))
    font = ImageFont.truetype(_font(), letters)
    widest = max(font.getlength(name) for name in names)
    margin = Image.new("RGB", (int(widest) + 2 * letters, len(rows)), "white")
    pen = ImageDraw.Draw(margin)
    for number, name in enumerate(names):
        middle = (letters, int((number + 0.5) * height))
        pen.text(middle, name, "black", font, anchor="lm")
    drawn = np.asarray(margin)[..., : rows.shape[-1]]
    return np.concatenate([drawn, rows], axis=1)


def _font() -> pathlib.Path:
    """A font of many scripts that is there wherever matplotlib is."""
    import matplotlib

    fonts = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf")
    return fonts / "DejaVuSans.ttf"
