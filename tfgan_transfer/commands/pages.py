"""Pages that a command writes."""

import os
import pathlib
import shlex
import tempfile

from tfgan_transfer import provenance
from tfgan_transfer.errors import UserError


def prepare(out: pathlib.Path) -> None:
    """Makes the folder of a page, before anything is worked out for it.

    Args:
        out: The page, as `--out` names it.

    Raises:
        UserError: If no page can be written there, or somebody else's file
            is there.
    """
    reason = "it is a folder" if out.is_dir() else ""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # What access rights say does not hold for whoever may do everything.
        tempfile.TemporaryFile(dir=out.parent).close()
    except (FileExistsError, NotADirectoryError):
        reason = "a part of its path is a file"
    except OSError as error:
        reason = error.strerror
    if not reason and out.exists() and not os.access(out, os.W_OK):
        reason = "it may not be written"
    if reason:
        raise UserError(
            f"--out: no page can be written to {str(out)!r} ({reason}); name a "
            f"file in a folder that can be written, such as --out={_name(out)}"
        )
    provenance.refuse_others("--out", out)


def _name(out: pathlib.Path) -> str:
    named = out.suffix.lower() in (".html", ".htm")
    return shlex.quote(out.name) if named else "page.html"
