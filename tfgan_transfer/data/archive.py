"""Images inside a zip file, read in place and never extracted."""

import os
import zipfile
from collections.abc import Iterable

from tfgan_transfer.data.labels import labelled
from tfgan_transfer.data.source import (
    Entry,
    Source,
    check_part,
    looks_like_image,
)
from tfgan_transfer.errors import UserError

_ENCRYPTED = 0x1


def open_archive(
    spec: str, path: str, part: str, labels: bool = True
) -> Source:
    """Lists the images of a zip file without unpacking it.

    Encrypted entries and entries whose path leads outside stay listed with
    that problem and are never read.

    Args:
        spec: The source as the user wrote it.
        path: The zip file.
        part: A folder inside it, or the empty string for the whole.
        labels: Whether to look for labels.

    Raises:
        UserError: No such file, not a zip file, no such folder in it, or an
            ambiguous layout.
    """
    archive = _open(spec, path)
    infos = {i.filename: i for i in archive.infolist() if not i.is_dir()}
    part = check_part(spec, part, _folders(infos))
    prefix = part + "/" if part else ""
    infos = {
        name.removeprefix(prefix): info
        for name, info in infos.items()
        if name.startswith(prefix)
    }
    entries = {
        name: _entry(name, info)
        for name, info in infos.items()
        if looks_like_image(name)
    }

    def fetch(name: str) -> bytes:
        return archive.read(infos[name])

    def read_text(name: str) -> bytes | None:
        return fetch(name) if name in infos else None

    return labelled(spec, entries, read_text, fetch, labels)


def _folders(names: Iterable[str]) -> set[str]:
    folders = set()
    for name in names:
        while name := name.rpartition("/")[0]:
            folders.add(name)
    return folders


def _open(spec: str, path: str) -> zipfile.ZipFile:
    file = os.path.expanduser(path)
    if os.path.isdir(file):
        raise UserError(
            f"--data={spec}: expected a zip file, found a folder; did you "
            f"mean folder:{path}?"
        )
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise UserError(f"--data={spec}: no such file: {path}") from error
    except zipfile.BadZipFile as error:
        raise UserError(
            f"--data={spec}: {path} is not a zip file or is damaged: {error}"
        ) from error
    except OSError as error:
        raise UserError(
            f"--data={spec}: {path} cannot be read: {error.strerror}"
        ) from error


def _entry(name: str, info: zipfile.ZipInfo) -> Entry:
    path = info.filename.replace("\\", "/")
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/"):
        return Entry(name, problem="its path leads outside the archive")
    if info.flag_bits & _ENCRYPTED:
        return Entry(name, problem="encrypted")
    return Entry(name, f"{info.file_size}-{info.CRC:08x}", info.file_size)
