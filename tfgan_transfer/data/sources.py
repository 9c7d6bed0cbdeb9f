"""The kinds of source a `--data` value can name."""

import os
import pathlib

from tfgan_transfer.data.archive import open_archive
from tfgan_transfer.data.builtin import open_digits, open_shapes
from tfgan_transfer.data.file_names import mistaken_for
from tfgan_transfer.data.folder import open_folder
from tfgan_transfer.data.source import Source
from tfgan_transfer.data.tfds_source import open_tfds
from tfgan_transfer.errors import UserError, choices

_BUILT_IN = {"digits": open_digits, "shapes": open_shapes}
_NAMED = ("folder", "zip", "tfds")


def open_source(spec: str, prepare: bool = True, labels: bool = True) -> Source:
    """Opens the source that a `--data` value names.

    Args:
        spec: See `load`.
        prepare: Whether a TFDS data set may be downloaded.
        labels: Whether files are searched for labels; without, images may
            lie anywhere in a folder or zip file.

    Raises:
        UserError: Unknown kind of source, or anything wrong with it.
    """
    scheme, colon, rest = spec.partition(":")
    name, _, part = spec.partition("#")
    if name in _BUILT_IN:
        return _BUILT_IN[name](spec, part)
    if colon and scheme in _NAMED:
        path, part = _path_and_part(rest)
        if not path:
            raise UserError(
                f"--data: nothing follows {scheme}:, expected a path; for "
                f"example --data={scheme}:photos"
            )
        if scheme == "folder":
            return open_folder(spec, path, part, labels)
        if scheme == "zip":
            return open_archive(spec, path, part, labels)
        return open_tfds(spec, path, part, prepare)
    path, _ = _path_and_part(spec)
    if os.path.exists(os.path.expanduser(path)):
        raise UserError(
            f"--data={spec} does not say what kind of source it is; "
            f"{mistaken_for(path, f'--data={{}}:{spec}')}"
        )
    raise UserError(choices("--data", scheme, (*_NAMED, *_BUILT_IN)))


def _path_and_part(text: str) -> tuple[str, str]:
    if "#" not in text or os.path.exists(os.path.expanduser(text)):
        return text, ""
    path, _, part = text.rpartition("#")
    return path, part


def lies_inside(path: str, source: str) -> bool:
    """Whether a path is the folder of a source, or below it."""
    scheme, _, folder = source.partition(":")
    root = pathlib.Path(os.path.expanduser(folder.partition("#")[0])).resolve()
    place = pathlib.Path(path).resolve()
    return scheme == "folder" and root in (place, *place.parents)
