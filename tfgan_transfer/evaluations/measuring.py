"""Measures what was asked, shows each value at once, keeps what is known."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import tqdm

from tfgan_transfer.evaluations import table
from tfgan_transfer.metrics.score import Row

# What a shell reports of a command that SIGINT has ended.
EXIT_INTERRUPTED = 130


class Measurable(Protocol):
    """An evaluation of one family or another.

    Attributes:
        metrics: What is to be measured.
        done: What has been.
    """

    metrics: Sequence[str]
    done: Sequence[str]

    def rows(self, metrics: Sequence[str]) -> Iterator[Row]:
        """Measures, one metric after the other."""


class Measured(NamedTuple):
    """What became of an evaluation.

    Attributes:
        rows: What is known.
        interrupted: Whether Ctrl-C has left some of it undone.
        record: What is kept of it, as JSON types.
    """

    rows: list[Row]
    interrupted: bool
    record: dict


def measure(run: Measurable, about: Mapping, *, show: bool) -> Measured:
    """Takes all metrics, or those that Ctrl-C leaves the time for.

    Args:
        run: The evaluation.
        about: What is recorded beside its values.
        show: Whether to print each value as soon as it is known.
    """
    rows, interrupted = [], False
    if show:
        for reason in about.get("left_out", {}).values():
            print(f"left out: {reason}")
        print(table.HEADER, flush=True)
    try:
        for row in run.rows(run.metrics):
            rows.append(row)
            if show:
                # Between the bars, which stand on another stream.
                tqdm.tqdm.write(table.line(row))
                sys.stdout.flush()
    except KeyboardInterrupt:
        interrupted = True
    if show and rows:
        print(table.protocols(rows))
    record = {**about, "evaluation": [row.record() for row in rows]}
    if interrupted:
        missing = [name for name in run.metrics if name not in run.done]
        record |= {"asked": list(run.metrics), "not_done": missing}
        print(f"interrupted: not done {', '.join(missing)}", file=sys.stderr)
    return Measured(rows, interrupted, record)
