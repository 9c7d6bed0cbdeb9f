"""A run that was killed and restarted is the run that was never killed."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.support.comparing import assert_same_run, newest
from tests.support.crashes import crash
from tests.support.running import LONGEST, ROOT, SMOKE, TRAIN

WHILE_WRITING = [
    "in_savez(0, 'generator.npz')",
    "in_atomic_write('config.json')",
    "in_savez(7, 'critic_optimizer.npz')",
    "at_rename(7, after=False)",
    "at_rename(7, after=True)",
    "in_manifest(14)",
    "in_prune()",
]
WHILE_TRAINING = [
    "in_image('ema-00000000.png')",
    "at_the_end_of_step(3)",
    "in_metrics(10)",
    "in_atomic_write('metrics.jsonl')",
    "in_image('generator-00000020.png')",
    "before_reporting(26)",
    "at_the_end_of_step(30)",
]


@pytest.mark.parametrize("moments", [WHILE_WRITING, WHILE_TRAINING])
def test_killed_at_exact_moments(commands, unbroken, tmp_path, moments):
    run = tmp_path / "run"
    for moment in moments:
        killed = commands.run(
            TRAIN, SMOKE, f"--run_dir={run}", setup=crash(moment)
        )
        assert killed.code == -signal.SIGKILL, (moment, killed)
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    assert_same_run(run, unbroken)
    leftovers = [p.name for p in run.rglob(".*") if p.name != ".lock"]
    assert not leftovers


def start_process(run: pathlib.Path, log: pathlib.Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", TRAIN, SMOKE, f"--run_dir={run}"],
        cwd=ROOT,
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
        env=environment,
    )


def wait_until_it_trains(log: pathlib.Path) -> None:
    """Until the plan stands in the log; the first step is yet to come."""
    deadline = time.monotonic() + LONGEST
    while "critic iterations" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)


def test_signals_from_outside(commands, unbroken, tmp_path):
    """At moments nobody chose: SIGKILL twice, SIGTERM once."""
    run, log = tmp_path / "run", tmp_path / "log"
    process = start_process(run, log)
    wait_until_it_trains(log)
    time.sleep(random.uniform(0, 0.5))
    process.kill()
    assert process.wait() == -signal.SIGKILL, log.read_text()

    slow = commands.start(
        TRAIN, SMOKE, f"--run_dir={run}", setup=crash("never_but_slowly(0.1)")
    )
    wait_until_it_trains(slow.log.with_suffix(".out"))
    time.sleep(random.uniform(0.5, 2.5))
    slow.kill()
    assert slow.wait().code == -signal.SIGKILL

    process = start_process(run, log)
    wait_until_it_trains(log)
    process.terminate()
    assert process.wait() == 3, log.read_text()
    assert "the same command continues" in log.read_text()
    assert 0 < newest(run).step < 30

    process = start_process(run, log)
    assert process.wait() == 0, log.read_text()
    assert_same_run(run, unbroken)


def test_request_to_stop_saves_that_step(commands, unbroken, tmp_path):
    run = tmp_path / "run"
    setup = crash(f"at_the_end_of_step(9, {int(signal.SIGTERM)})")
    stopped = commands.run(TRAIN, SMOKE, f"--run_dir={run}", setup=setup)
    assert stopped.code == 3, stopped.err
    assert "stopped at step 9 of 30" in stopped.out
    assert newest(run).step == 9
    assert commands.run(TRAIN, SMOKE, f"--run_dir={run}").code == 0
    assert_same_run(run, unbroken)
