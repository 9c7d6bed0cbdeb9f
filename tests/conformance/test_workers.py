"""Two processes under TF_CONFIG train the model that one process trains.

The real command, on real digits, over loopback. Two workers with one device
each are compared with one worker that has two: both divide the batch, and
batch norm sees the same halves. Sums over two numbers do not depend on who
adds them, so the weights are equal to the last bit.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support import cases
from tests.support.crashes import crash
from tfgan_transfer.training import checkpoint, devices

ROOT = pathlib.Path(__file__).parents[2]
COMMAND = (
    "-m",
    "tfgan_transfer.train",
    f"--flagfile={ROOT / 'configs/smoke/wgan_gp.flags'}",
    "--run_dir=run",
    "--steps=4",
)
# `python -c` leaves "-c" in the place of "-m": what it says is run as a module.
RUN = (
    "import runpy, sys; del sys.argv[:2]; "
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)
SECONDS = 120


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def start(folder, *flags, config=None, setup=""):
    """Starts `train`; `setup` is Python that its process runs first."""
    folder.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_CONFIG": json.dumps(config or {}),
    }
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [
                sys.executable,
                *(setup and ("-c", setup + RUN)),
                *COMMAND,
                *flags,
            ],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(processes, **codes):
    """Waits for all; kills all when one hangs, or ends otherwise than with 0.

    `codes` has those of folders that are to end otherwise.
    """
    end = time.monotonic() + SECONDS
    try:
        for folder, process in processes.items():
            log = folder / "log"
            try:
                status = process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pytest.fail(f"{folder.name} hangs:\n{log.read_text()}")
            assert status == codes.get(folder.name, 0), log.read_text()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()


def start_two(folders, *flags, dying=None, setup=""):
    """Starts two workers; one of them may be about to die."""
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    return {
        folder: start(
            folder,
            *flags,
            config={
                "cluster": {"worker": hosts},
                "task": {"type": "worker", "index": index},
            },
            setup=setup if index == dying else "",
        )
        for index, folder in enumerate(folders)
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where three processes have run: two workers, and one alone."""
    base = tmp_path_factory.mktemp("workers")
    folders = {name: base / name for name in ("first", "second", "alone")}
    processes = start_two([folders["first"], folders["second"]])
    processes[folders["alone"]] = start(folders["alone"], "--devices=cpu:2")
    finish(processes)
    return folders


def final_weights(folder):
    found, damaged = checkpoint.latest(folder / "run/checkpoints")
    assert found.step == 4 and not damaged
    return checkpoint.load(found.path)


def rows(folder):
    lines = (folder / "run/metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_two_workers_learn_what_one_learns(folders):
    workers, alone = (final_weights(folders[n]) for n in ("first", "alone"))
    assert not cases.differences(workers, alone, rtol=0, atol=1e-7)
    trained = workers["generator"]["output/kernel"]
    start = checkpoint.load(folders["first"] / "run/checkpoints/step-00000000")
    assert np.abs(trained - start["generator"]["output/kernel"]).max() > 1e-5


def test_two_workers_report_the_same_means(folders):
    for mine, alone in zip(
        rows(folders["first"]), rows(folders["alone"]), strict=True
    ):
        for row in (mine, alone):
            del row["timing"]
        assert mine == pytest.approx(alone, rel=1e-6)


def test_the_chief_alone_writes(folders):
    assert (folders["first"] / "run/samples").is_dir()
    assert [path.name for path in folders["second"].iterdir()] == ["log"]
    assert "step 4/4" not in (folders["second"] / "log").read_text()


def test_a_worker_does_not_wait_for_ever(tmp_path):
    """The other one was killed before it began."""
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    task = {"type": "worker", "index": 1}
    process = start(
        tmp_path / "left",
        config={"cluster": {"worker": hosts}, "task": task},
        setup=(
            "from tfgan_transfer.training import devices\n"
            "devices.PATIENCE = 3\n"
        ),
    )
    finish({tmp_path / "left": process}, left=-signal.SIGALRM)
    said = (tmp_path / "left" / "log").read_text()
    assert "waiting for all 2 workers of TF_CONFIG; an alarm ends" in said


def test_a_killed_worker_stops_the_other_and_both_go_on(folders, tmp_path):
    """First the one that writes nothing dies, then the chief."""
    flags = [f"--run_dir={tmp_path / 'run'}", "--checkpoint_every=2"]
    for dying, step in ((1, 2), (0, 3)):
        pair = [tmp_path / f"{role}_{step}" for role in ("chief", "other")]
        processes = start_two(
            pair,
            *flags,
            dying=dying,
            setup=crash(f"at_the_end_of_step({step})"),
        )
        killed, left = pair[dying], pair[1 - dying]
        finish(processes, **{killed.name: -signal.SIGKILL, left.name: 3})
        lines = (left / "log").read_text().splitlines()
        assert not any(line.startswith("Traceback") for line in lines), lines
        [said] = [line for line in lines if line.startswith("stopped: ")]
        assert "given again to all 2 of them, continues" in said
    finish(start_two([tmp_path / "chief", tmp_path / "other"], *flags))
    assert not cases.differences(
        final_weights(tmp_path),
        final_weights(folders["alone"]),
        rtol=0,
        atol=1e-7,
    )


@pytest.mark.parametrize(
    "jobs, task, chief",
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), True),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 0), True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("worker", 0), False),
        ({"worker": ["a:1"]}, ("worker", 0), True),
    ],
)
def test_who_is_the_chief(monkeypatch, jobs, task, chief):
    config = {"cluster": jobs, "task": {"type": task[0], "index": task[1]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))

    class Strategy:
        cluster_resolver = (
            cases.tf.distribute.cluster_resolver.TFConfigClusterResolver()
        )

    assert devices.is_chief(Strategy()) == chief
