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
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support import cases
from tfgan_transfer.training import checkpoint, devices

ROOT = pathlib.Path(__file__).parents[2]
COMMAND = (
    "-m",
    "tfgan_transfer.train",
    f"--flagfile={ROOT / 'configs/smoke/wgan_gp.flags'}",
    "--run_dir=run",
    "--steps=4",
)
SECONDS = 120


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def start(folder, *flags, config=None):
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
            [sys.executable, *COMMAND, *flags],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def finish(processes):
    """Waits for all; kills all when one hangs or fails."""
    end = time.monotonic() + SECONDS
    try:
        for folder, process in processes.items():
            log = folder / "log"
            try:
                status = process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pytest.fail(f"{folder.name} hangs:\n{log.read_text()}")
            assert status == 0, log.read_text()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where three processes have run: two workers, and one alone."""
    base = tmp_path_factory.mktemp("workers")
    folders = {name: base / name for name in ("first", "second", "alone")}
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = {
        folders[name]: start(
            folders[name],
            config={
                "cluster": {"worker": hosts},
                "task": {"type": "worker", "index": index},
            },
        )
        for index, name in enumerate(("first", "second"))
    }
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
