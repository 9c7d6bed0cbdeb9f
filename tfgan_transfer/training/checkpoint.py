"""Checkpoints that are whole or absent: atomic, checksummed, without pickle.

`checkpoints/step-00001000/` holds one `.npz` per network and optimizer, keyed
by weight path, and `manifest.json` with a sha256 sum of each file. It is
written under a temporary name, synced to disk and renamed: a process killed
at any moment leaves either the whole checkpoint or none.
"""

import hashlib
import json
import os
import pathlib
import shutil
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

MANIFEST = "manifest.json"

Groups = dict[str, dict[str, np.ndarray]]


class DamagedCheckpoint(ValueError):
    """A checkpoint whose files do not match its manifest."""


class Checkpoint(NamedTuple):
    """A verified checkpoint on disk.

    Attributes:
        path: Its directory.
        manifest: `step`, `metrics`, and what else was saved with it.
    """

    path: pathlib.Path
    manifest: dict

    @property
    def step(self) -> int:
        """Generator steps done when it was written."""
        return self.manifest["step"]


def gather(state: Mapping) -> Groups:
    """Copies the weights of networks and optimizers into host memory.

    Every process of a multi-worker run has to call this: reading a variable
    that is aggregated over workers is a collective operation.

    Args:
        state: Name -> object with `.variables`, as a GAN's `state` gives.

    Returns:
        Name -> weight path -> array.

    Raises:
        ValueError: If two weights of one owner have the same path.
    """
    groups: Groups = {}
    for name, owner in state.items():
        arrays = groups[name] = {}
        for variable in owner.variables:
            if variable.path in arrays:
                raise ValueError(
                    f"Two weights of {name} have the path {variable.path}: "
                    "give their layers different names"
                )
            arrays[variable.path] = variable.numpy()
    return groups


def restore(state: Mapping, groups: Groups) -> None:
    """Assigns saved weights to networks and optimizers, strictly by path.

    Args:
        state: Name -> object with `.variables`, already built.
        groups: What `gather` returned for the same model.

    Raises:
        ValueError: If a weight is missing, left over, or of another shape;
            every one of them is listed.
    """
    differences = []
    for name in sorted({*state, *groups}):
        variables = {
            v.path: v for v in (state[name].variables if name in state else ())
        }
        arrays = groups.get(name, {})
        for path in sorted({*variables, *arrays}):
            if path not in arrays:
                differences.append(f"- {name}/{path} is not in the checkpoint")
            elif path not in variables:
                differences.append(f"+ {name}/{path} is not in the model")
            elif tuple(variables[path].shape) != arrays[path].shape:
                differences.append(
                    f"! {name}/{path} has shape {variables[path].shape} in "
                    f"the model, {arrays[path].shape} in the checkpoint"
                )
    if differences:
        raise ValueError(
            "The checkpoint does not fit the model:\n" + "\n".join(differences)
        )
    for name, owner in state.items():
        for variable in owner.variables:
            variable.assign(groups[name][variable.path])


def place(directory: pathlib.Path, step: int) -> pathlib.Path:
    """Where the checkpoint of a step is, or would be."""
    return directory / f"step-{step:08d}"


def save(
    directory: pathlib.Path, step: int, groups: Groups, **manifest: object
) -> Checkpoint:
    """Writes a checkpoint atomically.

    Args:
        directory: The run's `checkpoints` directory.
        step: Generator steps done.
        groups: What `gather` returned.
        **manifest: Further JSON values to keep with it.

    Returns:
        The checkpoint.
    """
    directory.mkdir(parents=True, exist_ok=True)
    final = place(directory, step)
    if final.exists():
        # Training is a pure function of the step, so a whole checkpoint of
        # this step already holds these weights; a damaged one makes way.
        try:
            return verify(final)
        except DamagedCheckpoint:
            shutil.rmtree(final)
    temporary = directory / f".writing-{step:08d}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    sums = {}
    for name, arrays in groups.items():
        file = temporary / f"{name}.npz"
        np.savez(file, **arrays)
        sums[file.name] = _sha256(file)
        _sync(file)
    manifest = {"format": 1, "step": step, **manifest, "sha256": sums}
    manifest["manifest_sha256"] = _manifest_sum(manifest)
    (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1))
    _sync(temporary / MANIFEST)
    _sync(temporary)
    temporary.rename(final)
    _sync(directory)
    return Checkpoint(final, manifest)


