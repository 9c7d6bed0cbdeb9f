"""Names of files that are written: what may be one, wherever it came from."""

import pathlib
import unicodedata

# Bytes of a part, and of a whole path: what most systems take.
_LONGEST_PART, _LONGEST_PATH = 255, 4095
# What follows the name of a prompt: a number and the suffix.
_NUMBERED = len("_000000.png")


def problem(path: pathlib.Path, name: str) -> str:
    """Why no file can be written for an image; empty where one can.

    Args:
        path: Where it would go.
        name: Its name in the source.
    """
    if any(unicodedata.category(c) == "Cc" for c in name):
        return "its name has control characters"
    parts = [len(part.encode("utf-8", "replace")) for part in path.parts]
    whole = len(str(path).encode("utf-8", "replace"))
    if max(parts) > _LONGEST_PART or whole > _LONGEST_PATH:
        return f"its name is too long for a file ({max(parts)} bytes)"
    return ""


def problem_of_id(text: str) -> str:
    """Why files cannot be called by an id of a prompt; empty where they can."""
    if not text:
        return "is empty"
    if "/" in text or "\\" in text:
        return "has a slash, which would lead to another folder"
    if text.startswith("."):
        return "begins with a dot, which would hide its pictures"
    if not text.isprintable():
        return "has characters that cannot be seen"
    if len(text.encode()) + _NUMBERED > _LONGEST_PART:
        return f"has {len(text.encode())} bytes, too many for a file's name"
    return ""


def same(text: str) -> str:
    """What two names have in common that some systems take for one."""
    return unicodedata.normalize("NFC", text).casefold()


def of(text: str) -> str:
    """The name of files for a label or some tags, whatever is in it."""
    kept = [
        c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in text
    ]
    most = _LONGEST_PART - _NUMBERED
    text = (
        "".join(kept)
        .encode("utf-8", "replace")[:most]
        .decode("utf-8", "ignore")
    )
    return text.lstrip(".").strip() or "_"
