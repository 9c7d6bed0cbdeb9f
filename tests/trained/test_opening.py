"""What is known of a model that is opened."""

import json
import shutil

import pytest

from tfgan_transfer.trained import opening, saved


def evaluation(value, name="kid@mixed_7"):
    return [{"name": name, "value": value, "protocol": "p", "metric": "kid"}]


@pytest.fixture()
def run(unbroken, tmp_path):
    """A run that was evaluated at several steps, with both generators."""
    run = shutil.copytree(unbroken, tmp_path / "run")
    step = saved.find(str(run)).step
    rows = [
        {"step": step - 1, "evaluation": evaluation(0.1)},
        {"step": step, "evaluation": evaluation(0.2)},
        {"step": step, "ema": True, "evaluation": evaluation(0.3)},
        {"step": step, "ema": True, "evaluation": evaluation(5.0, "swd")},
        {"step": step, "ema": False, "evaluation": evaluation(0.4)},
    ]
    with (run / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return run


def test_measurements_are_of_this_step_and_these_weights(run):
    assert opening.open_model(str(run)).metrics == {
        "kid@mixed_7": {"value": 0.3, "protocol": "p"},
        "swd": {"value": 5.0, "protocol": "p"},
    }
    assert opening.open_model(str(run), ema=False).metrics == {
        "kid@mixed_7": {"value": 0.4, "protocol": "p"}
    }


def test_a_checkpoint_without_its_run_knows_what_it_was_saved_with(
    run, tmp_path
):
    here = saved.find(str(run)).path
    moved = shutil.copytree(here, tmp_path / "elsewhere" / here.name)
    one = saved.find(str(moved))
    one = one._replace(manifest={**one.manifest, "metrics": {"kid": 1.0}})
    assert opening.measured(one, True) == {"kid": 1.0}
