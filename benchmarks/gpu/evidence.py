"""Takes all the evidence that fits into some minutes; may be cut at any moment.

    python benchmarks/gpu/evidence.py --minutes=10 --out=build/evidence \
        [--shared=../shared] [--torch_python=python3] [--tiny]

Jobs (`jobs.json`) run in their order of worth, each in processes of its own,
if the time that is left is enough. `OUT/evidence.json` is written whenever one
has ended, `OUT/logs/` keeps what they printed. Given again, the command runs
what is not done yet. SIGTERM ends it within `GRACE` seconds.
`benchmarks/gpu/tables.py OUT` turns the results into Markdown. `--tiny`
rehearses everything with `jobs_tiny.json`, on a CPU too.
"""

import contextlib
import ctypes
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TextIO

import jobs
import results
from absl import app, flags

FLAGS = flags.FLAGS
ROOT = pathlib.Path(__file__).parents[2]
flags.DEFINE_float("minutes", 10, "For how long.", 0)
flags.DEFINE_string("out", None, "Folder of results.", required=True)
flags.DEFINE_string("jobs", str(jobs.FOLDER / "jobs.json"), "The list.")
flags.DEFINE_bool("tiny", False, "Rehearse, with the jobs of jobs_tiny.json.")
flags.DEFINE_string("shared", str(ROOT.parent / "shared"), "Data sets.")
flags.DEFINE_string("torch_python", "", "A Python with PyTorch, if any.")

# A training needs so long to save what it has.
GRACE = 8.0
PR_SET_PDEATHSIG = 1
# Exit code that asks for the same command again.
STOPPED = 3
# Of the jobs: their memory can be measured, and what they print is not lost.
AROUND = {"PYTHONUNBUFFERED": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
# In a process of its own: this one must not hold the card.
ASKED = """
import json, tensorflow as tf
details = tf.config.experimental.get_device_details
cards = [details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
names = [card.get("device_name", "GPU") for card in cards]
print(json.dumps({"cards": names, "tensorflow": tf.__version__}))
"""
# Seconds that its answer may take.
ANSWER = 120
# Seconds between two looks at a job.
LOOK = 0.1
# Whether this process was told to end. Nothing is interrupted by it, so that
# what a job has found is written even if it ended at that moment.
told = threading.Event()


class Cut(Exception):
    """This process was told to end, and no job runs any more."""


def dies_with_us():
    """Makes a job end when this process is killed, which it may be."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def machine(out: pathlib.Path) -> dict:
    """The card and the programs, as JSON values."""
    log = new_log(out / "logs", "machine")
    with log.open("a") as file:
        run(["-c", ASKED], file, ANSWER)
    driver = ""
    if shutil.which("nvidia-smi"):
        ask = ["nvidia-smi", "--query-gpu=driver_version,memory.total"]
        driver = subprocess.run(
            [*ask, "--format=csv,noheader"], capture_output=True, text=True
        ).stdout.strip()
    found = {"cards": [], "tensorflow": ""}
    for row in results.rows(log.read_text(errors="replace")):
        found |= row
    return {
        **found,
        "driver": driver,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
    }


def end(process: subprocess.Popen) -> None:
    """Asks a job to end, and then makes it and all that it has started."""
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def run(words: list[str], log: TextIO, limit: float) -> str:
    """Runs one command: `done`, `failed` or `out of time`.

    Raises:
        Cut: If this process was told to end; the command has been ended.
    """
    until = time.monotonic() + limit
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dies_with_us,
        env={**os.environ, **AROUND},
    )
    while process.poll() is None:
        if told.wait(LOOK):
            end(process)
            raise Cut
        if time.monotonic() > until:
            end(process)
            return "out of time"
    return "failed" if process.returncode else "done"


def do(job: jobs.Job, places: dict, limit: float) -> dict:
    """Runs a job; what it found."""
    out = pathlib.Path(places["out"])
    work = out / "work" / job.name
    if not job.goes_on:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    log = new_log(out / "logs", job.name)
    began, state = time.monotonic(), "done"
    for command in job.commands:
        words = jobs.words(command, {**places, "work": str(work)})
        with log.open("a") as file:
            state = run(words, file, limit - (time.monotonic() - began))
        if state != "done":
            break
    return {
        "state": state,
        "about": job.about,
        "seconds": round(time.monotonic() - began, 1),
        "rows": results.rows(log.read_text(errors="replace")),
    }


def new_log(folder: pathlib.Path, name: str) -> pathlib.Path:
    """A log that no earlier try has written."""
    folder.mkdir(exist_ok=True)
    tried = len(list(folder.glob(f"{name}.*.log")))
    log = folder / f"{name}.{tried}.log"
    log.touch()
    return log


def pending(all_jobs: list[jobs.Job], found: dict) -> list[jobs.Job]:
    """Jobs that are not done: first those that were never tried."""
    state = {name: row["state"] for name, row in found["jobs"].items()}
    todo = [job for job in all_jobs if state.get(job.name) != "done"]
    new = ("did not fit", "no data", None)
    return sorted(todo, key=lambda job: state.get(job.name) not in new)


def obstacle(job: jobs.Job, places: dict, left: float) -> tuple[str, str]:
    """What keeps a job from being begun, as a state and in words, if any."""
    if lacks := jobs.missing(job, pathlib.Path(places["shared"])):
        return "no data", f"{', '.join(lacks)} not in --shared"
    if left < job.seconds:
        return "did not fit", (
            f"needs {job.seconds:g} s, {left:.0f} s are left"
        )
    return "", ""


def take(all_jobs: list[jobs.Job], places: dict, until: float) -> None:
    """Runs jobs until all are done or the time is up."""
    out = pathlib.Path(places["out"])
    found = results.read(out)
    if not found["machine"]:
        found["machine"] = machine(out)
        results.write(out, found)
    for job in pending(all_jobs, found):
        if told.is_set():
            raise Cut
        left = until - time.monotonic()
        state, why = obstacle(job, places, left)
        if state:
            print(f"{job.name}: {why}")
            row = {"state": state, "about": job.about, "rows": []}
            # What an earlier try has found is worth more.
            found["jobs"].setdefault(job.name, row)
        else:
            print(f"{job.name}: {job.about}", flush=True)
            row = do(job, places, min(job.limit, left))
            print(f"  {row['state']}, {row['seconds']} s", flush=True)
            found["jobs"][job.name] = row
        results.write(out, found)


def main(argv):
    del argv
    until = time.monotonic() + 60 * FLAGS.minutes
    out = pathlib.Path(FLAGS.out).absolute()
    out.mkdir(parents=True, exist_ok=True)
    path = jobs.FOLDER / "jobs_tiny.json" if FLAGS.tiny else FLAGS.jobs
    places = {
        "out": str(out),
        "shared": str(pathlib.Path(FLAGS.shared).absolute()),
        "peer": FLAGS.torch_python,
    }
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    try:
        take(jobs.read(pathlib.Path(path)), places, until)
    except Cut:
        print("cut; the same command goes on")
        return STOPPED
    return 0


if __name__ == "__main__":
    app.run(main)
