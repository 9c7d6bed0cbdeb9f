"""Files that say what made them, so that no other file is written over."""

import pathlib

from tfgan_transfer.errors import UserError

# Stands as it is in each kind of file, among what viewers do not show.
MARK = "made with tfgan_transfer"


def marked(path: pathlib.Path) -> bool:
    """Whether a file says that this program made it.

    Args:
        path: Of a file that is there.
    """
    return MARK.encode() in path.read_bytes()


def refuse_others(flag: str, path: pathlib.Path, or_else: str = "") -> None:
    """Keeps a file that somebody else made.

    Args:
        flag: The option that names the file.
        path: Where one is to be written.
        or_else: What can be done beside giving another name.

    Raises:
        UserError: If a file is there without the mark.
    """
    if path.is_file() and not marked(path):
        raise UserError(
            f"{flag}: {str(path)!r} is there, and nothing in it says that it "
            f"was {MARK}; give another name{or_else}"
        )
