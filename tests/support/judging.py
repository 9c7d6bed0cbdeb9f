"""Runs the check of SavedModels as a process."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def judged(*paths: pathlib.Path) -> list[dict]:
    """The report on each directory, by one new process for all of them."""
    command = [sys.executable, "-m", "tfgan_transfer.serving.check", "--json"]
    finished = subprocess.run(
        [*command, *map(str, paths)], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode in (0, 1), finished.stderr
    reports = [json.loads(line) for line in finished.stdout.splitlines()]
    assert finished.returncode == any(not r["accepted"] for r in reports)
    return reports
