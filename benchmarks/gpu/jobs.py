"""A list of jobs: what is measured, in order of worth, and for how long."""

import json
import pathlib
import re
from typing import NamedTuple

FOLDER = pathlib.Path(__file__).parent
# A file or folder of data in a command: `zip:{shared}/data/NAME.zip#part`.
_SHARED = re.compile(r"\{shared\}/([^#]+)")


class Job(NamedTuple):
    """One thing to find out.

    Attributes:
        name: What it is called in the results.
        about: What it finds out, in words for a table.
        seconds: For how long it is expected to run; it is not begun when less
            is left.
        limit: Seconds after which it is stopped.
        commands: Arguments of Python, one command after the other; `{out}` is
            the folder of results, `{work}` the job's own, `{shared}` that of
            data sets, `{peer}` a Python with PyTorch or nothing.
        goes_on: Whether its commands go on where they were when they are
            given again, rather than begin anew.
    """

    name: str
    about: str
    seconds: float
    limit: float
    commands: list[list[str]]
    goes_on: bool = False


def read(path: pathlib.Path) -> list[Job]:
    """The jobs of a file.

    Raises:
        ValueError: If two have one name.
    """
    rows = [Job(**row) for row in json.loads(path.read_text())]
    names = [job.name for job in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{path}: two jobs are called {sorted(twice)}")
    return rows


def words(command: list[str], places: dict[str, str]) -> list[str]:
    """A command with its places filled in."""
    return [word.format_map(places) for word in command]


def missing(job: Job, shared: pathlib.Path) -> list[str]:
    """Data that a job names and that are not in the folder of data sets."""
    found = (
        _SHARED.search(word) for command in job.commands for word in command
    )
    names = dict.fromkeys(match[1] for match in found if match)
    return [name for name in names if not (shared / name).exists()]
