"""The same command again: damage, other settings, more steps, NaN."""

import json
import math
import shutil

import numpy as np
import pytest

from tests.support.comparing import (
    assert_same_run,
    assert_same_weights,
    newest,
    rows,
)
from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory

BREAK = """
import tensorflow as tf
from tfgan_transfer.gans import WGANGP

original = WGANGP.generator_gradients

def generator_gradients(gan, slot):
    gradients, log = original(gan, slot)
    optimizer = gan.generator_optimizer
    broken = tf.logical_and(
        tf.equal(optimizer.iterations + 1, {step}),
        tf.convert_to_tensor(optimizer.learning_rate) > {above},
    )
    poison = tf.where(broken, float("nan"), 0.0)
    log["generator_loss"] += poison
    return [gradient + poison for gradient in gradients], log

WGANGP.generator_gradients = generator_gradients
"""

MEASURE = """
from tfgan_transfer.families import single

row = {"metric": "kid", "name": "kid", "value": 1.0, "protocol": "none"}
single.WGAN_GP = single.WGAN_GP._replace(
    measure=lambda *settings: lambda sample: ([row], "")
)
"""


@pytest.fixture
def run(unbroken, tmp_path):
    """A copy of a finished run of 30 steps, to be spoilt."""
    return shutil.copytree(unbroken, tmp_path / "run")


def flip_a_byte(run, step: int, name: str) -> None:
    file = run / "checkpoints" / f"step-{step:08d}" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


def test_a_damaged_newest_checkpoint_is_reported_and_skipped(
    commands, unbroken, run
):
    flip_a_byte(run, 30, "critic.npz")
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    assert (
        "warning: damaged checkpoint skipped: step-00000030: critic.npz is "
        "not what was written" in finished.out
    )
    assert "continuing at step 28" in finished.out
    assert_same_run(run, unbroken)


def files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_with_no_whole_checkpoint_left_nothing_is_overwritten(commands, run):
    """Damaged ones are set aside, and the answer is the same each time."""
    for step in (21, 28, 30):
        flip_a_byte(run, step, "manifest.json")
    checkpoints = run / "checkpoints"
    damaged = {path.name: files(path) for path in checkpoints.iterdir()}
    before = files(run)
    refused = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert refused.code == 2
    assert refused.out.count("damaged checkpoint skipped") == 3
    (line,) = refused.err.splitlines()
    assert line.startswith(f"error: --run_dir: the run in '{run}' has begun")
    assert f"the damaged ones are in {checkpoints / 'damaged'}" in line
    assert sorted(files(run).values()) == sorted(before.values())
    aside = checkpoints / "damaged"
    assert sorted(p.name for p in aside.iterdir()) == sorted(damaged)
    again = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert again.code == 2 and "(there is none)" in again.err
    for path in aside.iterdir():
        path.rename(checkpoints / path.name)
    assert files(run) == before


def test_a_run_whose_checkpoints_are_gone_is_not_a_new_one(commands, run):
    shutil.rmtree(run / "checkpoints")
    before = files(run)
    (run / "metrics.jsonl").unlink()  # The configuration says enough.
    refused = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert refused.code == 2 and "has begun" in refused.err
    del before[run / "metrics.jsonl"]
    assert files(run) == before


def test_fewer_steps_than_are_done_are_refused(commands, unbroken, run):
    refused = commands.run(TRAIN, SMOKE, f"--run_dir={run}", "--steps=20")
    assert refused.code == 2 and "done:" not in refused.out
    (line,) = refused.err.splitlines()
    assert line.startswith("error: --steps=20: the run in ")
    assert "has done 30 steps" in line
    assert_same_run(run, unbroken)


def test_a_finished_run_stays_as_it_is(commands, unbroken, run):
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert finished.code == 0
    assert "nothing to do: step 30" in finished.out
    assert_same_run(run, unbroken)


def test_other_settings_are_refused_each_by_name(commands, unbroken, run):
    before = (run / "config.json").read_text()
    refused = commands.run(
        TRAIN, SMOKE, f"--run_dir={run}", "--batch_size=16", "--seed=3"
    )
    assert refused.code == 2
    (line,) = refused.err.splitlines()
    assert "--batch_size=16 (the run has 8)" in line
    assert "--seed=3 (the run has 0)" in line
    assert (run / "config.json").read_text() == before
    assert_same_run(run, unbroken)


def test_other_images_are_refused(commands, run):
    refused = commands.run(
        TRAIN, SMOKE, f"--run_dir={run}", "--data=shapes", "--steps=40"
    )
    assert refused.code == 2
    assert refused.err.startswith("error: --data: the images are not those")
    assert json.loads((run / "config.json").read_text())["flags"]["steps"] == 30


def test_a_run_directory_in_use_is_refused(commands, run):
    holder = RunDirectory(run)
    holder.create()
    refused = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    holder.release()
    assert refused.code == 2
    assert refused.err == (
        f"error: --run_dir: another process is training in '{run}'; wait for "
        "it or choose another directory\n"
    )


