"""Writes reports: on request, and when a training has come to its end."""

import os
import pathlib
from collections.abc import Callable, Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.reports import ranking, study
from tfgan_transfer.reports.run import RunReport
from tfgan_transfer.training.run_directory import (
    RunDirectory,
    write_atomically,
)

FILE = "report.html"


def write(
    run_dir: str | os.PathLike,
    out: str | os.PathLike | None = None,
    split: object = None,
    draw: bool = True,
) -> pathlib.Path:
    """Writes the report of a run.

    Args:
        run_dir: Directory of the run.
        out: File to write; `report.html` in that directory if absent.
        split: The run's images, if they are loaded already.
        draw: Whether the model may draw for the page, which takes seconds.

    Returns:
        The file.

    Raises:
        UserError: If there is no run, or the file cannot be written.
    """
    run = RunDirectory(run_dir)
    return _keep(RunReport(run, split, draw).rendered(), out or run.path / FILE)


def write_study(
    study_dir: str | os.PathLike, out: str | os.PathLike | None = None
) -> pathlib.Path:
    """Writes the report of a study.

    Args:
        study_dir: Directory of the study.
        out: File to write; `report.html` in that directory if absent.

    Returns:
        The file.

    Raises:
        UserError: If there is no study, or the file cannot be written.
    """
    path = pathlib.Path(os.path.expanduser(study_dir))
    return _keep(study.rendered(path), out or path / FILE)


def write_ranking(
    folder: pathlib.Path,
    runs: Mapping[str, pathlib.Path],
    scores: Mapping[str, Mapping[str, float]],
    results: ranking.Results,
    command: str,
) -> pathlib.Path:
    """Writes the report of a ranking.

    Args:
        folder: Where the page goes.
        runs: Source -> directory of its probe training.
        scores: Score -> source -> value before any training.
        results: Each round of probes, and source -> KID at its end.
        command: What to type next.

    Returns:
        The file.
    """
    text = ranking.rendered(runs, scores, results, command)
    return _keep(text, folder / FILE)


def at_the_end(write: Callable[..., pathlib.Path], *what: object) -> None:
    """Writes a report after what it is about, if that is possible.

    Neither a training nor a study fails because of its report.

    Args:
        write: `write` or `write_study`.
        *what: Its arguments.
    """
    # It takes seconds, in which nothing else is said.
    print("writing the report ...", flush=True)
    try:
        print(f"report: {write(*what)}")
    # Whatever it is: a page is not worth a run.
    except Exception as error:
        kind = "" if isinstance(error, UserError) else type(error).__name__
        text = " ".join(f"{kind} {error}".split())
        print(f"warning: no report was written: {text}")


def _keep(text: str, out: str | os.PathLike) -> pathlib.Path:
    path = pathlib.Path(out)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise UserError(
            f"--out: {str(path)!r} cannot be written ({error.strerror}); give "
            "a file that can be, such as --out=report.html"
        ) from error
    return path
