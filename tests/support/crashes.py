"""Ways for a training process to die, each at one exact moment.

All but `crash` are called in the process that is to die, before it trains.
"""

import errno
import os
import pathlib
import shutil
import signal
import time

import numpy as np

from tfgan_transfer import images
from tfgan_transfer.training import run_directory
from tfgan_transfer.training.checkpoint_saver import CheckpointSaver
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.metric_eval import MetricEval
from tfgan_transfer.training.progress import Progress


def crash(moment: str) -> str:
    """Python that arranges one of the moments below, written as a call."""
    folder = str(pathlib.Path(__file__).parent)
    return (
        f"import sys; sys.path.append({folder!r})\n"
        f"import crashes; crashes.{moment}\n"
    )


def _die(number: int = signal.SIGKILL) -> None:
    os.kill(os.getpid(), number)


def _halve(file: pathlib.Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def at_the_end_of_step(step: int, number: int = signal.SIGKILL) -> None:
    """After the step is counted and reported, before it is saved."""
    original = CheckpointSaver.on_train_batch_end

    def on_train_batch_end(saver, batch, logs=None):
        if saver.step + 1 == step:
            _die(number)
        original(saver, batch, logs)

    CheckpointSaver.on_train_batch_end = on_train_batch_end


def never_but_slowly(seconds: float) -> None:
    """With a pause in every step, for somebody else to strike."""
    original = CheckpointSaver.on_train_batch_end

    def on_train_batch_end(saver, batch, logs=None):
        time.sleep(seconds)
        original(saver, batch, logs)

    CheckpointSaver.on_train_batch_end = on_train_batch_end


def before_reporting(step: int) -> None:
    """After the weights have moved, before anything is noted."""
    original = Progress.on_train_batch_end

    def on_train_batch_end(progress, batch, logs=None):
        if progress.start_step + batch + 1 == step:
            _die()
        original(progress, batch, logs)

    Progress.on_train_batch_end = on_train_batch_end


def in_savez(step: int, name: str) -> None:
    """With one of the archives of a checkpoint half written."""
    original = np.savez

    def savez(file, **arrays):
        original(file, **arrays)
        if f"{step:08d}" in str(file) and file.name == name:
            _halve(file)
            _die()

    np.savez = savez


def in_manifest(step: int) -> None:
    """With all archives of a checkpoint written and half the manifest."""
    original = pathlib.Path.write_text

    def write_text(file, text, *arguments, **options):
        if f"{step:08d}" in str(file) and file.name == "manifest.json":
            original(file, text[: len(text) // 2])
            _die()
        return original(file, text, *arguments, **options)

    pathlib.Path.write_text = write_text


def at_rename(step: int, *, after: bool) -> None:
    """With a whole checkpoint, just before or after it gets its name."""
    original = pathlib.Path.rename

    def rename(file, target):
        if not file.name.endswith(f"{step:08d}"):
            return original(file, target)
        if after:
            original(file, target)
        return _die()

    pathlib.Path.rename = rename


def in_prune() -> None:
    """With half of the files of an old checkpoint removed."""

    def rmtree(path, *arguments, **options):
        files = sorted(pathlib.Path(path).iterdir())
        for file in files[: len(files) // 2]:
            file.unlink()
        _die()

    original = shutil.rmtree
    shutil.rmtree = lambda path, *arguments, **options: (
        rmtree(path) if path.name.startswith("step-") else original(path, True)
    )


def in_evaluation(step: int) -> None:
    """While the model is measured."""
    original = MetricEval._measured

    def measured(evaluation, now):
        if now == step:
            _die()
        return original(evaluation, now)

    MetricEval._measured = measured


def before_noting(step: int) -> None:
    """With the row of an evaluation, which its checkpoint does not know of."""
    original = CheckpointSaver.note

    def note(saver, now, metrics):
        if now == step:
            _die()
        original(saver, now, metrics)

    CheckpointSaver.note = note


def in_metrics(step: int) -> None:
    """With half a line at the end of metrics.jsonl."""
    original = run_directory.RunDirectory.append_metrics

    def append_metrics(run, row):
        if row["step"] == step:
            before = run.metrics.stat().st_size
            original(run, row)
            after = run.metrics.stat().st_size
            os.truncate(run.metrics, (before + after) // 2)
            _die()
        original(run, row)

    run_directory.RunDirectory.append_metrics = append_metrics


def in_image(name: str) -> None:
    """With a sample sheet half written."""
    original = images.save

    def save(path, *arguments, **options):
        original(path, *arguments, **options)
        if path.name == name:
            _halve(path)
            _die()

    images.save = save


def in_atomic_write(name: str) -> None:
    """With a text file half written under its temporary name."""
    original = pathlib.Path.replace

    def replace(file, target):
        if pathlib.Path(target).name == name:
            _halve(file)
            _die()
        return original(file, target)

    pathlib.Path.replace = replace


def disk_full(what: str) -> None:
    """Not a death: from step 12 on nothing fits on the disk any more.

    Args:
        what: `"checkpoint"` or `"metrics"`, where it is noticed.
    """
    savez, append = np.savez, run_directory.RunDirectory.append_metrics

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def full_savez(file, **arrays):
        savez(file, **arrays)
        if file.parent.name >= ".writing-00000012":
            _halve(file)
            full(file)

    def full_append(run, row):
        if row["step"] >= 12:
            with run.metrics.open("a") as file:
                file.write('{"step": 15, "cri')
            full(run.metrics)
        append(run, row)

    if what == "checkpoint":
        np.savez = full_savez
    else:
        run_directory.RunDirectory.append_metrics = full_append


def with_steps_of(seconds: float) -> None:
    """Not a death: a clock that nothing moves but the steps of training."""
    passed = [0.0]
    made, stepped = Deadline.__init__, Deadline.on_train_batch_end

    def init(deadline, hours, began=None):
        made(deadline, hours, lambda: passed[0])

    def on_train_batch_end(deadline, batch, logs=None):
        passed[0] += seconds
        stepped(deadline, batch, logs)

    Deadline.__init__ = init
    Deadline.on_train_batch_end = on_train_batch_end
