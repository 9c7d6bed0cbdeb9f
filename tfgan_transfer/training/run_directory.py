"""One directory per run: configuration, checkpoints, samples, logs."""

import fcntl
import json
import math
import os
import pathlib
import shutil
from collections.abc import Iterator, Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings.table import SETTINGS
from tfgan_transfer.training import checkpoint

# They decide how long a run goes on, where, and what it reports.
SAFE = frozenset(row.name for row in SETTINGS if row.safe)


class RunDirectory:
    """Paths and files of one run.

    Args:
        path: The directory; created by `create`, not before.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(os.path.expanduser(path))
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"
        self.metrics = self.path / "metrics.jsonl"
        self.bad_files = self.path / "bad_files.txt"
        self._config = self.path / "config.json"
        self._lock = None

    def create(self) -> None:
        """Makes the directory and takes its lock.

        Raises:
            UserError: If it cannot be written, or another process trains in
                it.
        """
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.path / ".lock", "w")
        except OSError as error:
            raise UserError(
                f"--run_dir: cannot write to {str(self.path)!r} "
                f"({error.strerror}); give a directory that can be written"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"--run_dir: another process is training in "
                f"{str(self.path)!r}; wait for it or choose another directory"
            ) from error

    def release(self) -> None:
        """Gives the lock back."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def busy(self) -> bool:
        """Whether another process trains in the directory."""
        try:
            lock = open(self.path / ".lock")
        except OSError:
            return False
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def read_config(self) -> dict | None:
        """The resolved configuration, or None for a new run.

        Raises:
            UserError: If the file is damaged, or missing beside checkpoints.
        """
        try:
            config = json.loads(self._config.read_text())
            if not {"flags", "data"} <= config.keys():
                raise ValueError("flags or data are missing in it")
            return config
        except FileNotFoundError as error:
            if not self.checkpoints.exists():
                return None
            reason, cause = "it is missing", error
        except NotADirectoryError as error:
            raise UserError(
                f"--run_dir: {str(self.path)!r} is not a directory; "
                "give the directory of a run"
            ) from error
        except (OSError, ValueError, AttributeError) as error:
            reason, cause = error, error
        raise UserError(
            f"--run_dir: {self._config} cannot be read ({reason}); "
            "restore the file or choose another directory"
        ) from cause

    def write_config(self, config: Mapping) -> None:
        """Writes `config.json` and, for people and flagfiles, `flags.txt`.

        Args:
            config: JSON values; `config["flags"]` maps flag names to values.
        """
        write_atomically(self._config, json.dumps(config, indent=1))
        lines = (
            f"--{name}={'' if value is None else value}"
            for name, value in config["flags"].items()
            if value is not None
        )
        write_atomically(self.path / "flags.txt", "\n".join(lines) + "\n")

    def set_aside_after(self, step: int) -> list[pathlib.Path]:
        """Moves the checkpoints after `step` into `checkpoints/undone`.

        Args:
            step: Step of a checkpoint that there is.

        Returns:
            Where they are now.

        Raises:
            UserError: If there is no checkpoint of this step.
        """
        found = checkpoint.steps(self.checkpoints)
        kept = checkpoint.place(self.checkpoints, step)
        if kept not in found:
            there = ", ".join(str(int(path.name[5:])) for path in found)
            raise UserError(
                f"--restart_from: no checkpoint of step {step} in "
                f"{str(self.checkpoints)!r}; expected one of: {there or 'none'}"
            )
        undone = self.checkpoints / "undone"
        undone.mkdir(exist_ok=True)
        moved = []
        for path in found:
            if path.name <= kept.name:
                continue
            place = undone / path.name
            if place.exists():
                shutil.rmtree(place)
            moved.append(path.rename(place))
        return moved

    def truncate_metrics(self, step: int) -> None:
        """Drops metric rows after `step`: they will be written again."""
        kept = [
            json.dumps(row) + "\n"
            for row in rows(self.metrics)
            if row.get("step", math.inf) <= step
        ]
        if self.metrics.exists():
            write_atomically(self.metrics, "".join(kept))

    def evaluations(self) -> list[dict]:
        """The rows of `metrics.jsonl` that hold an evaluation, oldest first."""
        return [row for row in rows(self.metrics) if row.get("evaluation")]

    def append_metrics(self, row: Mapping) -> None:
        """Adds one row of JSON to `metrics.jsonl`."""
        with self.metrics.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            # A checkpoint must not outlive the rows that lead up to it.
            os.fsync(file.fileno())


def rows(path: pathlib.Path) -> Iterator[dict]:
    """Yields the rows of a file of JSON lines, none if there is no file.

    A row that a kill cut off is left out.
    """
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def refuse_changes(stored: Mapping, requested: Mapping) -> None:
    """Compares the settings of a run with those asked for on resume.

    Args:
        stored: Flag name -> value, as the run was started.
        requested: Flag name -> value, only those given explicitly.

    Raises:
        UserError: If one differs that is not in `SAFE`; all are listed.
    """
    changed = [
        f"--{name}={value} (the run has {stored.get(name)})"
        for name, value in requested.items()
        # `auto` asks for a choice, and the run has made it.
        if name not in SAFE and value not in ("auto", stored.get(name))
    ]
    if stored.get("lr_decay") == "linear":
        steps = requested.get("steps", stored["steps"])
        if steps != stored["steps"]:
            changed.append(
                f"--steps={steps} (the run has {stored['steps']}, and its "
                "learning rate falls linearly over them)"
            )
    if changed:
        raise UserError(
            "--run_dir: this run was started with other settings: "
            f"{'; '.join(changed)}. Drop these flags to continue it, or "
            "choose another --run_dir."
        )


def write_atomically(path: pathlib.Path, text: str) -> None:
    """Writes a text file under a temporary name and renames it."""
    temporary = path.with_name(f".{path.name}.writing")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
