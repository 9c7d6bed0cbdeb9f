"""Videos translated frame by frame, by ffmpeg where there is one.

Frames are translated one by one and know nothing of each other, so that what
the translator adds may flicker; how much is measured and said.
"""

import itertools
import pathlib
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import films

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
Frames = Iterator[np.ndarray]


def is_video(path: str) -> bool:
    """Whether a path is that of a video file, by its name."""
    return pathlib.Path(path).suffix.lower() in SUFFIXES


def program(name: str) -> str:
    """The path of ffmpeg or of ffprobe, which comes with it.

    Raises:
        UserError: If it is not there.
    """
    found = shutil.which(name)
    if found is None:
        raise UserError(
            f"--images: a video takes the program {name}, which is not on the "
            "PATH; install ffmpeg, or give a folder of pictures"
        )
    return found


def rate(path: pathlib.Path) -> str:
    """Frames per second of a video, as a fraction such as `30000/1001`.

    Raises:
        UserError: If ffprobe finds no pictures in it.
    """
    words = [program("ffprobe"), "-v", "error", "-select_streams", "v:0"]
    words += ["-show_entries", "stream=r_frame_rate", "-of", "csv=p=0"]
    done = subprocess.run([*words, str(path)], capture_output=True, text=True)
    said = done.stdout.strip().strip(",")
    if done.returncode or not said:
        raise UserError(
            f"--images: ffprobe finds no pictures in {str(path)!r} "
            f"({films.last_line(done.stderr)}); give another file"
        )
    return said


def frames(path: pathlib.Path, per_second: str) -> Frames:
    """The pictures of a video, uint8 [H, W, 3], turned as it says they are.

    Args:
        path: The file.
        per_second: Its rate, at which frames are repeated or left out.
    """
    words = [program("ffmpeg"), "-loglevel", "error", "-i", str(path)]
    words += ["-r", per_second, "-f", "image2pipe", "-c:v", "ppm", "-"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            while (frame := _read_ppm(process.stdout)) is not None:
                yield frame
        finally:
            # Whoever stops reading leaves nobody to write to.
            process.stdout.close()


def _read_ppm(pipe: BinaryIO) -> np.ndarray | None:
    """The next picture of a stream of PPM files, None at its end."""
    if pipe.readline().strip() != b"P6":
        return None
    width, height = map(int, pipe.readline().split())
    pipe.readline()
    pixels = np.frombuffer(pipe.read(height * width * 3), np.uint8)
    if len(pixels) < height * width * 3:
        return None
    return pixels.reshape(height, width, 3)


def write(
    path: pathlib.Path,
    made: Iterable[np.ndarray],
    per_second: str,
    sound: pathlib.Path,
) -> None:
    """Writes pictures as an MP4 with the sound of another video.

    Args:
        path: The file.
        made: Uint8 [H, W, C] each, of one size.
        per_second: Their rate.
        sound: The video whose sound is taken, if it has any.

    Raises:
        UserError: If there are none, or ffmpeg fails.
    """
    made = iter(made)
    first = next(made, None)
    if first is None:
        raise UserError(
            "--images: the video has no pictures that ffmpeg can read; give "
            "another file"
        )
    every = itertools.chain([first], made)
    instead = "another place, or a folder of pictures"
    films.save_mp4(path, every, per_second, sound, instead)


class Flicker:
    """How much pictures change from one to the next, before and after.

    Attributes:
        before: Mean absolute change of the originals, of 255 levels.
        after: The same of their translations.
        count: Pairs of pictures that were compared.
    """

    def __init__(self):
        self.before = self.after = 0.0
        self.count = 0
        self._last = None

    def watched(
        self,
        originals: Iterable[np.ndarray],
        translate: Callable[[np.ndarray], np.ndarray],
    ) -> Frames:
        """Translates pictures and compares each with the one before it."""
        for original in originals:
            both = original, translate(original)
            if self._last is not None:
                self.count += 1
                old, new = (
                    np.abs(now.astype(float) - then).mean()
                    for now, then in zip(both, self._last, strict=True)
                )
                self.before += (old - self.before) / self.count
                self.after += (new - self.after) / self.count
            self._last = both
            yield both[1]

    def __str__(self) -> str:
        if not self.count:
            return "flicker   a single picture has none"
        levels = f"{self.after:.1f} levels of 255 against {self.before:.1f}"
        if not self.before:
            return f"flicker   {levels} from one picture to the next"
        return (
            f"flicker   {levels} from one picture to the next, "
            f"{self.after / self.before:.1f} times as much as in the original"
        )
