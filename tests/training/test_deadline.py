"""Hours end a run, in all attempts together, and lose nothing."""

import shutil
import types

import pytest

from tests.support.comparing import assert_same_weights, newest
from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training.deadline import Deadline

# 0.1 hours and a tenth are 396 seconds: 14 steps.
SLOW, HOURS, LAST = crash("with_steps_of(30)"), "--hours=0.1", 14


@pytest.fixture
def clock():
    return types.SimpleNamespace(now=1000.0)


def deadline(clock, hours):
    made = Deadline(hours, lambda: clock.now)
    made.set_model(types.SimpleNamespace(stop_training=False, steps_ahead=0))
    return made


def test_the_step_after_a_tenth_too_much_is_the_last(clock):
    made = deadline(clock, 0.1)
    clock.now += 395
    made.on_train_batch_end(0)
    assert not made.model.stop_training and not made.struck
    clock.now += 2
    # Time passes while a step is saved; that alone makes it not the last.
    assert made.over and not made.struck
    made.on_train_batch_end(1)
    assert made.model.stop_training and made.struck


def test_earlier_attempts_count(clock):
    made = deadline(clock, 0.1)
    made.before = 300.0
    clock.now += 95
    assert made.seconds == 395 and not made.over
    clock.now += 2
    assert made.over


def test_without_hours_nothing_ends(clock):
    made = deadline(clock, None)
    clock.now += 1e9
    made.on_train_batch_end(0)
    assert made.seconds == 1e9 and not made.model.stop_training


def test_its_sentence_says_how_to_go_on(clock):
    made = deadline(clock, 0.5)
    clock.now += 1980
    said = made.sentence(100, 400)
    assert "0.55 hours of 0.5" in said and "step 100 of 400" in said
    # Four times what a quarter took, and a little.
    assert "--hours=2.4 " in said


@pytest.fixture(scope="module")
def ended(commands, tmp_path_factory):
    """A run whose steps take longer than was planned."""
    run = tmp_path_factory.mktemp("ended") / "run"
    flags = (SMOKE, "--recipe=plain", HOURS, "--eval_every=10")
    flags += ("--eval_metrics=swd", "--best_metric=swd", "--eval_images=20")
    done = commands.run(TRAIN, *flags, f"--run_dir={run}", setup=SLOW)
    assert done.code == 0, done.err
    return run, done


@pytest.fixture
def copied(ended, tmp_path):
    shutil.copytree(ended[0], tmp_path / "run")
    return tmp_path / "run"


def test_everything_of_the_last_step_is_written(ended):
    run, done = ended
    assert f"ends at step {LAST} of 30" in done.out
    assert f"done: {LAST} steps" in done.out
    manifest = newest(run).manifest
    assert manifest["step"] == LAST and manifest["seconds"] == 30 * LAST
    # Measured and drawn, although neither was due.
    assert manifest["metrics"]["swd"] > 0
    assert (run / "samples" / f"ema-{LAST:08d}.png").exists()


def test_the_same_command_does_nothing_more(commands, copied):
    again = commands.run(TRAIN, f"--run_dir={copied}", setup=SLOW)
    assert again.code == 0, again.err
    assert f"nothing to do: step {LAST} is the last one" in again.out
    assert "the time is up" in again.out
    assert newest(copied).step == LAST


def test_more_hours_lead_to_the_same_weights(commands, copied, unbroken):
    done = commands.run(TRAIN, f"--run_dir={copied}", "--hours=1", setup=SLOW)
    assert done.code == 0 and "the time is up" not in done.out, done.err
    assert newest(copied).step == 30
    assert newest(copied).manifest["seconds"] == 900
    assert_same_weights(copied, unbroken)


def test_steps_of_ones_own_lift_the_hours(commands, copied):
    done = commands.run(TRAIN, f"--run_dir={copied}", "--steps=20", setup=SLOW)
    assert done.code == 0 and "the time is up" not in done.out, done.err
    assert newest(copied).step == 20


def test_a_killed_run_has_only_the_rest_of_its_hours(commands, tmp_path):
    flags = (SMOKE, "--recipe=plain", HOURS, f"--run_dir={tmp_path}/run")
    killed = crash("at_the_end_of_step(12)")
    assert commands.run(TRAIN, *flags, setup=SLOW + killed).code == -9
    assert newest(tmp_path / "run").step == 7
    done = commands.run(TRAIN, *flags, setup=SLOW)
    assert done.code == 0 and "the time is up" in done.out, done.err
    assert newest(tmp_path / "run").step == LAST
