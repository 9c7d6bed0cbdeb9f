"""An ensemble: several models, each of which knows a part of the classes.

One GAN of many classes draws each of them worse, so Odena et al. 2017 (arXiv
1610.09585) gave the thousand classes of ImageNet to a hundred models.
"""

import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

import tfgan_transfer
from tfgan_transfer.errors import UserError
from tfgan_transfer.training.run_directory import write_atomically

FILE = "ensemble.json"


class Member(NamedTuple):
    """One model.

    Attributes:
        run_dir: Its run directory.
        classes: What it is to learn.
    """

    run_dir: pathlib.Path
    classes: tuple[str, ...]


class Ensemble(NamedTuple):
    """What `ensemble.json` says.

    Attributes:
        path: The directory it lies in.
        flags: Settings that all members share; `classes` are those of all.
        members: In the order of their classes.
    """

    path: pathlib.Path
    flags: Mapping
    members: tuple[Member, ...]

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The classes of all members."""
        return tuple(name for member in self.members for name in member.classes)


def partition(vocabulary: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Divides classes into `count` runs of neighbours, as equal as can be.

    Raises:
        UserError: If there are fewer classes than parts.
    """
    if count > len(vocabulary):
        raise UserError(
            f"--ensemble: expected at most {len(vocabulary)}, the number of "
            f"classes, received {count}; give a smaller number"
        )
    parts = np.array_split(np.arange(len(vocabulary)), count)
    return [tuple(vocabulary[i] for i in part) for part in parts]


def make(
    path: pathlib.Path, flags: Mapping, parts: Sequence[tuple[str, ...]]
) -> Ensemble:
    """An ensemble with a directory below `path` for each part."""
    digits = max(2, len(str(len(parts) - 1)))
    members = (
        Member(path / "models" / f"{number:0{digits}}", classes)
        for number, classes in enumerate(parts)
    )
    return Ensemble(path, flags, tuple(members))


def find(path: str | pathlib.Path) -> Ensemble | None:
    """Reads the ensemble in a directory; None if it holds none.

    Raises:
        UserError: If the file cannot be read.
    """
    path = pathlib.Path(os.path.expanduser(path))
    try:
        found = json.loads((path / FILE).read_text())
        members = (
            Member(path / one["run_dir"], tuple(one["classes"]))
            for one in found["members"]
        )
        return Ensemble(path, found["flags"], tuple(members))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--run_dir: {path / FILE} cannot be read ({error}); restore the "
            "file or choose another directory"
        ) from error


def write(ensemble: Ensemble) -> None:
    """Writes `ensemble.json`; the directory is made.

    Raises:
        UserError: If it cannot be written.
    """
    content = {
        "format": 1,
        "library": tfgan_transfer.__version__,
        "flags": dict(ensemble.flags),
        "members": [
            {
                "run_dir": str(member.run_dir.relative_to(ensemble.path)),
                "classes": list(member.classes),
            }
            for member in ensemble.members
        ],
    }
    try:
        ensemble.path.mkdir(parents=True, exist_ok=True)
        write_atomically(ensemble.path / FILE, json.dumps(content, indent=1))
    except OSError as error:
        raise UserError(
            f"--run_dir: cannot write to {str(ensemble.path)!r} "
            f"({error.strerror}); give a directory that can be written"
        ) from error
