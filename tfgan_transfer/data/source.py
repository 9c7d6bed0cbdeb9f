"""What every kind of source offers: named entries, labels, and raw contents."""

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfgan_transfer.errors import UserError

# Bytes of one file, far above what the largest admitted picture takes.
LARGEST_FILE = 2**28


@dataclass(frozen=True)
class Entry:
    """One image by name.

    Attributes:
        name: Unique within the source, with `/` between folders.
        identity: Text that changes when the content or the label does.
        num_bytes: Size in the source, 0 if it has none.
        problem: Why it cannot be read, where that is known without reading.
    """

    name: str
    identity: str = ""
    num_bytes: int = 0
    problem: str = ""


class Item(NamedTuple):
    """The raw content of one entry.

    Attributes:
        name: The entry's name.
        active: Which labels hold, as indices into the vocabulary.
        fetch: Returns the encoded bytes, or a uint8 or uint16 [h, w, c]
            array; may raise. Safe to call in another thread.
    """

    name: str
    active: tuple[int, ...]
    fetch: Callable[[], bytes | np.ndarray]


@dataclass(frozen=True)
class Source:
    """Entries in a canonical order, and the way to read them.

    Attributes:
        spec: The source as the user wrote it.
        entries: All entries, sorted by name; None if only a download tells.
        label_mode: `"none"`, `"class"` or `"tags"`.
        vocabulary: The label names.
        read: Yields an `Item` for each of the given names, in any order.
        unlabelled: Why a layout that might mean labels gives none.
    """

    spec: str
    entries: tuple[Entry, ...] | None
    label_mode: str
    vocabulary: tuple[str, ...]
    read: Callable[[Sequence[str]], Iterator[Item]]
    unlabelled: str = ""


def too_large(num_bytes: int) -> str:
    """Why a file of this size is not read; empty for one that may be."""
    if num_bytes <= LARGEST_FILE:
        return ""
    return f"{num_bytes / 2**20:,.0f} MiB, more than {LARGEST_FILE >> 20} MiB"


def printable(name: str) -> str:
    """Returns a name without line breaks or bytes that are not text."""
    name = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name)


def some(names: Collection[str]) -> str:
    """Returns the first three names and the number of the others."""
    first, rest = sorted(names)[:3], len(names) - 3
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")


def check_part(spec: str, part: str, folders: Collection[str]) -> str:
    """Returns the `#sub/folder` of a spec without its outer slashes.

    Args:
        spec: The source as the user wrote it.
        part: What follows the `#`; empty for the whole source.
        folders: The folders there are.

    Raises:
        UserError: It is none of `folders`.
    """
    part = part.strip("/")
    if part and part not in folders:
        near = difflib.get_close_matches(part, folders, n=1)
        hint = f"; did you mean #{near[0]}?" if near else ""
        there = f"it holds {some(folders)}" if folders else "it holds none"
        raise UserError(
            f"--data={spec}: no folder {part!r} inside, {there}{hint}"
        )
    return part
