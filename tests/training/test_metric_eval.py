"""Measuring while training: cadence, records, best checkpoint, stopping."""

import json
import types

import pytest

from tfgan_transfer.training.metric_eval import (
    MetricEval,
    exhausted,
    measured,
)
from tfgan_transfer.training.run_directory import RunDirectory


def make(tmp_path, values, **options):
    """A callback whose n-th measurement is `values[n]`."""
    run = RunDirectory(tmp_path)
    tmp_path.mkdir(exist_ok=True)
    queue = iter(values)
    settings = {
        "best_metric": "kid",
        "start_step": 0,
        "every": 10,
        "steps": 1000,
        "patience": 0,
        **options,
    }

    def measure(model):
        assert model.sample == "the sampler"
        row = {"metric": "kid", "name": "kid@x", "value": next(queue)}
        return [{**row, "protocol": "p"}], "too alike"

    callback = MetricEval(run, None, measure, **settings)
    callback.set_model(
        types.SimpleNamespace(sample="the sampler", stop_training=False)
    )
    return callback, run


def test_measures_when_due_and_at_the_end(tmp_path, capsys):
    callback, run = make(tmp_path, [0.5, 0.25, 0.125], steps=25)
    latest = {}
    for batch in range(25):
        callback.on_train_batch_end(batch, {})
        if callback.latest:
            latest[batch + 1] = callback.latest
    assert latest == {10: {"kid": 0.5}, 20: {"kid": 0.25}, 25: {"kid": 0.125}}
    rows = [json.loads(x) for x in run.metrics.read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 25]
    assert rows[0]["evaluation"][0]["protocol"] == "p"
    assert rows[0]["warning"] == "too alike"
    assert "warning: too alike" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "patience", "stop"),
    [
        ([5, 4, 3, 2, 1], 1, False),
        ([1, 2], 1, True),
        ([1, 2], 2, False),
        ([1, 2, 3], 2, True),
        ([1, 2, 3], 0, False),
        ([], 3, False),
        # Smoothed by three: 9, 6, 4.67, 3, 2.67: one good value carries on.
        ([9, 3, 2, 4, 2], 1, False),
        # One bad value among good ones is no reason to stop: 6, 4, 5, 3.33.
        ([6, 2, 7, 1], 2, False),
    ],
)
def test_patience_counts_smoothed_evaluations(values, patience, stop):
    assert exhausted(values, patience) is stop


def test_stops_and_would_stop_again_after_a_resume(tmp_path):
    callback, run = make(tmp_path, [1.0, 2.0, 3.0], patience=2)
    for batch in range(30):
        callback.on_train_batch_end(batch, {})
    assert callback.model.stop_training
    assert measured(run, "kid") == [1.0, 2.0, 3.0]

    resumed, run = make(tmp_path, [4.0], patience=2, start_step=20)
    run.truncate_metrics(20)
    for batch in range(10):
        resumed.on_train_batch_end(batch, {})
    assert measured(run, "kid") == [1.0, 2.0, 4.0]
    assert resumed.model.stop_training


def test_what_the_evaluate_command_adds_does_not_steer_training(tmp_path):
    callback, run = make(tmp_path, [1.0])
    run.append_metrics(
        {"step": 5, "evaluation": [{"name": "kid@x", "value": 0.0}]}
    )
    for batch in range(10):
        callback.on_train_batch_end(batch, {})
    assert measured(run, "kid") == [1.0]
