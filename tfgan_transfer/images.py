"""Images on their way out: 8 bits, grids, files, animations."""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import ExifTags, Image

from tfgan_transfer.provenance import MARK


def resized(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scales images bicubically, averaging over what a smaller pixel covers.

    Args:
        images: Float32 [N, h, w, C].
        size: `(height, width)` in pixels.

    Returns:
        Float32 [N, height, width, C]; edges may overshoot the range.
    """
    if tuple(images.shape[1:3]) == tuple(size):
        return np.asarray(images)
    return tf.image.resize(images, size, "bicubic", antialias=True).numpy()


def grid(
    images: np.ndarray,
    columns: int | None = None,
    gap: int = 0,
    fill: int = 255,
) -> np.ndarray:
    """Lays images out row by row.

    Args:
        images: Uint8 [N, H, W, C], N >= 1.
        columns: Images per row; a nearly square grid when absent.
        gap: Pixels to the right of and below each image.
        fill: Value of those pixels, and of missing images; white if absent.

    Returns:
        Uint8 [rows * (H + gap), columns * (W + gap), C].
    """
    images = np.pad(
        images, ((0, 0), (0, gap), (0, gap), (0, 0)), constant_values=fill
    )
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    canvas = np.full((rows * columns, height, width, channels), fill, np.uint8)
    canvas[:count] = images
    canvas = canvas.reshape(rows, columns, height, width, channels)
    return canvas.transpose(0, 2, 1, 3, 4).reshape(
        rows * height, columns * width, channels
    )


def save(path: pathlib.Path, image: np.ndarray, scale: int = 1) -> None:
    """Writes one image; the suffix of the path chooses the format.

    A PNG has the bytes that an exported model answers with.

    Args:
        path: File to write; its directory is made.
        image: Uint8 [H, W, C], C of 1 or 3.
        scale: Whole factor by which pixels are repeated.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    image = image.repeat(scale, axis=0).repeat(scale, axis=1)
    if path.suffix == ".png":
        path.write_bytes(tf.io.encode_png(image).numpy())
    else:
        _pillow(image).save(path)


def save_sheet(path: pathlib.Path, sheet: np.ndarray) -> None:
    """Writes pictures laid out as one, marked as made by this program.

    Args:
        path: File to write; its directory is made.
        sheet: Uint8 [H, W, C], C of 1 or 3.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _pillow(sheet).save(path, **_marks())


def can_save(path: pathlib.Path) -> bool:
    """Whether the suffix of a path is that of a format that `save` writes.

    Args:
        path: Of a file.
    """
    kind = Image.registered_extensions().get(path.suffix.lower())
    return kind in Image.SAVE


def save_animation(
    path: pathlib.Path, frames: Sequence[np.ndarray], milliseconds: int = 60
) -> None:
    """Writes frames as an endless animated GIF or WebP.

    Args:
        path: File whose suffix is `.gif` or `.webp`.
        frames: Uint8 [H, W, C] each, at least one.
        milliseconds: Time that each frame is shown.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *rest = [_pillow(frame) for frame in frames]
    first.save(
        path,
        save_all=True,
        append_images=rest,
        duration=milliseconds,
        loop=0,
        **_marks(),
    )


def readable_scale(side: int) -> int:
    """Factor that brings a small image side to about 64 pixels on screen."""
    return max(1, 64 // side)


def _marks() -> dict:
    """What each format takes of it: GIFs a comment, the others EXIF."""
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = MARK
    return {"exif": exif, "comment": MARK}


def _pillow(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
