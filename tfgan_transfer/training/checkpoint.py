"""Checkpoints that are whole or absent: atomic, checksummed, without pickle.

`checkpoints/step-00001000/` holds one `.npz` per network and optimizer, keyed
by weight path, and `manifest.json` with a sha256 sum of each file. It is
written under a temporary name, synced to disk and renamed: a process killed
at any moment leaves either the whole checkpoint or none.

Sums tell that a file is what was written, not that it is harmless: a folder
may come from anybody. So only files that the manifest lists are opened, and
what they promise to hold has to be what they are long enough to hold.
"""

import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tfgan_transfer.training import weight_archive

MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 64 * 2**20

# What a manifest may say, and as which JSON type.
_TYPES = {
    "step": int,
    "sha256": dict,
    "bytes": dict,
    "run": dict,
    "flags": dict,
    "metrics": (dict, type(None)),
    "window": dict,
    "lr_scale": (int, float),
}

Groups = dict[str, dict[str, np.ndarray]]


class DamagedCheckpoint(ValueError):
    """A checkpoint that cannot be read, or is not what was written."""


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
    try:
        temporary.mkdir()
        sums, sizes = {}, {}
        for name, arrays in groups.items():
            file = temporary / f"{name}.npz"
            np.savez(file, **arrays)
            sums[file.name] = _sha256(file)
            sizes[file.name] = file.stat().st_size
            _sync(file)
        manifest = {"format": 1, "step": step, **manifest}
        manifest = _sealed(manifest | {"sha256": sums, "bytes": sizes})
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1))
        _sync(temporary / MANIFEST)
        _sync(temporary)
        temporary.rename(final)
    except OSError:
        # On a full disk the half that was written is in the way.
        shutil.rmtree(temporary, ignore_errors=True)
        raise
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
    manifest = _sealed({**read_manifest(path), **values})
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
    manifest = read_manifest(path)
    for name, expected in manifest["sha256"].items():
        file = path / name
        if not file.is_file():
            raise DamagedCheckpoint(f"{path.name}: {name} is missing")
        try:
            size = file.stat().st_size
            if size != manifest.get("bytes", {}).get(name, size):
                raise ValueError("is not what was written (its size differs)")
            if _sha256(file) != expected:
                raise ValueError("is not what was written (sha256 differs)")
            weight_archive.check(file)
        except (OSError, ValueError) as error:
            raise DamagedCheckpoint(f"{path.name}: {name} {error}") from error
    return Checkpoint(path, manifest)


def read_manifest(path: pathlib.Path) -> dict:
    """Reads what a checkpoint says about itself, without its arrays.

    Args:
        path: A `step-...` directory.

    Raises:
        DamagedCheckpoint: If it cannot be read or is not what was written.
    """
    try:
        with (path / MANIFEST).open("rb") as file:
            text = file.read(_LONGEST_MANIFEST + 1)
        if len(text) > _LONGEST_MANIFEST:
            raise ValueError("it is too long")
        manifest = json.loads(text)
        intact = manifest["manifest_sha256"] == _manifest_sum(manifest)
        _check_types(manifest)
    # Recursion is how the parser says that lists are nested too deeply.
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise DamagedCheckpoint(
            f"{path.name}: {MANIFEST} cannot be read ({error})"
        ) from error
    if not intact:
        raise DamagedCheckpoint(
            f"{path.name}: {MANIFEST} is not what was written"
        )
    return manifest


def _check_types(manifest: Mapping) -> None:
    """Raises ValueError or KeyError for a manifest that we do not write."""
    step, sums = manifest["step"], manifest["sha256"]
    for name in _TYPES.keys() & manifest.keys():
        value = manifest[name]
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}")
    if step < 0:
        raise ValueError(f"step is {step}")
    for name in sums:
        if pathlib.PurePath(name).name != name or not name.endswith(".npz"):
            raise ValueError(f"it lists {name!r}")


def load(path: pathlib.Path) -> Groups:
    """Reads the arrays of a verified checkpoint.

    Raises:
        DamagedCheckpoint: If an archive cannot be read.
    """
    groups: Groups = {}
    for name in sorted(read_manifest(path)["sha256"]):
        try:
            groups[name.removesuffix(".npz")] = weight_archive.read(path / name)
        except (OSError, ValueError) as error:
            raise DamagedCheckpoint(f"{path.name}: {name}: {error}") from error
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
            metrics = read_manifest(path)["metrics"]
            values[_number(path)] = float(metrics[metric])
        except (ValueError, KeyError, TypeError):
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


def _sha256(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        # hashlib.file_digest is not in Python 3.10.
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def _sealed(manifest: Mapping) -> dict:
    return {**manifest, "manifest_sha256": _manifest_sum(manifest)}


def _manifest_sum(manifest: Mapping) -> str:
    content = {k: v for k, v in manifest.items() if k != "manifest_sha256"}
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