def test_more_steps_continue_with_no_other_flag(commands, run, tmp_path):
    """As if 37 had been asked for from the beginning."""
    longer = commands.start(
        TRAIN, SMOKE, f"--run_dir={tmp_path / 'longer'}", "--steps=37"
    )
    finished = commands.run(TRAIN, f"--run_dir={run}", "--steps=37")
    assert finished.code == 0, finished.err
    assert longer.wait().code == 0
    assert newest(run).step == 37
    assert_same_weights(run, tmp_path / "longer")
    assert rows(run) == rows(tmp_path / "longer")


def test_early_stopping_is_not_decided_by_steps_that_were_lost(
    commands, tmp_path
):
    """Step 20 was measured, and found to be the last one, but not saved."""
    flags = [SMOKE, "--eval_every=10", "--stop_patience=1"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for run, setup in (
        (whole, MEASURE),
        (killed, MEASURE + crash("at_the_end_of_step(20)")),
        (killed, MEASURE),
        (killed, MEASURE),
    ):
        finished = commands.run(TRAIN, *flags, f"--run_dir={run}", setup=setup)
        assert finished.code == (-9 if "crashes" in setup else 0), finished.err
    assert "nothing to do: step 20" in finished.out
    assert newest(whole).step == 20
    assert_same_run(killed, whole)


def test_nan_stops_the_run_and_keeps_the_last_good_checkpoint(
    commands, tmp_path
):
    stopped = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={tmp_path / 'run'}",
        setup=BREAK.format(step=14, above=0.0),
    )
    assert stopped.code == 2
    (line,) = stopped.err.splitlines()
    assert line.startswith("error: generator_")
    assert "NaN or infinite in step 14" in line
    found = newest(tmp_path / "run")
    assert found.step == 7
    for arrays in checkpoint.load(found.path).values():
        assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("decay", ["none", "linear"])
def test_rollback_halves_the_rates_and_goes_on(commands, tmp_path, decay):
    run = tmp_path / "run"
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run}",
        "--on_nan=rollback",
        f"--lr_decay={decay}",
        "--generator_lr=1e-3",
        "--steps=20",
        setup=BREAK.format(step=9, above=5.5e-4),
    )
    assert finished.code == 0, finished.err
    assert finished.out.count("going back, with half the learning rates") == 1
    assert [row["step"] for row in rows(run)] == [5, 10, 15, 20]
    for row in rows(run):
        scale = 1.0 if row["step"] < 7 else 0.5
        if decay == "linear":
            scale *= 1 - row["step"] / 20
        for name in ("generator_optimizer_lr", "critic_optimizer_lr"):
            assert math.isclose(row[name], 1e-3 * scale, rel_tol=1e-5)
    assert newest(run).manifest["lr_scale"] == 0.5


def test_rollback_gives_up_after_three_tries(commands, tmp_path):
    run = tmp_path / "run"
    stopped = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run}",
        "--on_nan=rollback",
        setup=BREAK.format(step=9, above=0.0),
    )
    assert stopped.code == 2
    (line,) = stopped.err.splitlines()
    assert "in step 9, after 3 rollbacks" in line
    assert stopped.out.count("going back") == 3
    assert newest(run).step == 7


@pytest.mark.parametrize("what, step", [("checkpoint", 7), ("metrics", 14)])
def test_a_full_disk_is_one_line_and_loses_nothing(
    commands, unbroken, tmp_path, what, step
):
    run = tmp_path / "run"
    setup = crash(f"disk_full({what!r})")
    for _ in range(2):  # The second time it is full from the beginning.
        stopped = commands.run(TRAIN, SMOKE, f"--run_dir={run}", setup=setup)
        assert stopped.code == 2
        (line,) = stopped.err.splitlines()
        assert "No space left on device" in line
        assert f"the last checkpoint is {run}/checkpoints/step-{step:08d}" in (
            line
        )
    assert commands.run(TRAIN, SMOKE, f"--run_dir={run}").code == 0
    assert_same_run(run, unbroken)


def test_rates_halved_by_a_rollback_survive_a_kill(commands, tmp_path):
    run = tmp_path / "run"
    flags = [SMOKE, f"--run_dir={run}", "--on_nan=rollback", "--steps=20"]
    broken = BREAK.format(step=9, above=0.75e-4)
    killed = commands.run(
        TRAIN, *flags, setup=broken + crash("at_the_end_of_step(13)")
    )
    assert killed.code == -9
    assert "going back, with half" in killed.out
    assert newest(run).step == 7
    assert commands.run(TRAIN, *flags).code == 0
    rates = {row["step"]: row["generator_optimizer_lr"] for row in rows(run)}
    first = rates.pop(5)
    assert rates == {10: first / 2, 15: first / 2, 20: first / 2}
