"""Evaluations that are kept with a run, and compared between runs."""

import pathlib
from collections.abc import Mapping, Sequence

from tfgan_transfer import images
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evaluate import Evaluation, Row
from tfgan_transfer.metrics.memorisation import (
    memorisation_in_pixels,
    pairs_picture,
)
from tfgan_transfer.metrics.score import Score, require_comparable
from tfgan_transfer.training.run_directory import RunDirectory


def keep(run_dir: str, record: Mapping) -> None:
    """Adds an evaluation to the run's `metrics.jsonl`."""
    RunDirectory(run_dir).append_metrics(record)


def compare(
    rows: Sequence[Row], others: Mapping[str, Score], run_dir: str
) -> str:
    """Sets new values beside the latest ones of another run.

    Args:
        rows: The new values.
        others: What `latest` found in the other run.
        run_dir: The other run.

    Returns:
        One line per metric that both have.

    Raises:
        UserError: If a value was measured under another protocol, or the
            other run has none of these metrics.
    """
    lines = []
    for row in rows:
        other = others.get(row.score.name)
        if other is None:
            continue
        require_comparable(row.score, other)
        lines.append(
            f"{row.score.name}: {row.score.value:.5g} here, "
            f"{other.value:.5g} in {run_dir}"
        )
    if not lines:
        raise UserError(
            f"--against: {run_dir!r} has no value of these metrics; run "
            f"`evaluate --run_dir={run_dir}` with the same --metrics first"
        )
    return "\n".join(lines)


def save_pairs(run: Evaluation, path: str) -> pathlib.Path:
    """Draws the samples nearest to training images above those images."""
    samples = run.samples[0]
    report = memorisation_in_pixels(samples, run.train, run.held_out)
    images.save(pathlib.Path(path), pairs_picture(samples, run.train, report))
    return pathlib.Path(path)


def latest(run_dir: str) -> dict[str, Score]:
    """The newest value of each metric that was measured for a run.

    Raises:
        UserError: If the run has no metrics.
    """
    run = RunDirectory(run_dir)
    if not run.metrics.exists():
        raise UserError(
            f"--against: expected a run directory with metrics.jsonl, "
            f"received {run_dir!r}"
        )
    fields = Score.__dataclass_fields__
    scores = [
        Score(**{k: v for k, v in score.items() if k in fields})
        for row in run.evaluations()
        for score in row["evaluation"]
    ]
    return {score.name: score for score in scores}
