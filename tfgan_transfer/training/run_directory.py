"""One directory per run: configuration, checkpoints, samples, logs."""

import fcntl
import json
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator, Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings.setting import typed
from tfgan_transfer.settings.table import SETTINGS
from tfgan_transfer.training import checkpoint

# They decide how long a run goes on, where, and what it reports.
SAFE = frozenset(row.name for row in SETTINGS if row.safe)

# They change with the steps where hours make a new plan on the way: the file
# has it before the next checkpoint tells of it.
PLANNED = frozenset(["critic_schedule", "grow", "lr_constant_steps"])

_MAY_BE_ZERO = frozenset(
    ["sample_every", "eval_every", "stop_patience", "max_bad_files"]
    + ["lr_constant_steps"]
)


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

        Every checkpoint says of which run it is: the file is compared with
        the newest one.

        Raises:
            UserError: If the file is damaged, was edited, or is missing beside
                checkpoints none of which can be read.
        """
        try:
            config = json.loads(self._config.read_text())
            if not {"flags", "data"} <= config.keys():
                raise ValueError("flags or data are missing in it")
            self._compare(config)
            return config
        except UserError:
            raise
        except FileNotFoundError as error:
            if not self.checkpoints.exists() or self._unborn():
                return None
            own = self._own_record()
            # A run that was killed between its first checkpoint and the file.
            if own and own[0] == 0:
                return own[1]
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

    def _unborn(self) -> bool:
        """Whether a process was killed in here before its first checkpoint."""
        nothing = not any(self.checkpoints.glob("[!.]*"))
        locked = self.path / ".lock"
        return nothing and locked.exists() and not self.metrics.exists()

    def _own_record(self) -> tuple[int, dict] | None:
        """Step and run of the newest checkpoint whose manifest is whole."""
        for path in reversed(checkpoint.steps(self.checkpoints)):
            try:
                manifest = checkpoint.read_manifest(path)
            except checkpoint.DamagedCheckpoint:
                continue
            if {"flags", "data"} <= manifest.get("run", {}).keys():
                run = manifest["run"]
                # Of a run in phases, `run` tells of the phase alone.
                flags = manifest.get("flags", run["flags"])
                if flags != run["flags"]:
                    run = {**run, "flags": flags, "phase": True}
                return manifest["step"], run
        return None

    def _compare(self, config: Mapping) -> None:
        """Raises UserError if `config.json` is not what the run wrote."""
        own = self._own_record()
        if own is None:
            return
        step, record = own
        if record.get("phase"):
            record = {"flags": record["flags"]}
        changed = edits(config, record)
        if changed:
            raise UserError(
                f"--run_dir: {self._config} is not what the run wrote, as its "
                f"checkpoint of step {step} tells: {'; '.join(changed)}; undo "
                "the change, or choose another directory"
            )

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
        later = [path for path in found if path.name > kept.name]
        return _move(later, self.checkpoints / "undone")

    def set_aside_damaged(self) -> pathlib.Path:
        """Moves all checkpoints into `checkpoints/damaged`.

        Returns:
            That folder.
        """
        folder = self.checkpoints / "damaged"
        _move(checkpoint.steps(self.checkpoints), folder)
        return folder

    def truncate_metrics(self, step: int) -> None:
        """Drops metric rows after `step`: they will be written again."""
        kept = [
            json.dumps(row) + "\n"
            for row in whole(rows(self.metrics))
            if row["step"] <= step
        ]
        if self.metrics.exists():
            write_atomically(self.metrics, "".join(kept))

    def evaluations(self) -> list[dict]:
        """The rows of `metrics.jsonl` that hold an evaluation, oldest first."""
        return evaluations(rows(self.metrics))

    def append_metrics(self, row: Mapping) -> None:
        """Adds one row of JSON to `metrics.jsonl`."""
        with self.metrics.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            # A checkpoint must not outlive the rows that lead up to it.
            os.fsync(file.fileno())


def rows(path: pathlib.Path) -> Iterator[dict]:
    """Yields the rows of a file of JSON lines, none if there is no file.

    A row that a kill cut off, or that is no JSON, is left out.
    """
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            row = json.loads(line.decode())
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def whole(found: Iterable[dict]) -> Iterator[dict]:
    """Rows as training and `evaluate` write them; others are left out.

    Args:
        found: What `rows` yields of `metrics.jsonl`.
    """
    for row in found:
        scores = row.get("evaluation", [])
        if _is_number(row.get("step")) and isinstance(scores, list):
            if all(map(_is_score, scores)):
                yield row


def evaluations(found: Iterable[dict]) -> list[dict]:
    """The rows that hold an evaluation, oldest first.

    Args:
        found: What `rows` yields of `metrics.jsonl`.
    """
    return [row for row in whole(found) if row.get("evaluation")]


def refuse_changes(stored: Mapping, requested: Mapping) -> None:
    """Compares the settings of a run with those asked for on resume.

    Args:
        stored: Flag name -> value, as the run was started.
        requested: Flag name -> value, only those given explicitly.

    Raises:
        UserError: If one differs that is not in `SAFE`; all are listed.
    """
    changed = [
        f"--{name}={typed(value)} (the run has {typed(stored.get(name))})"
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


def edits(config: Mapping, record: Mapping) -> list[str]:
    """What was changed in `config.json` since the run wrote it.

    The run itself may have written another value of a setting in `SAFE` after
    its last checkpoint, and of one in `PLANNED` if it has a timetable; a newer
    version of the library may have added some.

    Args:
        config: The file's content.
        record: What a checkpoint of the run says about it.

    Returns:
        A few words for each difference.
    """
    flags = config["flags"]
    if not isinstance(flags, dict):
        return ["flags is not an object"]
    free = SAFE | PLANNED if "timetable" in config else SAFE
    found = [
        f"flags.{name} is "
        + (f"{flags[name]!r}" if name in flags else "missing")
        + f", the run was started with {own!r}"
        for name, own in record["flags"].items()
        if name not in flags or not _may_follow(name, flags[name], own, free)
    ]
    # The timetable is of the plan.
    apart = ("flags", "library", "timetable")
    return found + [
        f"{name} is not what the run wrote"
        for name in record
        if name not in apart and config.get(name) != record[name]
    ]


def _may_follow(
    name: str, value: object, own: object, free: frozenset[str]
) -> bool:
    """Whether a setting of a run can have become `value`."""
    if name not in free:
        return value == own
    if own is None:
        return value is None or isinstance(value, str | int | float)
    if type(value) is not type(own):
        return False
    return not _is_number(own) or value > 0 or name in _MAY_BE_ZERO


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_score(score: object) -> bool:
    return (
        isinstance(score, dict)
        and isinstance(score.get("name"), str)
        and _is_number(score.get("value"))
    )


def _move(
    paths: Iterable[pathlib.Path], folder: pathlib.Path
) -> list[pathlib.Path]:
    folder.mkdir(exist_ok=True)
    moved = []
    for path in paths:
        place = folder / path.name
        if place.exists():
            shutil.rmtree(place)
        moved.append(path.rename(place))
    return moved


def write_atomically(path: pathlib.Path, text: str) -> None:
    """Writes a text file under a temporary name and renames it."""
    temporary = path.with_name(f".{path.name}.writing")
    try:
        with temporary.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        # On a full disk the half that was written is in the way.
        temporary.unlink(missing_ok=True)
        raise
