"""Source models that come with the package: `zoo:NAME`."""

import copy
import os
import pathlib
import shutil
from collections.abc import Mapping

import numpy as np

import tfgan_transfer
from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.training import checkpoint

FOLDER = pathlib.Path(tfgan_transfer.__file__).parent / "zoo"
PREFIX = "zoo:"
# Enough to start from: a source is never trained on as it is.
KEPT = ("ema_generator", "critic")


def names() -> list[str]:
    """Names of the models in the zoo."""
    return sorted(path.parent.name for path in FOLDER.glob("*/manifest.json"))


def locate(text: str, flag: str) -> pathlib.Path:
    """Turns a path or `zoo:NAME` into a path.

    Args:
        text: What the user gave.
        flag: With which flag, for the error.

    Raises:
        UserError: If the zoo has no model of this name.
    """
    if not text.startswith(PREFIX):
        return pathlib.Path(os.path.expanduser(text))
    name = text.removeprefix(PREFIX)
    if name not in names():
        known = [PREFIX + name for name in names()]
        raise UserError(choices(flag, text, known))
    return FOLDER / name


def without_places(run: Mapping) -> dict:
    """What is told of a run, but for where: that is nobody's business."""
    nowhere = {"run_dir": None, "cache_dir": None, "inception": None}
    run = copy.deepcopy(dict(run))
    return {**run, "flags": {**run["flags"], **nowhere}}


def pack(
    source: checkpoint.Checkpoint, name: str, into: pathlib.Path = FOLDER
) -> pathlib.Path:
    """Puts a checkpoint into the zoo, in half precision and without moments.

    Args:
        source: A checkpoint of a run.
        name: What to call it.
        into: Another folder than the zoo.

    Returns:
        Its folder.
    """
    groups = checkpoint.load(source.path)
    halves = {
        group: {path: a.astype(np.float16) for path, a in groups[group].items()}
        for group in KEPT
    }
    run = without_places(source.manifest["run"])
    run["flags"]["data"] = pathlib.Path(run["flags"]["data"]).name
    written = checkpoint.save(into, source.step, halves, run=run)
    final = into / name
    if final.exists():
        shutil.rmtree(final)
    written.path.rename(final)
    return final
