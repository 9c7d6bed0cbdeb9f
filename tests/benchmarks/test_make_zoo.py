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

# Packs a model of the zoo once for each KID that is given for it, into a folder
# of its own, and tells what was printed and what lies there then.
PACKS = """
import contextlib, io, json, pathlib, sys, make_zoo
into, kids = pathlib.Path(sys.argv[1]), json.load(sys.stdin)
place = into / "drawn"
make_zoo.FLAGS(["make_zoo", "--run_dir=zoo:anime_32", "--name=drawn",
    "--about=faces", "--limits=small", "--inception=none", "--if_better",
    f"--into={into}", "--data=faces"])
kept = {}
def measured(folder, data):
    value = kept["is"] if folder == place else kept["new"]
    return [{"name": "kid@pool", "value": value, "spread": 0.125,
        "floor": {"value": 0.0}, "n_real": 50, "n_fake": 40}]
def command(module, checkpoint, num, grid):
    grid.write_text(f"{module} {checkpoint.name}")
make_zoo.measured, make_zoo.command = measured, command
told = []
for kid in kids:
    kept["new"], said = kid, io.StringIO()
    make_zoo.FLAGS.json = kid == kids[-1]
    with contextlib.redirect_stdout(said):
        make_zoo.main([])
    card = (place / "README.md").read_text()
    kept["is"] = kid if f"| kid@pool | {kid:.4g} |" in card else kept["is"]
    told.append([said.getvalue(), kept["is"], card,
        sorted(path.name for path in into.iterdir())])
print(json.dumps([told, sorted(path.name for path in place.iterdir())]))
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


def test_a_better_one_takes_its_place_with_a_card_and_a_worse_one_does_not(
    tmp_path,
):
    done = subprocess.run(
        [sys.executable, "-c", PACKS, str(tmp_path)],
        input=json.dumps([1.0, 0.875, 0.5]),
        capture_output=True,
        text=True,
        cwd=BENCHMARKS,
        check=True,
    )
    (first, worse, last), files = json.loads(done.stdout.splitlines()[-1])
    said, kid, card, folders = first
    assert (kid, folders) == (1.0, ["drawn"]) and said == card + "\n"
    assert "--network=dcgan" in card and "(50 real, 40 samples" in card
    assert "| kid@pool | 1 | 0.1 | 0 |" in card
    # Better, but not by more than both spreads.
    assert worse == [
        "drawn of the zoo is as good; it stays\n",
        *(1.0, card, ["drawn"]),
    ]
    said, kid, card, folders = last
    assert (kid, folders) == (0.5, ["drawn"])
    assert json.loads(said) == {
        "source": "drawn",
        "kid@pool": 0.5,
        "largest_file_mb": 2.4,
    }
    assert files == [
        *("README.md", "critic.npz", "ema_generator.npz", "manifest.json"),
        "samples.png",
    ]
