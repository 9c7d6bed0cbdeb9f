"""A checkpoint is saved before it is evaluated, and outlives the attempt."""

import json
import shutil

import pytest

from tests.support.comparing import assert_same_run, newest, rows
from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training import checkpoint

# The value falls with each step, so that the newest is always the best.
MEASURE = """
import keras
from tfgan_transfer.families import single

def measure(config, split):
    def measured(model):
        step = int(
            keras.ops.convert_to_numpy(model.generator_optimizer.iterations)
        )
        {spoil}
        row = {{"metric": "kid", "name": "kid", "protocol": "none"}}
        return [{{**row, "value": 100.0 - step}}], ""
    return measured

single.WGAN_GP = single.WGAN_GP._replace(measure=measure)
"""
SOUND = MEASURE.format(spoil="")
EVALUATED = [SMOKE, "--eval_every=10", "--sample_every=0"]


def metrics(run):
    """What the manifest of each checkpoint says was measured of it."""
    return {
        int(path.name[5:]): checkpoint.verify(path).manifest["metrics"]
        for path in checkpoint.steps(run / "checkpoints")
    }


@pytest.fixture(scope="module")
def whole(commands, tmp_path_factory):
    run = tmp_path_factory.mktemp("evaluated") / "run"
    done = commands.run(TRAIN, *EVALUATED, f"--run_dir={run}", setup=SOUND)
    assert done.code == 0, done.err
    return run


def test_manifests_hold_what_was_measured_afterwards(whole):
    assert metrics(whole) == {21: {}, 28: {}, 30: {"kid": 70.0}}
    assert checkpoint.best_step(whole / "checkpoints", "kid") == 30


@pytest.mark.parametrize("step", [10, 30])
@pytest.mark.parametrize("moment", ["in_evaluation", "before_noting"])
def test_a_kill_costs_no_step_and_the_evaluation_is_made_up(
    commands, whole, tmp_path, moment, step
):
    run = tmp_path / "run"
    setup = SOUND + crash(f"{moment}({step})")
    flags = [*EVALUATED, f"--run_dir={run}"]
    assert commands.run(TRAIN, *flags, setup=setup).code == -9
    assert newest(run).step == step
    assert newest(run).manifest["metrics"] is None
    done = commands.run(TRAIN, *flags, setup=SOUND)
    assert done.code == 0, done.err
    assert_same_run(run, whole)
    assert metrics(run) == metrics(whole)
    again = commands.run(TRAIN, *flags, setup=SOUND)
    assert "nothing to do: step 30" in again.out
    assert_same_run(run, whole)


def test_early_stopping_is_decided_by_what_was_made_up(commands, tmp_path):
    """Constant values stop the run at step 20, killed there or not."""
    constant = SOUND.replace("100.0 - step", "1.0")
    run = tmp_path / "run"
    flags = [*EVALUATED, "--stop_patience=1", f"--run_dir={run}"]
    setup = constant + crash("in_evaluation(20)")
    assert commands.run(TRAIN, *flags, setup=setup).code == -9
    done = commands.run(TRAIN, *flags, setup=constant)
    assert done.code == 0, done.err
    assert newest(run).step == 20
    evaluated = [row for row in rows(run) if "evaluation" in row]
    assert [row["step"] for row in evaluated] == [10, 20]


@pytest.mark.parametrize(
    ("spoil", "message", "traces"),
    [
        ("if step == 20: raise ValueError('no\\nwidth')",
         "step 20 was not evaluated: ValueError: no width", 1),
        ("from tfgan_transfer.errors import UserError\n"
         "        if step == 20: raise UserError('features hold NaN')",
         "step 20 was not evaluated: features hold NaN", 0),
    ],
)  # fmt: skip
def test_an_evaluation_that_fails_is_a_warning(
    commands, whole, tmp_path, spoil, message, traces
):
    run = tmp_path / "run"
    done = commands.run(
        TRAIN,
        *EVALUATED,
        f"--run_dir={run}",
        setup=MEASURE.format(spoil=spoil),
    )
    assert done.code == 0, done.err
    assert f"warning: {message}\n" in done.out
    assert done.err.count("Traceback") == traces
    found = [row for row in rows(run) if "evaluation" in row]
    assert [row["warning"] for row in found] == ["", message, ""]
    assert found[1] == {
        "step": 20, "evaluation": [], "warning": message, "timing": None,
    }  # fmt: skip
    assert newest(run).manifest["metrics"] == {"kid": 70.0}
    assert metrics(run) == metrics(whole)


def test_only_the_best_and_the_newest_stay(commands, whole, tmp_path):
    """As if each had been measured before it was saved."""
    rising = SOUND.replace("100.0 - step", "float(step)")
    run = tmp_path / "run"
    done = commands.run(
        TRAIN,
        *EVALUATED,
        "--keep_checkpoints=1",
        f"--run_dir={run}",
        setup=rising,
    )
    assert done.code == 0, done.err
    assert metrics(run) == {10: {"kid": 10.0}, 30: {"kid": 30.0}}
    falling = shutil.copytree(run, tmp_path / "falling")
    (manifest,) = falling.glob("checkpoints/*10/manifest.json")
    assert json.loads(manifest.read_text())["step"] == 10
    done = commands.run(
        TRAIN,
        "--steps=31",
        f"--run_dir={falling}",
        setup=SOUND.replace("100", "9"),
    )
    assert done.code == 0, done.err
    assert metrics(falling) == {31: {"kid": -22.0}}
