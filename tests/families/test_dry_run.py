"""A dry run says what would happen, and lets nothing happen."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training import checkpoint


def parameters(groups: dict[str, np.ndarray]) -> int:
    return sum(array.size for array in groups.values())


def test_json_agrees_with_what_a_run_then_does(commands, unbroken, tmp_path):
    run = tmp_path / "run"
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}", "--dry_run=json")
    assert finished.code == 0, finished.err
    assert not list(tmp_path.iterdir())
    plan = json.loads(finished.out)
    newest, _ = checkpoint.latest(unbroken / "checkpoints")
    groups = checkpoint.load(newest.path)
    for network in ("generator", "critic"):
        count = plan["parameters"][network]
        assert count == parameters(groups[network]), network
    assert plan["data"]["images_found"] == 1797
    assert plan["data"]["images_used"] == 100
    assert plan["data"]["passes"] == 30 * 8 * 2 / 100
    done = json.loads((unbroken / "config.json").read_text())["flags"]
    assert plan["flags"] == {**done, "run_dir": str(run)}


def test_disk_estimate_is_near_the_truth(commands, tmp_path):
    arguments = (SMOKE, f"--run_dir={tmp_path / 'run'}", "--width=64")
    finished = commands.run(TRAIN, *arguments, "--dry_run=json")
    plan = json.loads(finished.out)
    assert commands.run(TRAIN, *arguments, "--steps=1").code == 0
    newest, _ = checkpoint.latest(tmp_path / "run" / "checkpoints")
    size = sum(file.stat().st_size for file in newest.path.iterdir()) / 2**20
    assert abs(plan["disk_mib"]["checkpoint"] - size) < 0.1 + 0.1 * size


def test_text_tells_the_same(commands, tmp_path):
    run = tmp_path / "run"
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}", "--dry_run=full")
    assert finished.code == 0, finished.err
    lines = finished.out.splitlines()
    for line in ("parameters:", "  images_used: 100", "  network: dcgan"):
        assert line in lines
    # What takes a moment comes when the rest can be read.
    assert lines[-6:-4] == ["trying a few steps ...", "time:"]
    assert float(lines[-3].removeprefix("  seconds_per_step: ")) > 0
    assert lines[-1] == "dry run: nothing was written"
    assert not list(tmp_path.iterdir())


def test_of_a_finished_run_it_shows_the_settings_of_that_run(
    commands, unbroken, tmp_path
):
    run = shutil.copytree(unbroken, tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    finished = commands.run(TRAIN, f"--run_dir={run}", "--dry_run=json")
    assert finished.code == 0, finished.err
    assert json.loads(finished.out)["flags"]["batch_size"] == 8
    after = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    assert after == before


# Trying a step is a mistake of the test that does it.
UNTRIED = """
from tfgan_transfer.planning import budget
from tfgan_transfer.sessions import duration
budget.tried = duration.duration = None
"""


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "nothing to do: step 30 is the last one"),
        # As the command itself, which goes by what it is given now.
        (["--hours=9", "--steps=30"], "nothing to do: step 30 is the last"),
        (["--steps=40"], ""),
        (["--restart_from=21"], ""),
    ],
)
def test_of_a_finished_run_no_step_is_tried(
    commands, unbroken, tmp_path, flags, sentence
):
    run = shutil.copytree(unbroken, tmp_path / "run")
    flags = (f"--run_dir={run}", "--dry_run", *flags)
    finished = commands.run(TRAIN, *flags, setup=UNTRIED)
    # What has something left to do would have tried a step.
    assert (finished.code == 0) == bool(sentence), finished.err
    assert sentence in finished.out
    assert ("trying a few steps" in finished.out) == (not sentence)


def test_of_a_finished_run_other_images_are_refused(
    commands, unbroken, tmp_path
):
    run = shutil.copytree(unbroken, tmp_path / "run")
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        image = Image.new("L", (8, 8), number)
        image.save(folder / f"{number}.png")
    flags = (f"--run_dir={run}", "--dry_run", f"--data=folder:{folder}")
    finished = commands.run(TRAIN, *flags, setup=UNTRIED)
    assert finished.code == 2, finished.out
    assert "--limit=100 asks for 100 images but the source has 3" in (
        finished.err
    )
    assert "nothing to do" not in finished.out


def test_of_a_finished_run_all_settings_can_be_seen(
    commands, unbroken, tmp_path
):
    run = shutil.copytree(unbroken, tmp_path / "run")
    flags = (f"--run_dir={run}", "--dry_run=full")
    finished = commands.run(TRAIN, *flags, setup=UNTRIED)
    assert finished.code == 0, finished.err
    lines = finished.out.splitlines()
    assert "  network: dcgan" in lines
    assert lines[-2:] == [
        "nothing to do: step 30 is the last one",
        "dry run: nothing was written",
    ]


def test_a_dry_run_refuses_fewer_steps_than_are_done(
    commands, unbroken, tmp_path
):
    run = shutil.copytree(unbroken, tmp_path / "run")
    flags = (f"--run_dir={run}", "--dry_run", "--steps=20")
    finished = commands.run(TRAIN, *flags, setup=UNTRIED)
    assert finished.code == 2
    assert "has done 30 steps; give more" in finished.err


def test_flags_txt_of_a_run_gives_the_same_plan(commands, unbroken, tmp_path):
    finished = commands.run(
        TRAIN,
        f"--flagfile={unbroken / 'flags.txt'}",
        f"--run_dir={tmp_path / 'other'}",
        "--dry_run=json",
    )
    assert finished.code == 0, finished.err
    before = json.loads((unbroken / "config.json").read_text())["flags"]
    assert json.loads(finished.out)["flags"] == {
        **before,
        "run_dir": str(tmp_path / "other"),
    }


def test_a_folder_without_images_is_refused(commands, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "readme.txt").write_text("x")
    data, run = f"--data=folder:{tmp_path}/set", f"--run_dir={tmp_path}/run"
    finished = commands.run(TRAIN, SMOKE, data, run, "--dry_run")
    assert finished.code == 2
    assert "holds no images" in finished.err and not finished.out
