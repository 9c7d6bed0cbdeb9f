"""A version directory: written under another name, then named by a number.

Servers and programs take whatever directory has a number for a name, at once.
So a version is whole, and known to work, before it gets one.
"""

import fcntl
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable

from tfgan_transfer.errors import UserError

DRAFT = ".draft-"


def publish(
    base: pathlib.Path,
    write: Callable[[pathlib.Path], None],
    accepts: Callable[[pathlib.Path], bool] = lambda draft: True,
) -> pathlib.Path | None:
    """Writes the next version of a model.

    Args:
        base: Directory of the versions 1, 2, ...; it is made.
        write: Fills the directory of the version, and tries what it wrote.
        accepts: Judges the version before it is named.

    Returns:
        The directory of the new version; None if it was not accepted.

    Raises:
        UserError: If it cannot be written.
    """
    draft = base / f"{DRAFT}{uuid.uuid4().hex}"
    _remove_abandoned(base)
    mark = None
    try:
        draft.mkdir(parents=True)
        mark = _mark(draft)
        write(draft)
        _settle(draft)
        return _name(draft) if accepts(draft) else None
    except OSError as error:
        raise UserError(
            f"--model_base: {str(base)!r} cannot be written ({error}); give a "
            "directory that can be"
        ) from error
    finally:
        # Nothing is left of it when it has got its name.
        shutil.rmtree(draft, ignore_errors=True)
        if mark is not None:
            os.close(mark)


def _remove_abandoned(base: pathlib.Path) -> None:
    """Removes drafts of exporters that were killed, not those at work."""
    for draft in base.glob(f"{DRAFT}*"):
        mark = _mark(draft)
        if mark is not None:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(mark)


def _mark(draft: pathlib.Path) -> int | None:
    """Locks a draft for as long as its exporter lives.

    Returns:
        What to close in the end; None if it cannot be had.
    """
    mark = None
    try:
        mark = os.open(draft, os.O_RDONLY)
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return mark
    except OSError:
        if mark is not None:
            os.close(mark)
        return None


def versions(base: pathlib.Path) -> list[int]:
    """Numbers of the versions that a server would see, ascending."""
    if not base.is_dir():
        return []
    names = [path.name for path in base.iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if name.isdecimal())


def _settle(draft: pathlib.Path) -> None:
    """Makes files readable by the server's user, and puts them on the disk."""
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _name(draft: pathlib.Path) -> pathlib.Path:
    """Gives a draft the next number, also beside another exporter."""
    base = draft.parent
    while True:
        path = base / str(max(versions(base), default=0) + 1)
        try:
            # Taken by whoever is first; a rename would replace an empty one.
            os.rename(draft, path)
        except OSError:
            if not path.exists():
                raise
            continue
        return path
