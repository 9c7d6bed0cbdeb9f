"""Memory of `train` over thousands of steps and hundreds of evaluations.

    python benchmarks/memory_growth.py [--steps=2100] [--eval_every=7]

A DCGAN of width 4 on digits at 8 px, which is evaluated (`kid`) and saved every
few steps. Memory is read from /proc, beside the step of the last row. The first
quarter of the evaluations is the warm-up; after it a line is laid through the
readings. Ends with 1 if that line rises by more than 2 % of the memory.
"""

import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("steps", 2100, "Steps.", 100)
flags.DEFINE_integer("eval_every", 7, "Steps between evaluations.", 1)

ROOT = pathlib.Path(__file__).parents[1]
TRAIN = (
    "-m tfgan_transfer.train --data=digits --channels=1 --limit=200 --size=8 "
    "--network=dcgan --width=4 --latent_size=8 --n_critic=1 --batch_size=8 "
    "--log_every=50 --sample_every=500 --holdout=50 --eval_images=50 "
    "--eval_metrics=kid --noreport"
).split()
MOST = 0.02


def resident(pid: int) -> float:
    """MiB that a process has in memory."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def watched(folder: pathlib.Path) -> np.ndarray:
    """Evaluations done and MiB, float [N, 2], over a training."""
    metrics, readings = folder / "run" / "metrics.jsonl", []
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, *TRAIN, f"--steps={FLAGS.steps}"),
                f"--eval_every={FLAGS.eval_every}",
                f"--run_dir={folder / 'run'}",
            ],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            time.sleep(0.2)
            if metrics.exists():
                done = metrics.read_text().count('"evaluation"')
                readings.append((done, resident(process.pid)))
    if process.returncode:
        sys.exit((folder / "log").read_text()[-2000:])
    return np.array([one for one in readings if one[1]])


def main(argv: list[str]) -> None:
    """Trains, and says what became of the memory."""
    del argv
    with tempfile.TemporaryDirectory() as folder:
        readings = watched(pathlib.Path(folder))
    count = int(readings[:, 0].max())
    for at in np.linspace(1, count, 7).round():
        near = readings[np.abs(readings[:, 0] - at) <= count / 40, 1]
        print(f"evaluation {at:.0f}: {np.median(near):.0f} MiB")
    # Without the last one: the process is being taken apart.
    steady = readings[(readings[:, 0] > count / 4) & (readings[:, 0] < count)]
    slope = np.polyfit(*steady.T, 1)[0]
    first, rise = np.median(steady[:20, 1]), slope * 0.75 * count
    print(
        f"{FLAGS.steps} steps, {count} evaluations: {rise:+.1f} MiB after the "
        f"first quarter ({rise / first:+.2%} of {first:.0f} MiB)"
    )
    sys.exit(int(rise > MOST * first))


if __name__ == "__main__":
    app.run(main)
