"""Training runs that another command starts, and what they measured."""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes
from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN
from tfgan_transfer.training.run_directory import RunDirectory


class Interrupted(Exception):
    """A run was stopped by a signal; the same command goes on with it."""


def command(module: str, settings: Mapping) -> list[str]:
    """The command line of one of this package's commands.

    Args:
        module: Entry point, such as `"train"`.
        settings: Flag name -> value; None leaves the flag out.
    """
    words = [sys.executable, "-m", f"tfgan_transfer.{module}"]
    for name, value in settings.items():
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no{name}")
        elif value is not None:
            words.append(f"--{name}={value}")
    return words


def train(settings: Mapping) -> None:
    """Trains, or goes on training, in a process of its own.

    What the process prints goes to `train.log` beside its run directory.

    Args:
        settings: Flags of `train`, `run_dir` among them.

    Raises:
        Interrupted: If a signal stopped it.
        UserError: If it failed; with the reason that it gave.
    """
    run_dir = pathlib.Path(settings["run_dir"])
    run_dir.parent.mkdir(parents=True, exist_ok=True)
    log_file = log(run_dir)
    # All that they have in common was settled, and what started it reports on
    # all of its runs together.
    alone = {"recipe": recipes.PLAIN, "report": False}
    words = command("train", {**settings, **alone})
    with log_file.open("a") as file:
        code = wait_for(words, file)
    if code == EXIT_RUN_AGAIN:
        raise Interrupted
    if code:
        text = log_file.read_text(errors="backslashreplace")
        last = text.strip().splitlines()[-1:]
        raise UserError(
            f"{' '.join(words)} ended with code {code}: {' '.join(last)}; "
            f"all it printed is in {log_file}"
        )


def log(run_dir: pathlib.Path) -> pathlib.Path:
    """The file beside a run directory that gets what its process prints."""
    return run_dir.with_name(run_dir.name + ".log")


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Makes SIGTERM and Ctrl-C raise `Interrupted` between runs.

    During one, `wait_for` looks after them.
    """

    def stop(*_: object) -> None:
        raise Interrupted

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def wait_for(words: Sequence[str], log: IO) -> int:
    """Runs a command, and lets it finish what it does when told to stop.

    Args:
        words: Command line.
        log: Open file for what it prints.

    Returns:
        Its exit code; 3 whenever it was told to stop, even if it did so
        before it could save, or just when it was done.
    """
    process, told = None, []

    def stop(number: int, _: object) -> None:
        told.append(number)
        # A terminal has told the process as well, and it is saving.
        if process and number == signal.SIGTERM:
            process.terminate()

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        process = subprocess.Popen(words, stdout=log, stderr=log)
        if signal.SIGTERM in told:
            process.terminate()
        code = process.wait()
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    return EXIT_RUN_AGAIN if told else code


def measure(settings: Mapping) -> dict[str, float]:
    """Evaluates a run in a process of its own.

    Args:
        settings: Flags of `evaluate`, `run_dir` among them.

    Returns:
        Metric name -> value.
    """
    words = command("evaluate", {**settings, "json": True})
    finished = subprocess.run(words, capture_output=True, text=True)
    if finished.returncode:
        last = finished.stderr.strip().splitlines()[-1:]
        raise UserError(f"{' '.join(words)} failed: {' '.join(last)}")
    rows = json.loads(finished.stdout)["evaluation"]
    return {row["name"]: row["value"] for row in rows}


def evaluations(run_dir: str | pathlib.Path) -> list[dict]:
    """What a run measured while it trained.

    Returns:
        One dict for each evaluation: `step`, and metric name -> value.
    """
    return [
        {"step": row["step"]}
        | {score["name"]: score["value"] for score in row["evaluation"]}
        for row in RunDirectory(run_dir).evaluations()
    ]


def protocols(run_dir: str | pathlib.Path) -> dict[str, str]:
    """How a run's last evaluation measured: metric name -> protocol."""
    last = RunDirectory(run_dir).evaluations()[-1]["evaluation"]
    return {score["name"]: score["protocol"] for score in last}


def floors(run_dir: str | pathlib.Path) -> dict[str, dict]:
    """What real images got in a run's last evaluation, and at which sizes.

    Returns:
        Metric name -> `value`, `n_real`, `n_fake`, where there is a floor.
    """
    last = RunDirectory(run_dir).evaluations()[-1]["evaluation"]
    return {
        score["name"]: {
            field: score["floor"][field]
            for field in ("value", "n_real", "n_fake")
        }
        for score in last
        if score.get("floor")
    }
