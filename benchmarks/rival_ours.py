"""Our side of `rivals.py`: a run of `train` for each mark, from its start.

Steps are as many as `--hours` fits into the minutes, by the clock on the wall:
give the command a core that nobody else uses, and processor time is the same.
What a run has really used counts, and is shown.
"""

import contextlib
import json
import os
import pathlib
import sys
import time

import rival_worker

# Seconds between two looks at the clock of a run.
LOOK = 0.5
# Of /proc/PID/stat, behind the name: time of the process itself and of those
# that it has waited for, each as a user's and the kernel's.
TIMES = slice(11, 15)


def processor(pid):
    """Processor seconds of a process and its ended children."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    ticks = text.rpartition(")")[2].split()[TIMES]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def train(work, mark, words, samples, start):
    """Trains for a mark and draws, or goes on with that.

    What an attempt used before it was killed counts, even the steps that were
    lost with it.

    Args:
        work: Folder of all marks.
        mark: Processor minutes.
        words: Flags that say what to train on, and how.
        samples: How many pictures to draw.
        start: Starts a process: its words in, a `subprocess.Popen` out.

    Returns:
        The exit code, 0 if all was done.
    """
    if rival_worker.told(work, mark):
        return 0
    home = rival_worker.place(work, mark)
    home.mkdir(parents=True, exist_ok=True)
    module = [sys.executable, "-m"]
    run = f"--run_dir={home / 'run'}"
    process = start(
        [*module, "tfgan_transfer.train", *words, run]
        + [f"--hours={mark / 60:.6g}"]
    )
    seconds = watched(process, home / "seconds.json")
    if process.returncode:
        return process.returncode
    drawn = start(
        [*module, "tfgan_transfer.generate", run, f"--num={samples}"]
        + [f"--out={home / 'samples'}"]
    )
    if drawn.wait():
        return drawn.returncode
    about = {"seconds": seconds, **trained(home / "run")}
    rival_worker.replaced(home / "about.json", about)
    return 0


def watched(process, file):
    """Processor seconds of a process until its end, and of those before it."""
    before = json.loads(file.read_text()) if file.exists() else 0.0
    seconds = before
    while process.poll() is None:
        # It may have ended since.
        with contextlib.suppress(OSError):
            seconds = before + processor(process.pid)
            rival_worker.replaced(file, seconds)
        time.sleep(LOOK)
    return seconds


def trained(run):
    """Steps of a run, and images that its critics were shown."""
    flags = json.loads((run / "config.json").read_text())["flags"]
    names = [found.name for found in (run / "checkpoints").glob("step-*")]
    steps = max(int(name.rpartition("-")[2]) for name in names)
    shown = flags["batch_size"] * flags["n_critic"]
    return {"steps": steps, "images": steps * shown}
