"""Images inside a zip file, read in place and never extracted."""

import os
import posixpath
import zipfile
from collections.abc import Iterable

from tfgan_transfer.data.file_names import (
    looks_like_image,
    mistaken_for,
    no_set,
    unreadable,
)
from tfgan_transfer.data.labels import labelled
from tfgan_transfer.data.source import Entry, Source, check_part, too_large
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
    infos, replaced = _listed(archive)
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
    for name, info in replaced:
        if name.startswith(prefix) and looks_like_image(name):
            name = f"{name.removeprefix(prefix)} (at {info.header_offset})"
            entries[name] = Entry(name, problem="another entry has its name")

    def fetch(name: str) -> bytes:
        return _read(archive, infos[name])

    def read_text(name: str) -> bytes | None:
        return fetch(name) if name in infos else None

    return labelled(spec, entries, read_text, fetch, labels)


def _listed(
    archive: zipfile.ZipFile,
) -> tuple[dict[str, zipfile.ZipInfo], list[tuple[str, zipfile.ZipInfo]]]:
    """The files by name, and those that a later one of that name replaces."""
    infos, replaced = {}, []
    for info in archive.infolist():
        # Windows writes its own separator, some programs a leading "./".
        name = info.filename.replace("\\", "/")
        if name.endswith("/"):
            continue
        if not _leads_outside(name):
            name = posixpath.normpath(name)
        if name in infos:
            replaced.append((name, infos[name]))
        infos[name] = info
    return infos, replaced


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Reads what an entry declares, however much it would unpack to."""
    if problem := too_large(info.file_size):
        raise zipfile.BadZipFile(problem)
    with archive.open(info) as file:
        # Without a number, all of it is unpacked before it is cut off.
        return file.read(info.file_size + 1)


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
            f"--data={spec}: expected a zip file, found a folder; "
            f"{mistaken_for(path)}"
        )
    if os.path.exists(file) and not os.path.isfile(file):
        raise UserError(
            f"--data={spec}: expected a zip file, found something that is "
            "neither a file nor a folder; copy it to a file first"
        )
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise UserError(
            f"--data={spec}: no such file; expected the path of a zip file of "
            "pictures"
        ) from error
    except OSError as error:
        raise UserError(
            f"--data={spec}: cannot be read ({error.strerror}); give a zip "
            "file that can be"
        ) from error
    except Exception as error:  # A directory of entries is broken in any way.
        raise UserError(
            f"--data={spec}: it is not a zip file or is damaged "
            f"({' '.join(str(error).split())}); "
            f"{no_set(path) or 'copy it from where it is whole'}"
        ) from error


def _entry(name: str, info: zipfile.ZipInfo) -> Entry:
    if _leads_outside(info.filename.replace("\\", "/")):
        return Entry(name, problem="its path leads outside the archive")
    if info.flag_bits & _ENCRYPTED:
        return Entry(name, problem="encrypted")
    if problem := unreadable(name) or too_large(info.file_size):
        return Entry(name, problem=problem)
    return Entry(name, f"{info.file_size}-{info.CRC:08x}", info.file_size)


def _leads_outside(path: str) -> bool:
    return path[:1] == "/" or path[1:2] == ":" or ".." in path.split("/")
