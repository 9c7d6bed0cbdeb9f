"""Rows are means over windows, whatever the interruptions."""

import json
import math
import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.training.progress import Progress
from tfgan_transfer.training.run_directory import RunDirectory


def progress(run: RunDirectory, **options: object) -> Progress:
    defaults = dict(steps=12, start_step=0, every=5, images_per_step=16)
    made = Progress(run, options.pop("writer", None), **defaults | options)
    optimizer = keras.optimizers.SGD(0.25)
    optimizer.build([])
    made.set_model(
        types.SimpleNamespace(state={"net": None, "optimizer": optimizer})
    )
    return made


def losses(step: int) -> dict:
    return {"critic_loss": float(step**2), "wasserstein": -float(step)}


def train(callback: Progress, first: int, last: int) -> None:
    """Reports steps `first` to `last`; their data was there at once."""
    callback.on_train_begin()
    for batch, step in enumerate(range(first, last + 1)):
        callback.on_train_batch_begin(batch)
        callback.on_train_batch_end(batch, {**losses(step), "data_wait": 0.0})
    callback.on_train_end()


def rows(run: RunDirectory, timing: bool = False) -> list[dict]:
    found = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    return found if timing else [{**row, "timing": None} for row in found]


def test_rows_are_means_over_windows(tmp_path):
    run = RunDirectory(tmp_path)
    train(progress(run), 1, 12)
    assert [row["step"] for row in rows(run)] == [5, 10, 12]
    for row, window in zip(
        rows(run), (range(1, 6), range(6, 11), range(11, 13)), strict=True
    ):
        assert row["critic_loss"] == np.mean([step**2 for step in window])
        assert row["wasserstein"] == -np.mean(window)
        assert row["optimizer_lr"] == 0.25


def test_wall_clock_values_stand_apart(tmp_path):
    run = RunDirectory(tmp_path)
    train(progress(run), 1, 12)
    first = rows(run, timing=True)[0]
    assert set(first) == {
        "step", "critic_loss", "wasserstein", "optimizer_lr", "timing"
    }  # fmt: skip
    assert set(first["timing"]) == {"images_per_second", "data_wait_share"}
    assert first["timing"]["data_wait_share"] == 0
    assert first["timing"]["images_per_second"] > 0


@pytest.mark.parametrize("stop", [1, 4, 5, 7, 10, 11])
def test_a_window_survives_in_a_checkpoint(tmp_path, stop):
    """The window goes through JSON, as in a manifest."""
    whole, parts = RunDirectory(tmp_path / "a"), RunDirectory(tmp_path / "b")
    for run in (whole, parts):
        run.path.mkdir()
    train(progress(whole), 1, 12)
    before = progress(parts)
    train(before, 1, stop)
    window = json.loads(json.dumps(before.window))
    after = progress(parts, start_step=stop, window=window)
    train(after, stop + 1, 12)
    assert rows(parts) == rows(whole)


def test_waiting_for_data_is_measured(tmp_path, monkeypatch):
    """Each step: 3 s of waiting, 1 s of work; the first one is not counted."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    run = RunDirectory(tmp_path)
    callback = progress(run)
    callback.on_train_begin()
    for batch in range(5):
        callback.on_train_batch_begin(batch)
        now[0] += 60 if batch == 0 else 4
        callback.on_train_batch_end(
            batch, {**losses(batch + 1), "data_wait": 3.0}
        )
    (row,) = rows(run, timing=True)
    assert row["timing"]["data_wait_share"] == 0.75
    assert row["timing"]["images_per_second"] == 16 * 4 / 16


def shown_after_five_steps(tmp_path, monkeypatch, first=2, **options):
    """What a run of 12 steps says after 5, all others but one of 2 s each."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    callback = progress(RunDirectory(tmp_path), **options)
    callback.on_train_begin()
    for batch in range(5):
        callback.on_train_batch_begin(batch)
        now[0] += first if batch == 0 else 2
        callback.on_train_batch_end(
            batch, {**losses(batch + 1), "data_wait": 0.0}
        )
    return callback


def test_a_clock_set_back_changes_no_estimate(tmp_path, monkeypatch, capsys):
    """After 5 steps of 2 s each, 7 are left: 14 s."""
    monkeypatch.setattr("time.time", lambda: -3600 * time.monotonic())
    callback = shown_after_five_steps(tmp_path, monkeypatch)
    assert "ETA 00:14" in capsys.readouterr().out
    (row,) = rows(callback.run, timing=True)
    assert row["timing"]["data_wait_share"] == 0
    assert row["timing"]["images_per_second"] == 8


def test_a_step_that_traces_is_no_measure_of_speed(tmp_path, capsys):
    callback = progress(RunDirectory(tmp_path))
    callback.every = 1
    train(callback, 1, 2)
    first, second = capsys.readouterr().out.splitlines()
    assert "images/s" not in first and "first step" in first
    assert "images/s" in second
    assert "ETA" not in first and "ETA" in second


def test_a_slow_first_step_is_not_expected_again(tmp_path, monkeypatch, capsys):
    """Five steps of 12, the first of a minute: seven of 2 s are left."""
    shown_after_five_steps(tmp_path, monkeypatch, first=60)
    assert "ETA 00:14" in capsys.readouterr().out


def test_steps_that_are_unlike_are_not_counted_as_these(
    tmp_path, monkeypatch, capsys
):
    shown_after_five_steps(tmp_path, monkeypatch, end=8)
    assert "ETA 00:06 to step 8" in capsys.readouterr().out


def test_a_plan_knows_how_long_other_steps_take(tmp_path, monkeypatch, capsys):
    shown_after_five_steps(
        tmp_path, monkeypatch, end=8, left=lambda step: 100.0 - step
    )
    assert "ETA 01:35  " in capsys.readouterr().out


def test_a_terminal_shows_the_same_beside_its_bar(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    callback = shown_after_five_steps(tmp_path, monkeypatch, end=8)
    callback.on_train_end()
    shown = capsys.readouterr().err
    assert "wasserstein=-3, ETA 00:06 to step 8]" in shown
    assert "step/s" not in shown


def test_a_difference_of_scores_is_called_what_it_is(tmp_path, capsys):
    callback = progress(RunDirectory(tmp_path), gap="score_gap")
    train(callback, 1, 12)
    line = capsys.readouterr().out.splitlines()[0]
    assert "score_gap -3  " in line and "wasserstein" not in line
    # Rows are read by others, who know one name.
    assert rows(callback.run)[0]["wasserstein"] == -3
    assert "score_gap" not in rows(callback.run)[0]


def test_log_lines_tell_where_the_run_stands(tmp_path, capsys):
    train(progress(RunDirectory(tmp_path)), 1, 12)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["step", "5/12"],
        ["step", "10/12"],
        ["step", "12/12"],
    ]
    assert "critic_loss 11" in lines[0] and "ETA 00:00" in lines[2]
    # Of each session, since it traces and compiles.
    assert ["first step 0.0 s" in line for line in lines] == [1, 0, 0]


def test_tensorboard_gets_the_row(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path / "board"))
    train(progress(RunDirectory(tmp_path), writer=writer), 1, 5)
    writer.close()
    (file,) = (tmp_path / "board").iterdir()
    scalars = {
        value.tag: tf.make_ndarray(value.tensor).item()
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
        if event.step == 5
    }
    assert scalars["critic_loss"] == 11
    assert scalars["optimizer_lr"] == 0.25
    assert math.isfinite(scalars["images_per_second"])
