"""Where samples may be written, judged before any of them is drawn."""

import pathlib
import shlex
from collections.abc import Mapping

from tfgan_transfer import images, provenance
from tfgan_transfer.data.file_names import looks_like_image
from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import films

ARRAYS = ".npz"
# Files that somebody may expect to be written, and that none is written as.
_ARCHIVES = (".zip", ".npy", ".tar", ".gz", ".tgz", ".7z", ".rar", ".h5")


def check(given: Mapping) -> None:
    """Refuses what can hold no samples.

    Args:
        given: `out`, `grid` and `overwrite`, as given to `generate`, of
            separate pictures or a sheet of them.

    Raises:
        UserError: With a way that works, or if somebody else's file is there.
    """
    if given.get("out"):
        out = pathlib.Path(given["out"])
        _check_folder(out, bool(given.get("grid")))
        refuse_others("out", out, given)
    if given.get("grid"):
        grid = pathlib.Path(given["grid"])
        _check_sheet(grid)
        refuse_others("grid", grid, given)


def refuse_pictures(folder: pathlib.Path) -> None:
    """Keeps new pictures apart from those that a folder holds.

    Raises:
        UserError: If it holds any.
    """
    there = []
    if folder.is_dir():
        there = [p.name for p in folder.iterdir() if looks_like_image(p.name)]
    if there:
        raise UserError(
            f"--out: {str(folder)!r} holds {len(there)} pictures, for example "
            f"{min(there)!r}; choose another place, or add --overwrite"
        )


def refuse_others(flag: str, path: pathlib.Path, given: Mapping) -> None:
    """Keeps a file that is none of this program's, unless told otherwise.

    Args:
        flag: `out` or `grid`.
        path: The file that it names.
        given: With `overwrite`.

    Raises:
        UserError: If somebody else's file is there.
    """
    if not given.get("overwrite"):
        provenance.refuse_others(f"--{flag}", path, ", or add --overwrite")


def _check_folder(path: pathlib.Path, sheet_too: bool) -> None:
    """A folder may have a dot in its name, unless it is the end of a file's."""
    if path.suffix == ARRAYS or path.is_dir():
        return
    # One that is not there: the advice has to work.
    ways = [f"--out={_quoted(path.with_name(f'{path.stem}_pictures'))}"]
    if path.exists():
        raise UserError(
            f"--out: {str(path)!r} is a file, expected a folder or FILE.npz; "
            f"give another name, such as {ways[0]}"
        )
    if not _named_as_file(path):
        return
    ways[0] += " for a file of each picture"
    if path.suffix in films.SUFFIXES:
        ways.append("add --interpolate=8 for an animation")
    elif images.can_save(path) and not sheet_too:
        ways.append(f"--grid={_quoted(path)} for one sheet of all")
    raise UserError(
        f"--out: expected a folder or FILE.npz, received {str(path)!r}; give "
        f"{', or '.join(ways)}"
    )


def _check_sheet(path: pathlib.Path) -> None:
    if path.is_dir():
        raise UserError(
            f"--grid: {str(path)!r} is a folder, expected FILE.png; give for "
            f"example --grid={_quoted(path / 'sheet.png')}"
        )
    if not images.can_save(path):
        raise UserError(
            "--grid: expected FILE.png or another kind of picture, received "
            f"{str(path)!r}; give for example --grid={_quoted(path)}.png"
        )


def _named_as_file(path: pathlib.Path) -> bool:
    suffix = path.suffix.lower()
    kinds = (ARRAYS, *films.SUFFIXES, *_ARCHIVES)
    return suffix in kinds or looks_like_image(path.name)


def _quoted(path: pathlib.Path) -> str:
    return shlex.quote(str(path))
