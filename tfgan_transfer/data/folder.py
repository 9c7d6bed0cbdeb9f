"""Images in a directory tree."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tfgan_transfer.data.labels import labelled
from tfgan_transfer.data.source import (
    Entry,
    Source,
    check_part,
    looks_like_image,
)
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
        hint = f"; did you mean zip:{path}?" if root.suffix == ".zip" else ""
        raise UserError(f"--data={spec}: expected a folder, found a file{hint}")
    if not os.path.isdir(root):
        raise UserError(f"--data={spec}: no such folder: {path}")
    if part and not _inside(root, part):
        check_part(spec, part, [p.name for p in root.iterdir() if p.is_dir()])
    root = root / part.strip("/")
    entries = {entry.name: entry for entry in _walk(root, "", frozenset())}

    def read_text(name: str) -> bytes | None:
        file = root / name
        return file.read_bytes() if file.is_file() else None

    return labelled(
        spec,
        entries,
        read_text,
        lambda name: (root / name).read_bytes(),
        labels,
    )


def _inside(root: Path, part: str) -> bool:
    return ".." not in part.split("/") and os.path.isdir(root / part.strip("/"))


def _walk(
    folder: Path, prefix: str, above: frozenset[tuple[int, int]]
) -> Iterator[Entry]:
    try:
        status = folder.stat()
        children = sorted(os.listdir(folder))
    except OSError as error:
        reason = f"folder cannot be listed ({error.strerror})"
        yield Entry(prefix.rstrip("/") or ".", problem=reason)
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        yield Entry(prefix.rstrip("/"), problem="link to a folder above it")
        return
    for child in children:
        name = prefix + child
        if looks_like_image(name):
            yield _entry(folder / child, name)
        elif not child.startswith(".") and (folder / child).is_dir():
            yield from _walk(folder / child, name + "/", above | {here})


def _entry(path: Path, name: str) -> Entry:
    try:
        status = path.stat()
    except OSError as error:
        return Entry(name, problem=f"cannot be opened ({error.strerror})")
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, problem="a directory, not a file")
    if not stat.S_ISREG(status.st_mode):
        return Entry(name, problem="not a regular file")
    identity = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
    return Entry(name, identity, status.st_size)
