"""Archives of arrays from a folder that may come from anybody."""

import math
import pathlib
import zipfile
from typing import IO

import numpy as np

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def check(path: pathlib.Path) -> None:
    """Compares what the arrays of an archive promise with what is there.

    `np.savez` does not compress. So an archive whose entries are longer than
    itself, or an array that is longer than its entry, was made to fill the
    memory of whoever reads it.

    Args:
        path: A `.npz` file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not an archive as `np.savez` writes it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(one.compress_type != zipfile.ZIP_STORED for one in entries):
                raise ValueError("has compressed entries")
            if sum(one.file_size for one in entries) > path.stat().st_size:
                raise ValueError("has entries longer than itself")
            for one in entries:
                with archive.open(one) as file:
                    _check_array(file, one)
    except OSError:
        raise
    # Of hostile bytes, each of several parsers complains in its own way.
    except Exception as error:
        raise ValueError(f"cannot be read ({error})") from error


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads all arrays of an archive.

    Args:
        path: A `.npz` file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not an archive as `np.savez` writes it.
    """
    check(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except zipfile.BadZipFile as error:
        raise ValueError(f"cannot be read ({error})") from error


def _check_array(file: IO[bytes], entry: zipfile.ZipInfo) -> None:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"{entry.filename} has format {version}")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError(f"{entry.filename} needs allow_pickle")
    if math.prod(shape) * dtype.itemsize != entry.file_size - file.tell():
        raise ValueError(f"{entry.filename} is not as long as its header says")
