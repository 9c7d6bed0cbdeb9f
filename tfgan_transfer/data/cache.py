"""Decoded images on disk, for sets that do not fit the memory limit."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tfgan_transfer.errors import UserError

_FORMAT = 2
_INDEX = "index.json"
_IMAGES = "images.npy"
_HEADER_BYTES = 4096


def directory(cache_dir: str | os.PathLike | None, key: object) -> Path:
    """Returns where the images decoded from `key` belong.

    Args:
        cache_dir: The folder for all caches; None for `tfgan_transfer` in the
            user's cache home.
        key: Everything the pixels depend on, as JSON values.
    """
    cache_dir = cache_dir or cache_home()
    text = json.dumps([_FORMAT, key])
    name = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return Path(cache_dir) / name[:32]


def cache_home() -> Path:
    """The directory for what can be made again, in the user's cache."""
    home = os.path.expanduser("~")
    if home == "~":
        # A user without a name and without HOME, as in many containers.
        home = os.path.join(tempfile.gettempdir(), f"home-{os.getuid()}")
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return Path(caches) / "tfgan_transfer"


def allocate(folder: Path, shape: tuple[int, ...]) -> np.memmap:
    """Creates a uint8 array [N, H, W, C] backed by a file in `folder`.

    Raises:
        UserError: The disk has no room for it.
    """
    needed = int(np.prod(shape, dtype=np.int64))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"the decoded images need {needed / 2**30:.1f} GiB of disk in "
            f"{folder.parent} but {free / 2**30:.1f} GiB are free; name "
            "another place with --cache_dir or lower --limit or --size"
        )
    # open_memmap stores a given shape and no more, so holes of bad files are
    # closed by `compact` and not by growing.
    return np.lib.format.open_memmap(
        folder / _IMAGES, mode="w+", dtype=np.uint8, shape=shape
    )


def compact(images: np.memmap, keep: np.ndarray) -> np.memmap:
    """Rewrites the array file with only the rows whose numbers are given."""
    path = Path(images.filename)
    spare = path.with_suffix(".compact")
    smaller = np.lib.format.open_memmap(
        spare, mode="w+", dtype=np.uint8, shape=(len(keep), *images.shape[1:])
    )
    for row, source in enumerate(keep):
        smaller[row] = images[source]
    spare.replace(path)
    return smaller


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder that takes the final name when all went well.

    Raises:
        UserError: The place cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            tempfile.mkdtemp(prefix=folder.name + ".tmp-", dir=folder.parent)
        )
    except OSError as error:
        raise UserError(
            f"cannot write the image cache in {folder.parent} "
            f"({error.strerror}); name another place with --cache_dir"
        ) from error
    try:
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)
        try:
            temporary.rename(folder)
        except OSError:
            # Another process finished the same cache first.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_index(folder: Path, images: np.memmap, record: dict) -> None:
    """Completes a cache: pixels to the disk first, then the index."""
    images.flush()
    path = folder / _IMAGES
    seal = {"bytes": path.stat().st_size, "header": _header(path)}
    with open(folder / _INDEX, "w", encoding="utf-8") as file:
        json.dump({**record, "seal": seal}, file)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> tuple[np.memmap, dict] | None:
    """Returns the pixels and the record, or None if absent or damaged."""
    path = folder / _IMAGES
    try:
        record = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        seal = {"bytes": path.stat().st_size, "header": _header(path)}
        if record.pop("seal") != seal:
            return None
        return np.load(path, mmap_mode="r"), record
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _header(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read(_HEADER_BYTES)).hexdigest()
