"""How the cost of a step grows with size, batch, width, images and replicas.

    python benchmarks/scale.py [--rounds=5] [--precision=float32]

One thing is changed at a time from a DCGAN of width 32 at 32 px, batch 64, one
critic update. Every setting is a process of its own, which trains as `train`
does: its strategy, its stream of batches. In turn; medians over rounds of the
wall-clock and processor time of a step, as ratios to the unchanged setting.
Replicas are virtual devices on the same cores, so 2 can only show overhead.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 5, "Rounds.", 1)
flags.DEFINE_string("precision", "float32", "As of train.")

BASE = {"size": "32", "batch_size": 64, "width": 32, "devices": "cpu:1"}
BASE |= {"images": 512}
CHANGES = (
    {},
    {"size": "16"},
    {"size": "64"},
    {"batch_size": 16},
    {"batch_size": 128},
    {"width": 16},
    {"width": 64},
    {"images": 20000},
    {"devices": "cpu:2"},
)
HERE = pathlib.Path(__file__).parent


def make(setting, precision):
    """A step of training, on noise; runs in a process of its own."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import step_ours

    return step_ours.training(setting, precision)


def start(setting):
    spec = {"setting": setting, "precision": FLAGS.precision}
    program = "import step_worker, scale; step_worker.serve(scale.make)"
    paths = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    worker = subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(spec)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    worker.stdout.readline()
    return worker


def main(argv):
    del argv
    print(f"load {os.getloadavg()[0]:.1f}, {FLAGS.precision}")
    workers = [(change, start({**BASE, **change}), []) for change in CHANGES]
    for _ in range(FLAGS.rounds):
        for _, worker, answers in workers:
            worker.stdin.write('["step", 1]\n')
            worker.stdin.flush()
            answers.append(json.loads(worker.stdout.readline()))
    base = None
    for change, worker, answers in workers:
        worker.stdin.close()
        worker.wait()
        wall, cpu = (
            statistics.median(answer[clock] for answer in answers)
            for clock in ("wall", "cpu")
        )
        base = base or (wall, cpu)
        print(
            f"{json.dumps(change):22} {wall:6.3f} s, cpu {cpu:6.3f} s, "
            f"{wall / base[0]:.2f}x and {cpu / base[1]:.2f}x, "
            f"{answers[-1]['memory']:.0f} MiB"
        )


if __name__ == "__main__":
    app.run(main, sys.argv)
