"""What the callbacks of a session know of one another."""

import types

import pytest

from tfgan_transfer.sessions import callbacks
from tfgan_transfer.settings import choices, config
from tfgan_transfer.training.calls import Calls
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.run_directory import RunDirectory


def test_calls_end_where_anything_is_due(tmp_path):
    flags = {"checkpoint_every": 70, "sample_every": 0, "log_every": 50}
    flags |= {"steps_per_call": 40, "eval_every": 110, "steps": 200}
    settings = config.resolve(flags, None, side=8, count=40)
    steering = types.SimpleNamespace(every=16)
    chain = callbacks.around(
        [],
        settings,
        tmp_path,
        None,
        Deadline(None),
        start=3,
        end=150,
        manifest={},
        workers=1,
        steering=[steering],
    )
    (calls,) = [one for one in chain if isinstance(one, Calls)]
    assert (calls.longest, calls.start, calls.end) == (40, 3, 150)
    assert sorted(calls.cadences) == [0, 16, 50, 70, 110]


@pytest.mark.parametrize("loss", choices.LOSSES)
def test_only_a_wasserstein_loss_estimates_that_distance(
    tmp_path, monkeypatch, loss
):
    family = types.SimpleNamespace(grid=lambda *_: None)
    monkeypatch.setattr(callbacks.families, "of", lambda _: family)
    settings = config.resolve(
        {"adversarial_loss": loss}, None, side=8, count=40
    )
    phase = types.SimpleNamespace(config=settings, end=9)
    part = types.SimpleNamespace(phase=phase, split=None)
    run = RunDirectory(tmp_path)
    progress, _ = callbacks.reports(part, run, None, 0, {})
    named = "wasserstein" if "wasserstein" in loss else "score_gap"
    assert progress.gap == named
