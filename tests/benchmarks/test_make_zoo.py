"""A model of the zoo gives way only to one that is better."""

import json
import pathlib
import subprocess
import sys

import pytest

BENCHMARKS = pathlib.Path(__file__).parents[2] / "benchmarks"
ASKS = """
import json, sys, make_zoo
print(json.dumps([make_zoo.better(*pair) for pair in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def better():
    """Answers for pairs of KID with its spread, new and old."""

    def ask(pairs):
        rows = [
            [
                [
                    {"name": "fid@pool", "value": 9.0, "spread": 9.0},
                    {"name": "kid@pool", "value": value, "spread": spread},
                ]
                for value, spread in pair
            ]
            for pair in pairs
        ]
        # In a process of its own: its flags are also those of commands.
        asked = subprocess.run(
            [sys.executable, "-c", ASKS],
            input=json.dumps(rows),
            capture_output=True,
            text=True,
            cwd=BENCHMARKS,
            check=True,
        )
        return json.loads(asked.stdout)

    return ask


def test_better_is_by_more_than_both_spreads(better):
    cases = {
        ((0.5, 0.125), (1.0, 0.25)): True,
        ((0.625, 0.125), (1.0, 0.25)): False,
        ((1.0, 0.0), (0.5, 0.0)): False,
        ((0.5, None), (1.0, None)): True,
    }
    assert better([*cases]) == [*cases.values()]
