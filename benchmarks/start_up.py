"""From a command to its help, and to the first step of a training.

    python benchmarks/start_up.py [--rounds=3]

Wall-clock and processor time of `--help` of every command, of importing what
`train` imports, and of a training of one step of the quickstart's network on
its digits, from nothing to the end of the step. Medians over rounds.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 3, "Rounds.", 1)

ROOT = pathlib.Path(__file__).parents[1]
COMMANDS = (
    "train evaluate generate translate rank_sources study export serve"
).split()
IMPORTS = (
    "from tfgan_transfer.commands import app; app.start_tensorflow(); "
    "import tfgan_transfer.families.single; "
    "import tfgan_transfer.sessions.session"
)
QUICKSTART = (
    "--data=digits --limit=200 --size=32 --channels=3 --source=zoo:faces_32 "
    "--steps=1 --sample_every=0"
).split()


def measure(words):
    """Wall-clock and processor seconds of a process."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system
    return wall, used - before.children_user - before.children_system


def report(name, words, rounds):
    times = [measure(words()) for _ in range(rounds)]
    wall, cpu = (
        statistics.median(column) for column in zip(*times, strict=True)
    )
    print(f"{name:24} {wall:6.2f} s, cpu {cpu:6.2f} s", flush=True)


def main(argv):
    del argv
    print(f"load {os.getloadavg()[0]:.1f}")
    python = [sys.executable]
    for command in COMMANDS:
        module = ["-m", f"tfgan_transfer.{command}", "--help"]
        report(f"{command} --help", lambda m=module: python + m, FLAGS.rounds)
    report("imports of train", lambda: [*python, "-c", IMPORTS], FLAGS.rounds)
    with tempfile.TemporaryDirectory() as folder:
        runs = iter(range(FLAGS.rounds))

        def train():
            run = f"--run_dir={folder}/{next(runs)}"
            return [*python, "-m", "tfgan_transfer.train", *QUICKSTART, run]

        report("train, one step", train, FLAGS.rounds)


if __name__ == "__main__":
    app.run(main, sys.argv)
