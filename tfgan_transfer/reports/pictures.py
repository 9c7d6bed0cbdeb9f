"""Pictures inside the page: sheets cut into cells, data instead of files."""

import base64
import io
import itertools
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from tfgan_transfer import images
from tfgan_transfer.markup import Markup, element

# Pictures up to this width keep every pixel, shown as a square if enlarged.
_CRISP = 200
_QUALITY = 85
# Of a frame of an animation.
_MILLISECONDS = 80
# Pixels in which a picture is shown where the screen is large enough.
_WIDE = 500


def read(path: pathlib.Path) -> np.ndarray | None:
    """An image file as uint8 [H, W, C], C of 1 or 3; None if it is damaged."""
    try:
        with Image.open(path) as opened:
            kept = opened.mode if opened.mode in ("L", "RGB") else "RGB"
            pixels = np.asarray(opened.convert(kept))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return pixels if pixels.ndim == 3 else pixels[..., None]


def cells(
    sheet: np.ndarray, sizes: Iterable[tuple[int, int]]
) -> np.ndarray | None:
    """Cuts a sheet that training wrote into its images.

    Args:
        sheet: Uint8 [H, W, C], with a white line right of and below each.
        sizes: `(height, width)` that the images may have.

    Returns:
        Uint8 [rows, columns, h, w, C] as the model made them, or None if it
        is no such sheet.
    """
    for height, width in sizes:
        scale = images.readable_scale(height)
        pixels = sheet[::scale, ::scale]
        rows, below = divmod(pixels.shape[0], height + 1)
        columns, right = divmod(pixels.shape[1], width + 1)
        if below or right or not rows or not columns:
            continue
        parted = pixels.reshape(rows, height + 1, columns, width + 1, -1)
        lines = parted[:, -1], parted[:, :, :, -1]
        if all((line == 255).all() for line in lines):
            return parted[:, :-1, :, :-1].transpose(0, 2, 1, 3, 4)
    return None


def mosaic(batch: np.ndarray, columns: int) -> np.ndarray:
    """Lays images out with nothing between them but what is behind the page.

    Args:
        batch: Uint8 [N, H, W, C], C of 1 or 3.
        columns: Images per row.

    Returns:
        Uint8 [H', W', 4]; gaps, and places without an image, are transparent.
    """
    colours = np.broadcast_to(batch, (*batch.shape[:3], 3))
    opaque = np.full((*batch.shape[:3], 1), 255, np.uint8)
    sheet = images.grid(
        np.concatenate([colours, opaque], axis=-1), columns, gap=1, fill=0
    )
    return sheet[:-1, :-1]


def still(picture: np.ndarray, alt: str, wide: int = _WIDE) -> Markup:
    """An image of the page.

    Args:
        picture: Uint8 [H, W, C].
        alt: What it shows, in words.
        wide: Pixels to which it is enlarged; a small one by a whole factor,
            and so perhaps to a little less.
    """
    return _image(_webp([picture]), picture, alt, wide)


def moving(frames: Sequence[np.ndarray], alt: str, wide: int) -> Markup:
    """An animation, or its first frame for who wants nothing to move.

    Args:
        frames: Uint8 [H, W, C] each.
        alt: What it shows, in words.
        wide: As for `still`.
    """
    animation = _webp(frames)
    calm = element(
        "source",
        media="(prefers-reduced-motion: reduce)",
        srcset=_uri(_webp(frames[:1]), "image/webp"),
    )
    return element("picture", calm, _image(animation, frames[0], alt, wide))


def _image(data: bytes, picture: np.ndarray, alt: str, wide: int) -> Markup:
    height, width = picture.shape[:2]
    factor = max(1.0, wide / width)
    crisp = width <= _CRISP and factor >= 2
    if crisp:
        factor = int(factor)
    return element(
        "img",
        src=_uri(data, "image/webp"),
        alt=alt,
        width=round(factor * width),
        height=round(factor * height),
        class_="crisp" if crisp else None,
    )


def _webp(frames: Sequence[np.ndarray]) -> bytes:
    """One picture, or an endless animation of several."""
    first, *rest = [_pillow(frame) for frame in frames]
    # Lossy compression blurs what is enlarged afterwards.
    how = {"lossless": first.width <= _CRISP, "quality": _QUALITY}
    if rest:
        how |= {"save_all": True, "append_images": rest}
        how |= {"duration": _MILLISECONDS, "loop": 0}
    buffer = io.BytesIO()
    first.save(buffer, "WEBP", **how)
    return buffer.getvalue()


def _pillow(frame: np.ndarray) -> Image.Image:
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame)


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def spread(items: Sequence, most: int) -> list:
    """At most so many items, evenly chosen, the first and the last kept."""
    if len(items) <= most:
        return list(items)
    places = np.linspace(0, len(items) - 1, most).round().astype(int)
    return [items[i] for i, _ in itertools.groupby(places)]
