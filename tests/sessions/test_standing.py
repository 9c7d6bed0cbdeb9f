"""When a run is finished: by its steps, its hours or its patience."""

import json
import types

import pytest

from tfgan_transfer.data import Description
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import standing
from tfgan_transfer.settings.config import DEFAULTS
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory

NOTHING = "nothing to do: step 30 is the last one"


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Of a run of 30 steps that took half an hour; None if it has begun not."""

    def of(step=30, metrics=None, **flags):
        manifest = {"seconds": 1800.0, "metrics": metrics or {}}
        if metrics == "owed":
            manifest["metrics"] = None
        found = types.SimpleNamespace(step=step, manifest=manifest)
        monkeypatch.setattr(
            checkpoint, "latest", lambda _: (step and found or None, ())
        )
        config = {**DEFAULTS, "steps": 30, **flags}
        return standing.at_its_end(
            RunDirectory(tmp_path), config, {"hours": 0.25}
        )

    return of


def test_by_its_steps(said):
    assert said() == [NOTHING]
    assert said(steps=31) == [] and said(step=0) == []


def test_by_its_hours(said):
    first, second = said(steps=90, hours=0.25)
    assert first == NOTHING
    assert second.startswith("the time is up: training has taken 0.5 hours")
    assert "--hours=1.7 would go on" in second
    # A tenth more than was asked for is what a run may take.
    assert said(steps=90, hours=0.46) == []
    assert said(hours=0.25) == [NOTHING]


def test_more_hours_are_of_no_use_to_it(said):
    (line,) = said(hours=0.6)
    words = "; --hours=0.6 can plan a new run: choose another --run_dir"
    assert line == NOTHING + words
    first, second = said(steps=90, hours=0.3)
    assert first == NOTHING and "would go on" in second


def test_by_its_patience(said, tmp_path):
    scores = [0.1, 0.2, 0.3]
    known = {"name": "swd", "metric": "swd"}
    rows = [
        {"step": 10 * i, "evaluation": [{**known, "value": value}]}
        for i, value in enumerate(scores, 1)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    RunDirectory(tmp_path).metrics.write_text(text)
    flags = {"steps": 90, "eval_every": 10, "best_metric": "swd"}
    assert said(**flags, stop_patience=2) == [NOTHING]
    assert said(**flags, stop_patience=3) == []


def test_an_evaluation_that_is_owed_is_something_to_do(said):
    (line,) = said(metrics="owed", eval_every=10)
    assert line == "step 30 is the last one, and only has to be evaluated"
    assert said(metrics="owed", eval_every=0) == [NOTHING]


def test_other_pictures_are_refused_by_their_number(tmp_path):
    run = RunDirectory(tmp_path)
    stored = {"data": {"images": 36}}

    def look(images, **flags):
        found = Description(images, "none", (), (), None)
        config = {**DEFAULTS, "holdout": 4.0, **flags}
        standing.refuse_other_count(run, stored, Plan(config, found))

    look(40)
    look(None)
    look(60, limit=36)
    with pytest.raises(UserError, match=r"\(36 then, 56 now\)"):
        look(60)
    # Those that cannot be read are told apart only when they are decoded.
    run.bad_files.write_text("a.png\tbroken\n")
    look(60)
