"""What has been found out so far, in one file that is whole at any moment."""

import json
import os
import pathlib

NAME = "evidence.json"


def read(folder: pathlib.Path) -> dict:
    """Results by name of the job, and the machine; empty if there are none."""
    path = folder / NAME
    if not path.exists():
        return {"machine": {}, "jobs": {}}
    return json.loads(path.read_text())


def write(folder: pathlib.Path, found: dict) -> None:
    """Replaces the file, so that a cut leaves the one before or this one."""
    new = folder / (NAME + ".new")
    with new.open("w") as file:
        json.dump(found, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / NAME)


def rows(text: str) -> list[dict]:
    """The lines of a log that are JSON objects: a job's numbers."""
    found = []
    for line in text.splitlines():
        try:
            row = json.loads(line) if line.startswith("{") else None
        except json.JSONDecodeError:
            continue
        found += [row] if row else []
    return found
