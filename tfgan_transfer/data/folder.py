"""Images in a directory tree."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tfgan_transfer.data.file_names import (
    ignored,
    looks_like_image,
    mistaken_for,
    unreadable,
)
from tfgan_transfer.data.labels import labelled
from tfgan_transfer.data.source import Entry, Source, check_part, too_large
from tfgan_transfer.errors import UserError


def open_folder(spec: str, path: str, part: str, labels: bool = True) -> Source:
    """Lists a folder of images without reading them.

    Links to files and folders are followed. Whatever has an image's name and
    cannot be one (a directory, a broken link) stays listed with its problem,
    and so do links back to a folder above and folders that cannot be listed.

    Args:
        spec: The source as the user wrote it.
        path: The folder.
        part: A folder below it, or the empty string for the whole.
        labels: Whether to look for labels.

    Raises:
        UserError: No such folder, or an ambiguous layout.
    """
    # os.path, unlike Path, takes a name the system refuses for an absent one.
    root = Path(os.path.expanduser(path))
    if os.path.isfile(root):
        raise UserError(
            f"--data={spec}: expected a folder, found a file; "
            f"{mistaken_for(path)}"
        )
    if not os.path.isdir(root):
        raise UserError(
            f"--data={spec}: no such folder; expected the path of a folder of "
            "pictures"
        )
    if part and not _inside(root, part):
        check_part(spec, part, [p.name for p in root.iterdir() if p.is_dir()])
    root = root / part.strip("/")
    entries = {entry.name: entry for entry in _walk(root)}

    def read_text(name: str) -> bytes | None:
        file = root / name
        if not file.is_file():
            return None
        if problem := too_large(file.stat().st_size):
            raise OSError(problem)
        return file.read_bytes()

    return labelled(
        spec,
        entries,
        read_text,
        lambda name: (root / name).read_bytes(),
        labels,
    )


def _inside(root: Path, part: str) -> bool:
    return ".." not in part.split("/") and os.path.isdir(root / part.strip("/"))


def _walk(root: Path) -> Iterator[Entry]:
    """Lists a tree of any depth, each folder with those it lies in."""
    left = [(root, "", frozenset(_above(root)))]
    while left:
        folder, prefix, above = left.pop()
        try:
            here, children = _place(folder), os.listdir(folder)
        except OSError as error:
            reason = f"folder cannot be listed ({error.strerror})"
            yield Entry(prefix.rstrip("/") or ".", problem=reason)
            continue
        if here in above:
            problem = "link to a folder above it"
            yield Entry(prefix.rstrip("/"), problem=problem)
            continue
        for child in children:
            if ignored(child):
                continue
            name, path = prefix + child, folder / child
            if looks_like_image(child):
                yield _entry(path, name)
            elif path.is_dir():
                left.append((path, name + "/", above | {here}))


def _above(root: Path) -> Iterator[tuple[int, int]]:
    # A link to one of these would bring all else that lies there.
    for folder in root.resolve().parents:
        try:
            yield _place(folder)
        except OSError:
            return


def _place(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _entry(path: Path, name: str) -> Entry:
    if problem := unreadable(name):
        return Entry(name, problem=problem)
    try:
        status = path.stat()
    except OSError as error:
        return Entry(name, problem=f"cannot be opened ({error.strerror})")
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, problem="a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        return Entry(name, problem="not a regular file")
    if problem := too_large(status.st_size):
        return Entry(name, problem=problem)
    identity = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
    return Entry(name, identity, status.st_size)
