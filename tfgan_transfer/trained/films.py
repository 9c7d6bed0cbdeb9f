"""Animations: GIF and WebP by Pillow, MP4 by ffmpeg where there is one."""

import contextlib
import itertools
import pathlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence

import numpy as np

from tfgan_transfer import images
from tfgan_transfer.errors import UserError
from tfgan_transfer.provenance import MARK

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
        save_mp4(path, frames, f"1000/{MILLISECONDS}")
    else:
        images.save_animation(path, frames, MILLISECONDS)


def save_mp4(
    path: pathlib.Path,
    frames: Iterable[np.ndarray],
    per_second: str,
    sound: pathlib.Path | None = None,
    instead: str = "FILE.webp or FILE.gif",
) -> None:
    """Writes frames as an MP4, one after the other.

    Args:
        path: The file.
        frames: Uint8 [H, W, C] each, of one size, at least one.
        per_second: Their rate, as a number or a fraction.
        sound: A video whose sound is taken, if it has any.
        instead: What can be given where no MP4 can be written.

    Raises:
        UserError: If ffmpeg is not there, or fails.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise UserError(
            f"--out: {str(path)!r} takes the program ffmpeg, which is not on "
            f"the PATH; install it, or give {instead}"
        )
    frames = iter(frames)
    first = next(frames)
    height, width, channels = first.shape
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [program, "-y", "-loglevel", "error", "-f", "rawvideo"]
    words += ["-pix_fmt", "gray" if channels == 1 else "rgb24"]
    words += ["-s", f"{width}x{height}", "-r", per_second, "-i", "-"]
    if sound:
        words += ["-i", str(sound), "-map", "0:v", "-map", "1:a?"]
    # Players want halved colours, and those want even sides.
    words += ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p"]
    words += ["-metadata", f"comment={MARK}"]
    words += ["-movflags", "+faststart", str(path)]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as process:
        # What ends early says why on stderr.
        with contextlib.suppress(BrokenPipeError):
            for frame in itertools.chain([first], frames):
                process.stdin.write(np.ascontiguousarray(frame).data)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise UserError(
            f"--out: ffmpeg could not write {str(path)!r} "
            f"({last_line(said)}); give {instead}"
        )


def last_line(said: str) -> str:
    """What a program said last, which is why it failed."""
    return " ".join(said.strip().splitlines()[-1:]) or "it says nothing"
