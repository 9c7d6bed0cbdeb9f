"""What has been found out so far, in one file that is whole at any moment."""

import json
import os
import pathlib
import re

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
    """The JSON objects that begin a line of a log: a job's numbers."""
    decoder, found, at = json.JSONDecoder(), [], 0
    for line in re.finditer(r"^\{", text, re.M):
        # Not those inside of the one before.
        if line.start() < at:
            continue
        try:
            row, at = decoder.raw_decode(text, line.start())
        except json.JSONDecodeError:
            continue
        found.append(row)
    return found
