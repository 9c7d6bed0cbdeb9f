"""One image file to uint8 pixels of the wanted size.

The rules, in this order:

- the first frame of an animation; the EXIF rotation is applied; colour
  profiles are ignored;
- grey of more than 8 bits is scaled to 8 (`max_value` becomes 255);
- transparent pixels are composited on white;
- three channels: grey is repeated; one channel: colour becomes its ITU-R 601
  luma;
- the size is reached by `fit`, with Pillow's antialiased Lanczos filter, once;
  an image that already has the size keeps its pixels untouched.
"""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.pixels import MOST_PIXELS as _MAX_PIXELS

# Only formats that Pillow decodes by itself: others start external programs.
_FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]
if "avif" in features.get_supported():
    _FORMATS.append("AVIF")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class DamagedImageError(Exception):
    """An image that cannot be used; the message is a short phrase."""


def check(size: tuple[int, int], channels: int, fit: str) -> None:
    """Refuses values that `decode` does not know.

    Raises:
        UserError: A size below 1, channels other than 1 and 3, or an unknown
            fit.
    """
    if min(size) < 1:
        raise UserError(f"--size must be at least 1 pixel, received {size}")
    if channels not in (1, 3):
        raise UserError(f"--channels must be 1 or 3, received {channels}")
    if fit not in _FITS:
        raise UserError(choices("--fit", fit, _FITS))


def decode(
    content: bytes | np.ndarray,
    size: tuple[int, int] | None,
    channels: int,
    fit: str,
    max_value: int = 65535,
    peaks: list[int] | None = None,
) -> np.ndarray:
    """Decodes one image.

    Args:
        content: An encoded file, or a uint8 or uint16 [h, w, c] array.
        size: (height, width) wanted; None for the image's own.
        channels: 1 or 3.
        fit: `"crop"` cuts the largest centred piece of the wanted aspect out;
            `"squash"` ignores the aspect; `"pad"` fits the whole image inside
            and repeats its outermost pixels around it, so that padding adds no
            edge that a critic could learn.
        max_value: What is white in an image of more than 8 bits.
        peaks: Takes up the largest value of such an image, whose values may
            then lie outside of the range.

    Returns:
        uint8 [height, width, channels].

    Raises:
        DamagedImageError: Whatever is wrong with the content.
    """
    try:
        image = _open(content)
        image.load()
        image = _upright(image)
        if _is_deep(image):
            image = _shallow(image, max_value, peaks)
        image = _channels(image, channels)
        pixels = np.asarray(_FITS[fit](image, *size) if size else image)
    except DamagedImageError:
        raise
    except Exception as error:  # Decoders raise anything on broken input.
        raise DamagedImageError(reason(error)) from error
    return pixels.reshape(*pixels.shape[:2], channels)


def header_size(content: bytes | np.ndarray) -> tuple[int, int]:
    """Returns (height, width) as stored, reading only an image's header."""
    try:
        width, height = _open(content).size
    except Exception as error:
        raise DamagedImageError(reason(error)) from error
    return height, width


def upright_size(content: bytes | np.ndarray) -> tuple[int, int]:
    """Returns (height, width) as `decode` would, reading only a header."""
    try:
        image = _open(content)
        turned = _orientation(image) >= 5
    except Exception as error:
        raise DamagedImageError(reason(error)) from error
    return image.size if turned else image.size[::-1]


def peak(content: bytes | np.ndarray) -> int:
    """The largest value of an image of more than 8 bits, 0 of any other.

    Raises:
        Exception: Any, if the content is damaged.
    """
    image = _open(content)
    return int(np.asarray(image).max()) if _is_deep(image) else 0


def reason(error: Exception) -> str:
    """Says in a short phrase what an exception means for a file."""
    text = " ".join(str(error).split())[:80]
    match error:
        case DamagedImageError():
            return text
        case Image.DecompressionBombError():
            return f"more than {_MAX_PIXELS} pixels"
        case UnidentifiedImageError():
            return "not an image of a known format"
        case zipfile.BadZipFile() if "CRC" in text:
            return "fails the checksum of its archive"
        case PermissionError():
            return "no permission to read it"
        case zipfile.BadZipFile() | zlib.error() | EOFError():
            return "damaged in its archive"
        case struct.error() | SyntaxError():
            return f"damaged ({text})"
        case OSError() if error.strerror:
            return f"cannot be read ({error.strerror})"
        case OSError() if "truncated" in text or "broken" in text:
            return "truncated or broken image data"
    return f"cannot be decoded ({type(error).__name__}: {text})"


def _open(content: bytes | np.ndarray) -> Image.Image:
    if isinstance(content, np.ndarray):
        return Image.fromarray(
            np.squeeze(content, -1) if content.shape[-1] == 1 else content
        )
    if not content:
        raise DamagedImageError("empty file")
    image = Image.open(io.BytesIO(content), formats=_FORMATS)
    # The header alone tells; a bomb goes off in decoding.
    if image.width * image.height > _MAX_PIXELS:
        raise DamagedImageError(f"more than {_MAX_PIXELS} pixels")
    return image


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I")


def _shallow(
    image: Image.Image, max_value: int, peaks: list[int] | None
) -> Image.Image:
    deep = np.asarray(image).astype(np.int64)
    lowest, highest = int(deep.min()), int(deep.max())
    if peaks is not None:
        peaks.append(highest)
    elif lowest < 0 or highest > max_value:
        raise DamagedImageError(
            f"values from {lowest} to {highest}, outside 0 to {max_value}"
        )
    deep = (deep.clip(0, max_value) * 255 + max_value // 2) // max_value
    return Image.fromarray(deep.astype(np.uint8))


def _upright(image: Image.Image) -> Image.Image:
    turn = _UPRIGHT.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # Broken metadata does not spoil good pixels.
        return 1
    return found if found in _UPRIGHT else 1


def _channels(image: Image.Image, channels: int) -> Image.Image:
    mode = "L" if channels == 1 else "RGB"
    if image.mode == "F":
        raise DamagedImageError("floating-point pixels")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if image.mode == "L" or image.mode == mode:
        return image.convert(mode)
    return image.convert("RGB").convert(mode)


def _resize(image: Image.Image, height: int, width: int) -> Image.Image:
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _crop(image: Image.Image, height: int, width: int) -> Image.Image:
    wide = min(image.width, round(image.height * width / height) or 1)
    high = min(image.height, round(image.width * height / width) or 1)
    left, top = (image.width - wide) // 2, (image.height - high) // 2
    piece = image.crop((left, top, left + wide, top + high))
    return _resize(piece, height, width)


def _pad(image: Image.Image, height: int, width: int) -> np.ndarray:
    scale = min(height / image.height, width / image.width)
    high = min(height, round(image.height * scale) or 1)
    wide = min(width, round(image.width * scale) or 1)
    inner = np.asarray(_resize(image, high, wide))
    top, left = (height - high) // 2, (width - wide) // 2
    around = [(top, height - high - top), (left, width - wide - left)]
    return np.pad(inner, around + [(0, 0)] * (inner.ndim - 2), mode="edge")


_FITS = {"crop": _crop, "squash": _resize, "pad": _pad}
