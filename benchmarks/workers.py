"""One device, two replicas and two worker processes on the same two cores.

    python benchmarks/workers.py [--steps=60] [--rounds=3]

A DCGAN at 32 px, batch 64, through the `train` command, on drawn shapes; the
workers find one another by TF_CONFIG and run one thread for operations each.
In turn; medians over rounds of real images per second in the last third of the
steps. What two are slower by than one is what replicas cost: the cores are the
same.
"""

import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 3, "Rounds.", 1)
flags.DEFINE_integer("steps", 60, "Steps of each training.", 3)
flags.DEFINE_integer("n_critic", 1, "Critic iterations.", 1)

ROOT = pathlib.Path(__file__).parents[1]
TRAIN = (
    "-m tfgan_transfer.train --data=shapes --limit=512 --size=32 --width=64 "
    "--network=dcgan --generator_lr=1e-4 --batch_size=64 --sample_every=0"
).split()


def start(run_dir, *more, **environment):
    every = FLAGS.steps // 3
    return subprocess.Popen(
        [
            *(sys.executable, *TRAIN, *more, f"--run_dir={run_dir}"),
            *(f"--steps={FLAGS.steps}", f"--log_every={every}"),
            f"--n_critic={FLAGS.n_critic}",
        ],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def cluster():
    """TF_CONFIG of each of two workers."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        hosts = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for index in range(2):
        task = {"type": "worker", "index": index}
        yield json.dumps({"cluster": {"worker": hosts}, "task": task})


def rate(processes, run_dir):
    """Images per second in the last rows of a run."""
    for process in processes:
        if process.wait():
            raise RuntimeError("a training failed; run it by hand")
    lines = (run_dir / "metrics.jsonl").read_text().splitlines()
    return json.loads(lines[-1])["timing"]["images_per_second"]


def main(argv):
    del argv
    print(f"load {os.getloadavg()[0]:.1f}")
    ways = {"one device": [], "two replicas": [], "two workers": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FLAGS.rounds):
            runs = [pathlib.Path(folder) / f"{number}-{i}" for i in range(3)]
            one = [start(runs[0], "--devices=cpu:1")]
            ways["one device"].append(rate(one, runs[0]))
            two = [start(runs[1], "--devices=cpu:2")]
            ways["two replicas"].append(rate(two, runs[1]))
            workers = [
                start(runs[2], TF_CONFIG=config, TF_NUM_INTRAOP_THREADS="1")
                for config in cluster()
            ]
            ways["two workers"].append(rate(workers, runs[2]))
    base = statistics.median(ways["one device"])
    for way, rates in ways.items():
        middle = statistics.median(rates)
        print(f"{way:14} {middle:6.0f} images/s, {base / middle:.2f}x the time")


if __name__ == "__main__":
    app.run(main, sys.argv)
