"""Sizes of images, as people write them."""

import re

from tfgan_transfer.errors import UserError


def parse_size(size: str, flag: str = "--size") -> tuple[int, int]:
    """Reads a size, such as `--size`.

    Args:
        size: A side in pixels such as "64", or "HEIGHTxWIDTH".
        flag: The flag that gave it, for errors.

    Returns:
        (height, width) in pixels.

    Raises:
        UserError: If it is neither, or a side is not within 8 to 1024.
    """
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", str(size).strip().lower())
    if match:
        height = int(match[1])
        width = int(match[2] or height)
        if 8 <= min(height, width) and max(height, width) <= 1024:
            return height, width
    raise UserError(
        f"{flag}: expected a side such as 64, or HEIGHTxWIDTH such as 64x96, "
        f"of 8 to 1024 pixels, received {size!r}"
    )


def usual(side: int) -> int:
    """The size that images are trained at whose user names none.

    Args:
        side: Smaller side of a typical image, in pixels.

    Returns:
        64, or the power of two below the side of smaller ones, at least 8.
    """
    return min(64, 2 ** max(3, side.bit_length() - 1))
