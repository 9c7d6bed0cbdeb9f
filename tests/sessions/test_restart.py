"""Going back to a checkpoint from before things went wrong."""

import json
import shutil

import pytest

from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN


@pytest.fixture
def run(unbroken, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(unbroken, path)
    return path


def steps(folder):
    return sorted(int(path.name[5:]) for path in folder.glob("step-*"))


def rows(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return {row["step"]: row for row in map(json.loads, lines)}


def test_training_goes_on_from_an_earlier_step(commands, run):
    checkpoints = run / "checkpoints"
    before, old = steps(checkpoints), rows(run)
    first, *newer = before
    finished = commands.run(
        TRAIN, f"--run_dir={run}", f"--restart_from={first}"
    )
    assert finished.code == 0, finished.err
    assert f"going back to step {first}, with half" in finished.out
    assert f"continuing at step {first}" in finished.out
    # What came after is kept.
    assert steps(checkpoints / "undone") == newer
    new = rows(run)
    assert new.keys() == old.keys()
    for step, row in new.items():
        rate = "generator_optimizer_lr"
        if step <= first:
            assert row == old[step]
        else:
            assert row[rate] == pytest.approx(old[step][rate] / 2)
            assert row["critic_loss"] != old[step]["critic_loss"]
    last = checkpoints / f"step-{before[-1]:08d}" / "manifest.json"
    assert json.loads(last.read_text())["lr_scale"] == 0.5


def test_deterministic_ops_are_taken_and_change_nothing_on_a_cpu(
    commands, run, tmp_path
):
    new = tmp_path / "deterministic"
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={new}", "--deterministic")
    assert finished.code == 0, finished.err
    assert "deterministic" in finished.out
    expected = rows(run)
    assert rows(new).keys() == expected.keys()
    for step, row in rows(new).items():
        assert 0 <= row["timing"]["data_wait_share"] < 1
        assert {**row, "timing": None} == {**expected[step], "timing": None}


def test_a_step_without_checkpoint_changes_nothing(commands, run):
    before = steps(run / "checkpoints")
    finished = commands.run(TRAIN, f"--run_dir={run}", "--restart_from=5")
    assert finished.code == 2
    there = ", ".join(map(str, before))
    assert finished.err.strip().endswith(f"expected one of: {there}")
    assert steps(run / "checkpoints") == before


def test_a_new_run_cannot_go_back(commands, tmp_path):
    finished = commands.run(
        TRAIN, SMOKE, f"--run_dir={tmp_path}/new", "--restart_from=5"
    )
    assert finished.code == 2
    assert "expected one of: none" in finished.err


def test_a_damaged_checkpoint_moves_nothing(commands, run):
    checkpoints = run / "checkpoints"
    before = steps(checkpoints)
    manifest = checkpoints / f"step-{before[0]:08d}" / "manifest.json"
    manifest.write_text(manifest.read_text()[:-20])
    finished = commands.run(
        TRAIN, f"--run_dir={run}", f"--restart_from={before[0]}"
    )
    assert finished.code == 2
    assert "--restart_from: " in finished.err
    assert "choose another step" in finished.err
    assert steps(checkpoints) == before


def test_halved_rates_survive_a_kill_before_the_next_checkpoint(commands, run):
    first, old = steps(run / "checkpoints")[0], rows(run)
    killed = commands.run(
        TRAIN,
        f"--run_dir={run}",
        f"--restart_from={first}",
        setup=crash(f"at_the_end_of_step({first + 3})"),
    )
    assert killed.code == -9
    assert steps(run / "checkpoints") == [first]
    assert commands.run(TRAIN, f"--run_dir={run}").code == 0
    rate = "generator_optimizer_lr"
    for step, row in rows(run).items():
        part = 1.0 if step <= first else 0.5
        assert row[rate] == pytest.approx(part * old[step][rate])
