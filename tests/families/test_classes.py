"""Training on some classes of a labelled set."""

import json

import pytest

from tests.support.running import SMOKE, TRAIN

EVALUATE = "tfgan_transfer.evaluate"


@pytest.fixture(scope="module")
def chosen(commands, tmp_path_factory):
    """An AC-GAN of the digits 3 and 7."""
    run_dir = tmp_path_factory.mktemp("chosen") / "run"
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run_dir}",
        "--model=acgan",
        "--classes=7,3",
        "--steps=3",
        "--holdout=20",
    )
    assert finished.code == 0, finished.err
    assert "labels    2 (class), concat" in finished.out
    return run_dir


def test_the_run_knows_its_classes(chosen):
    config = json.loads((chosen / "config.json").read_text())
    assert config["flags"]["classes"] == "7,3"
    assert config["data"]["vocabulary"] == ["3", "7"]
    assert config["generator"]["num_labels"] == 2


def test_other_classes_are_refused_when_it_goes_on(commands, chosen):
    same = commands.run(TRAIN, f"--run_dir={chosen}", "--classes=7,3")
    assert same.code == 0 and "nothing to do" in same.out
    other = commands.run(TRAIN, f"--run_dir={chosen}", "--classes=7,4")
    assert other.code == 2
    assert "--classes=7,4 (the run has 7,3)" in other.err


def test_it_is_judged_by_its_own_classes(commands, chosen):
    words = (f"--run_dir={chosen}", "--metrics=swd", "--json")
    words += ("--num_images=10", "--sampling_seeds=1")
    config = json.loads((chosen / "config.json").read_text())
    own = json.loads(commands.run(EVALUATE, *words).out)
    assert own["data"] == config["data"]["fingerprint"]
    all_of_them = json.loads(commands.run(EVALUATE, *words, "--classes=").out)
    assert all_of_them["data"] != own["data"]


def test_a_plan_counts_the_chosen_images(commands, tmp_path):
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={tmp_path}/run",
        "--classes=8",
        "--dry_run=json",
    )
    plan = json.loads(finished.out)
    # 174 of the 1,797 digits are eights.
    assert plan["data"]["images_found"] == 174
    assert plan["data"]["classes"] == "8"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((SMOKE, "--classes=3,11"), "no class '11', it has 0, 1, 2 and 7 more"),
        (
            (
                "--model=cyclegan",
                "--data_a=digits",
                "--data_b=shapes",
                "--classes=3",
            ),
            "--classes: is for other models",
        ),
    ],
)
def test_mistakes_are_one_line(commands, tmp_path, arguments, message):
    finished = commands.run(TRAIN, *arguments, f"--run_dir={tmp_path}/run")
    assert finished.code == 2
    assert message in finished.err and len(finished.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()
