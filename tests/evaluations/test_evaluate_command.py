"""The `evaluate` command on a finished run, and on a folder of pictures."""

import json
import shutil

import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours
from tfgan_transfer.trained import opening

EVALUATE = "tfgan_transfer.evaluate"
GENERATE = "tfgan_transfer.generate"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return path


@pytest.fixture()
def run_dir(unbroken, tmp_path):
    return shutil.copytree(unbroken, tmp_path / "run")


def rows(run_dir):
    lines = (run_dir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_values_stand_beside_floors_and_stay_with_the_run(
    commands, network, run_dir
):
    before = rows(run_dir)
    finished = commands.run(
        EVALUATE,
        f"--run_dir={run_dir}",
        "--holdout=40",
        "--limit=60",
        "--metrics=kid,fid",
        "--num_images=30",
        "--sampling_seeds=2",
        f"--inception={network}",
    )
    assert finished.code == 0, finished.err
    assert "kd[means@pool_3]" in finished.out or "kid" in finished.out
    assert "40 real, 30 samples" in finished.out
    *old, new = rows(run_dir)
    assert old == before
    assert new["step"] == 30 and new["ema"] and new["sampling_seeds"] == [0, 1]
    kid, fid = new["evaluation"]
    assert kid["value"] > kid["floor"]["value"]
    assert fid["n_real"] == 40 and fid["n_fake"] == 30
    assert "held-out images" in fid["protocol"]


def swd(commands, run_dir, *flags):
    """What is printed of a small evaluation with --json."""
    finished = commands.run(
        EVALUATE,
        f"--run_dir={run_dir}",
        "--metrics=swd",
        "--num_images=20",
        "--sampling_seeds=1",
        "--json",
        *flags,
    )
    assert finished.code == 0, finished.err
    return json.loads(finished.out)


def test_json_is_json(commands, run_dir):
    record = swd(commands, run_dir)
    assert record["evaluation"][0]["name"] == "swd"
    assert "training images" in record["evaluation"][0]["protocol"]


def test_another_size_scales_samples_and_says_nothing_of_the_checkpoint(
    commands, run_dir
):
    record = swd(commands, run_dir, "--size=32")
    assert record["size"] == "32"
    assert "32" in record["evaluation"][0]["protocol"]
    assert rows(run_dir)[-1] == record
    assert "swd" not in opening.open_model(str(run_dir)).metrics


def test_pictures_of_a_folder_against_real_ones(
    commands, network, run_dir, tmp_path
):
    out = tmp_path / "made"
    drawn = commands.run(
        GENERATE, f"--run_dir={run_dir}", "--num=20", f"--out={out}"
    )
    assert drawn.code == 0, drawn.err
    finished = commands.run(
        EVALUATE,
        f"--images=folder:{out}",
        "--data=digits",
        "--limit=100",
        "--metrics=kid",
        f"--inception={network}",
    )
    assert finished.code == 0, finished.err
    assert "100 real, 20 samples" in finished.out


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--metrics=kdi"], "did you mean|Did you mean"),
        (["--metrics=fid", "--inception=nowhere"], "--inception=nowhere"),
        (["--metrics=iw"], "--holdout"),
        (["--metrics=swd", "--split=holdout"], "--holdout"),
        (["--metrics=swd", "--against=nowhere"], "metrics.jsonl"),
    ],
)
def test_mistakes_end_with_one_line(commands, run_dir, flags, expected):
    import re

    few = ["--num_images=20", "--sampling_seeds=1"]
    finished = commands.run(EVALUATE, f"--run_dir={run_dir}", *few, *flags)
    assert finished.code == 2
    assert finished.err.count("\n") == 1 and finished.err.startswith("error: ")
    assert re.search(expected, finished.err)


def test_values_of_different_protocols_are_not_compared(
    commands, network, run_dir
):
    def evaluate(*flags):
        return commands.run(
            EVALUATE,
            f"--run_dir={run_dir}",
            "--metrics=kid",
            "--sampling_seeds=1",
            f"--inception={network}",
            *flags,
        )

    assert evaluate("--num_images=20").code == 0
    same = evaluate("--num_images=20", f"--against={run_dir}")
    assert same.code == 0, same.err
    assert " here, " in same.out
    other = commands.run(
        EVALUATE,
        f"--checkpoint={run_dir}/checkpoints/step-00000030",
        "--metrics=kid",
        "--sampling_seeds=1",
        f"--inception={network}",
        "--num_images=30",
        f"--against={run_dir}",
    )
    assert other.code == 2 and "cannot be compared" in other.err
