"""The first signal is a request, the second one an order."""

import io
import os
import signal
import types

import numpy as np
import pytest

from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.checkpoint_saver import CheckpointSaver
from tfgan_transfer.training.interruption import StopRequest
from tfgan_transfer.training.run_directory import RunDirectory


@pytest.mark.parametrize("number", StopRequest.SIGNALS)
def test_first_signal_is_a_request(number, capsys):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.requested
        os.kill(os.getpid(), number)
        assert stop.requested
        assert signal.getsignal(number) == signal.SIG_DFL
    assert signal.getsignal(number) == before
    assert "saving a checkpoint" in capsys.readouterr().out


def test_a_signal_in_the_middle_of_a_line(monkeypatch):
    """What is being written cannot be written to: the request still counts."""

    class Disturbed(io.RawIOBase):
        lines = b""

        def writable(self):
            return True

        def write(self, content):
            if not self.lines:
                os.kill(os.getpid(), signal.SIGTERM)
            self.lines += bytes(content)
            return len(content)

    raw = Disturbed()
    stdout = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8")
    with StopRequest() as stop:
        monkeypatch.setattr("sys.stdout", stdout)
        print("step 5/30", flush=True)
        monkeypatch.undo()
        assert stop.requested
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert raw.lines.startswith(b"step 5/30\n")


def test_handlers_come_back_after_an_error():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RuntimeError), StopRequest():
        raise RuntimeError
    assert signal.getsignal(signal.SIGTERM) == before


def saver(tmp_path, stop, **options) -> CheckpointSaver:
    defaults = dict(steps=20, start_step=0, cadences=[5, 0], keep=2)
    made = CheckpointSaver(
        RunDirectory(tmp_path),
        stop,
        extras=lambda step: {},
        **defaults | options,
    )
    weight = types.SimpleNamespace(path="w", numpy=lambda: np.zeros(1))
    net = types.SimpleNamespace(variables=[weight])
    made.set_model(
        types.SimpleNamespace(
            state={"net": net}, stop_training=False, steps_ahead=0
        )
    )
    return made


def saved(tmp_path) -> list[int]:
    found = checkpoint.steps(tmp_path / "checkpoints")
    return [int(path.name.removeprefix("step-")) for path in found]


def train(callback: CheckpointSaver, steps: int) -> None:
    callback.on_train_begin()
    for batch in range(steps):
        callback.on_train_batch_end(batch, {})


def test_checkpoints_are_due_at_the_start_regularly_and_at_the_end(tmp_path):
    train(saver(tmp_path, StopRequest(), keep=99, steps=18), 18)
    assert saved(tmp_path) == [0, 5, 10, 15, 18]


def test_only_the_newest_are_kept(tmp_path):
    train(saver(tmp_path, StopRequest()), 17)
    assert saved(tmp_path) == [10, 15]


def test_a_request_saves_the_step_and_stops(tmp_path):
    stop = StopRequest()
    callback = saver(tmp_path, stop)
    train(callback, 7)
    assert not callback.model.stop_training
    stop.requested = True
    callback.on_train_batch_end(7, {})
    assert callback.model.stop_training
    assert saved(tmp_path) == [5, 8]


def test_a_request_waits_for_the_end_of_a_call(tmp_path):
    stop = StopRequest()
    callback = saver(tmp_path, stop)
    train(callback, 6)
    stop.requested = True
    for batch, callback.model.steps_ahead in (6, 2), (7, 1):
        callback.on_train_batch_end(batch, {})
        assert not callback.model.stop_training and saved(tmp_path) == [0, 5]
    callback.model.steps_ahead = 0
    callback.on_train_batch_end(8, {})
    assert callback.model.stop_training and saved(tmp_path) == [5, 9]


def test_several_workers_stop_only_where_all_of_them_save(tmp_path):
    stop = StopRequest()
    callback = saver(tmp_path, stop, workers=2)
    train(callback, 7)
    stop.requested = True
    callback.on_train_batch_end(7, {})
    assert not callback.model.stop_training and saved(tmp_path) == [0, 5]
    for batch in (8, 9):
        callback.on_train_batch_end(batch, {})
    assert callback.model.stop_training and saved(tmp_path) == [5, 10]


def test_only_the_chief_writes(tmp_path):
    train(saver(tmp_path, StopRequest(), chief=False), 7)
    assert not (tmp_path / "checkpoints").exists()
