"""Calls of several steps end wherever something is due."""

import itertools
import signal
import types

import numpy as np
import pytest

from tests.support.comparing import assert_same_run, newest
from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training import devices
from tfgan_transfer.training.calls import Calls, lengths


@pytest.mark.parametrize(
    "start, end, longest, cadences, expected",
    [
        (0, 10, 4, [], [1, 4, 4, 1]),
        (0, 10, 1, [3], [1] * 10),
        (0, 15, 10, [5, 7, 0], [1, 4, 2, 3, 4, 1]),
        (12, 20, 10, [5], [1, 2, 5]),
        (12, 16, 10, [100], [1, 3]),
        (4, 10, 10, [5], [1, 5]),
        (9, 9, 10, [5], []),
    ],
)
def test_lengths(start, end, longest, cadences, expected):
    assert [*lengths(start, end, longest, cadences)] == expected


def test_nothing_that_is_due_is_gone_past():
    random = np.random.default_rng(0)
    for _ in range(200):
        start, more, longest, a, b = map(int, random.integers(1, 40, 5))
        calls = [*lengths(start, start + more, longest, [a, b])]
        assert all(0 < count <= longest for count in calls)
        ends = {*itertools.accumulate(calls, initial=start)}
        assert max(ends) == start + more
        for step in range(start + 1, start + more + 1):
            assert step in ends or (step % a and step % b)


def test_what_suits_the_devices():
    def suited(*names):
        extended = types.SimpleNamespace(worker_devices=names)
        return devices.steps_per_call(types.SimpleNamespace(extended=extended))

    host = "/job:localhost/replica:0/task:0/device:"
    assert suited(f"{host}CPU:0") == 1
    assert suited(f"{host}GPU:0") == 10
    assert suited(f"{host}GPU:0", f"{host}GPU:1") == 1


@pytest.mark.parametrize(
    "asked, device, planned",
    [(None, "CPU:0", None), (None, "GPU:0", [1, 8]), (3, "CPU:0", [1, 3, 3, 2])]
    + [(1, "GPU:0", None)],
)
def test_the_model_is_told_and_left_as_it_was(asked, device, planned):
    told = []
    extended = types.SimpleNamespace(worker_devices=(device,))
    model = types.SimpleNamespace(
        distribute_strategy=types.SimpleNamespace(extended=extended),
        train_in_calls=lambda calls: told.append([*calls]),
        make_train_function=lambda force: told.append(force),
    )
    callback = Calls(asked, start=0, end=9, cadences=[0])
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_train_end()
    assert told == [*([planned] if planned else []), True]


def test_a_run_in_calls_is_the_same_run(commands, unbroken, tmp_path):
    """Stopped by a signal in the middle of a call, from step 16 to 19."""
    run = f"--run_dir={tmp_path / 'run'}", "--steps_per_call=4"
    setup = crash(f"at_the_end_of_step(17, {int(signal.SIGTERM)})")
    stopped = commands.run(TRAIN, SMOKE, *run, setup=setup)
    assert stopped.code == 3, stopped.err
    assert "stopped at step 19 of 30" in stopped.out
    assert newest(tmp_path / "run").step == 19
    finished = commands.run(TRAIN, SMOKE, *run)
    assert finished.code == 0, finished.err
    assert_same_run(tmp_path / "run", unbroken)
