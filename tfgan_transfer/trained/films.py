"""Animations: GIF and WebP by Pillow, MP4 by ffmpeg where there is one."""

import pathlib
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np

from tfgan_transfer import images
from tfgan_transfer.errors import UserError

SUFFIXES = (".gif", ".webp", ".mp4")
MILLISECONDS = 60


def save(path: pathlib.Path, frames: Sequence[np.ndarray]) -> None:
    """Writes frames as an animation; the suffix of the path chooses the kind.

    Args:
        path: File whose suffix is one of `SUFFIXES`.
        frames: Uint8 [H, W, C] each, at least one.

    Raises:
        UserError: If ffmpeg is needed and is not there, or fails.
    """
    if path.suffix == ".mp4":
        _save_mp4(path, frames)
    else:
        images.save_animation(path, frames, MILLISECONDS)


def _save_mp4(path: pathlib.Path, frames: Sequence[np.ndarray]) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise UserError(
            f"--out: {str(path)!r} takes the program ffmpeg, which is not on "
            "the PATH; install it, or give FILE.webp or FILE.gif"
        )
    height, width, channels = frames[0].shape
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [program, "-y", "-loglevel", "error", "-f", "rawvideo"]
    words += ["-pix_fmt", "gray" if channels == 1 else "rgb24"]
    words += ["-s", f"{width}x{height}", "-r", f"1000/{MILLISECONDS}"]
    # Players want halved colours, and those want even sides.
    words += ["-i", "-", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
    words += ["-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    pixels = np.stack(frames).tobytes()
    finished = subprocess.run(words, input=pixels, capture_output=True)
    if finished.returncode:
        said = finished.stderr.decode(errors="replace").strip().splitlines()
        raise UserError(
            f"--out: ffmpeg could not write {str(path)!r} "
            f"({' '.join(said[-1:])}); give FILE.webp or FILE.gif"
        )
