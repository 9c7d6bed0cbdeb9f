"""One training as `train` makes it, and what it took: a line of JSON.

    python benchmarks/gpu/training.py SECONDS --flagfile=... --run_dir=...

After SECONDS of building, compiling and training it is stopped as by Ctrl-C,
which saves. Images a second are the median of what the log says after its first
line, so `--log_every` should be small; memory is the peak of the tensors on the
GPU, or of the process where there is none; hours are those of all steps at that
rate.
"""

import json
import os
import pathlib
import signal
import statistics
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from step_worker import resident

from tfgan_transfer import train
from tfgan_transfer.commands import app, flags

# What `train` ends with when it was stopped and has saved.
STOPPED = 3


def peak() -> float:
    """MiB."""
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return resident()
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


def rates(run: pathlib.Path) -> tuple[int, list[float]]:
    """Steps done, and images a second of each line of the log but the first."""
    log = run / "metrics.jsonl"
    text = log.read_text() if log.exists() else ""
    rows = [
        row for row in map(json.loads, text.splitlines()) if "timing" in row
    ]
    timed = [row["timing"]["images_per_second"] for row in rows[1:]]
    return rows[-1]["step"] if rows else 0, timed


def report(run: pathlib.Path) -> dict:
    settings = json.loads((run / "config.json").read_text())["flags"]
    step, timed = rates(run)
    row = {"run": run.name, "steps": step, "memory_mib": round(peak())}
    if timed:
        rate = statistics.median(timed)
        drawn = settings["batch_size"] * settings["n_critic"]
        row["images_per_second"] = round(rate, 1)
        row["hours_to_the_end"] = round(
            settings["steps"] * drawn / rate / 3600, 3
        )
    return row


def listens() -> bool:
    """Whether a signal would be understood as a wish to stop."""
    return signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def stop_after(seconds: float) -> None:
    while not listens():
        time.sleep(0.1)
    time.sleep(seconds)
    if listens():
        os.kill(os.getpid(), signal.SIGTERM)


def main():
    seconds, words = float(sys.argv[1]), sys.argv[2:]
    threading.Thread(target=stop_after, args=(seconds,), daemon=True).start()
    try:
        app.run(train.main, [sys.argv[0], *words])
    except SystemExit as ended:
        if ended.code not in (0, None, STOPPED):
            raise
    print(json.dumps(report(pathlib.Path(flags.given()["run_dir"]))))


if __name__ == "__main__":
    main()