def annotate(directory: pathlib.Path, step: int, **values: object) -> None:
    """Adds what became known of a checkpoint after it was written.

    Args:
        directory: The run's `checkpoints` directory.
        step: Of a checkpoint that there is.
        **values: JSON values that replace those of its manifest.
    """
    path = place(directory, step)
    manifest = {**json.loads((path / MANIFEST).read_text()), **values}
    manifest["manifest_sha256"] = _manifest_sum(manifest)
    temporary = path / f".{MANIFEST}.writing"
    temporary.write_text(json.dumps(manifest, indent=1))
    _sync(temporary)
    temporary.replace(path / MANIFEST)
    _sync(path)


def verify(path: pathlib.Path) -> Checkpoint:
    """Opens a checkpoint after comparing every file with its sum.

    Args:
        path: A `step-...` directory.

    Returns:
        The checkpoint.

    Raises:
        DamagedCheckpoint: If a file is missing, changed or unreadable.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        sums = manifest["sha256"]
        intact = manifest["manifest_sha256"] == _manifest_sum(manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedCheckpoint(
            f"{path.name}: {MANIFEST} cannot be read ({error})"
        ) from error
    if not intact:
        raise DamagedCheckpoint(
            f"{path.name}: {MANIFEST} is not what was written"
        )
    for name, expected in sums.items():
        if not (path / name).is_file():
            raise DamagedCheckpoint(f"{path.name}: {name} is missing")
        if _sha256(path / name) != expected:
            raise DamagedCheckpoint(
                f"{path.name}: {name} is not what was written (sha256 differs)"
            )
    return Checkpoint(path, manifest)


def load(path: pathlib.Path) -> Groups:
    """Reads the arrays of a verified checkpoint.

    Raises:
        DamagedCheckpoint: If an archive cannot be read.
    """
    groups: Groups = {}
    for file in sorted(path.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as arrays:
                groups[file.stem] = dict(arrays)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DamagedCheckpoint(f"{path.name}: {file.name}: {error}") from (
                error
            )
    return groups


def steps(directory: pathlib.Path) -> list[pathlib.Path]:
    """All checkpoint directories under `directory`, oldest first."""
    return sorted(directory.glob("step-" + 8 * "[0-9]"))


def latest(
    directory: pathlib.Path,
) -> tuple[Checkpoint | None, list[str]]:
    """Finds the newest checkpoint that is whole.

    Args:
        directory: The run's `checkpoints` directory; may not exist.

    Returns:
        The checkpoint or None, and one sentence per damaged newer one.
    """
    damaged = []
    for path in reversed(steps(directory)):
        try:
            return verify(path), damaged
        except DamagedCheckpoint as error:
            damaged.append(str(error))
    return None, damaged


def best_step(directory: pathlib.Path, metric: str) -> int | None:
    """Finds the checkpoint with the lowest recorded value of a metric.

    Args:
        directory: The run's `checkpoints` directory.
        metric: A key of the manifests' `metrics`.

    Returns:
        Its step, or None if no checkpoint has a value.
    """
    values = {}
    for path in steps(directory):
        try:
            manifest = json.loads((path / MANIFEST).read_text())
            values[_number(path)] = float(manifest["metrics"][metric])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return min(values, key=values.get, default=None)


def prune(
    directory: pathlib.Path, step: int, *, keep: int, best: int | None
) -> None:
    """Removes all but the newest `keep` checkpoints and the best one.

    Args:
        directory: The run's `checkpoints` directory.
        step: Step of the run. Later checkpoints are damaged ones that it went
            back behind: they do not count among the newest.
        keep: How many of the newest to keep, at least 1.
        best: Step of one that is kept whatever its age.
    """
    past = [path for path in steps(directory) if _number(path) <= step]
    for path in past[:-keep]:
        if _number(path) != best:
            shutil.rmtree(path, ignore_errors=True)
    for path in directory.glob(".writing-*"):
        shutil.rmtree(path, ignore_errors=True)


def _number(path: pathlib.Path) -> int:
    return int(path.name.removeprefix("step-"))


def _sha256(file: pathlib.Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _manifest_sum(manifest: dict) -> str:
    content = {k: v for k, v in manifest.items() if k != "manifest_sha256"}
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
