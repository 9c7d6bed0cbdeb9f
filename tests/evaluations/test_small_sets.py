"""Few images, none held out: what can be measured is, the rest is explained."""

import json

import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours
from tests.support.running import SMOKE, TRAIN

EVALUATE = "tfgan_transfer.evaluate"
FEW = ["--sampling_seeds=1", "--num_images=9"]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return path


@pytest.fixture(scope="module")
def made(commands, unbroken, tmp_path_factory):
    """A folder of nine samples."""
    out = tmp_path_factory.mktemp("samples") / "made"
    drawn = commands.run(
        "tfgan_transfer.generate",
        f"--run_dir={unbroken}",
        "--num=9",
        f"--out={out}",
    )
    assert drawn.code == 0, drawn.err
    return out


def errors(finished):
    """The lines of stderr that were not overwritten, as of progress bars."""
    return [
        line for line in finished.err.splitlines() if line.startswith("error: ")
    ]


def test_the_default_set_needs_nothing_held_out(
    commands, unbroken, made, network, tmp_path
):
    cache = f"--cache_dir={tmp_path}"
    run = f"--checkpoint={unbroken}/checkpoints/step-00000030"
    for source in (
        [f"--images=folder:{made}", "--data=digits", "--limit=40"],
        [run, *FEW],
    ):
        done = commands.run(
            EVALUATE, *source, f"--inception={network}", cache, "--json"
        )
        assert done.code == 0, done.err
        record = json.loads(done.out)
        names = [row["name"] for row in record["evaluation"]]
        assert names == [
            f"{name}[means@pool_3]"
            for name in (
                "kid", "fd", "precision", "recall", "density", "coverage",
            )
        ]  # fmt: skip
        assert all(row["floor"] is None for row in record["evaluation"])
        assert "training images" in record["evaluation"][0]["protocol"]
        assert "left_out" not in record


def test_what_three_images_cannot_show_is_left_out(
    commands, made, network, tmp_path
):
    flags = [
        f"--images=folder:{made}",
        "--data=digits",
        "--limit=3",
        f"--inception={network}",
        f"--cache_dir={tmp_path}",
    ]
    sentence = (
        "precision_recall needs training images: at least 4, received 3; give "
        "more --data, or leave it out"
    )
    done = commands.run(EVALUATE, *flags)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == f"left out: {sentence}"
    assert "3 real, 9 samples" in done.out
    record = json.loads(commands.run(EVALUATE, *flags, "--json").out)
    assert record["left_out"] == {"precision_recall": sentence}
    assert len(record["evaluation"]) == 2
    refused = commands.run(EVALUATE, *flags, "--metrics=kid,precision_recall")
    assert refused.code == 2
    assert errors(refused) == [f"error: --metrics: {sentence}"]
    assert not refused.out


@pytest.mark.parametrize("metrics", [[], ["--metrics=kid"]])
def test_one_image_held_out_is_said_to_be_too_few(
    commands, unbroken, network, metrics
):
    """Before anything is drawn, or a network is looked for."""
    done = commands.run(
        EVALUATE,
        f"--checkpoint={unbroken}/checkpoints/step-00000030",
        "--holdout=1",
        "--inception=nowhere",
        *metrics,
    )
    assert done.code == 2 and not done.out
    (line,) = done.err.splitlines()
    assert (
        "kid needs held-out images: at least 3, received 1; hold out more "
        "with --holdout=N, or none" in line
    )
    split = commands.run(
        EVALUATE,
        f"--checkpoint={unbroken}/checkpoints/step-00000030",
        "--holdout=1",
        "--split=train",
        f"--inception={network}",
        *metrics,
        *FEW,
    )
    assert split.code == 0, split.err


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--pairs=x.png", "--pairs: needs held-out images: at least 2"),
        ("--class_plot=x.png", "--class_plot: needs held-out images: at lea"),
    ],
)
def test_pictures_are_refused_before_anything_is_measured(
    commands, unbroken, flag, sentence
):
    done = commands.run(
        EVALUATE,
        f"--checkpoint={unbroken}/checkpoints/step-00000030",
        "--metrics=swd",
        *FEW,
        flag,
    )
    assert done.code == 2 and not done.out
    assert errors(done)[0].startswith(f"error: {sentence}")


def test_training_measures_fid_with_nothing_held_out(
    commands, network, tmp_path
):
    run = tmp_path / "run"
    done = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run}",
        "--steps=4",
        "--eval_every=2",
        "--eval_metrics=fid",
        "--best_metric=fid",
        "--eval_images=9",
        f"--inception={network}",
    )
    assert done.code == 0, done.err
    assert "step 4  evaluation: fd[means@pool_3] " in done.out
    lines = (run / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    found = [row for row in rows if "evaluation" in row]
    assert [row["step"] for row in found] == [2, 4]
    assert all(row["warning"] == "" for row in found)


def test_training_refuses_before_its_first_step(commands, network, tmp_path):
    run = tmp_path / "run"
    done = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run}",
        "--holdout=2",
        "--eval_every=2",
        f"--inception={network}",
    )
    assert done.code == 2
    assert errors(done) == [
        "error: --eval_metrics: kid needs held-out images: at least 3, "
        "received 2; hold out more with --holdout=N, or none, or leave it out"
    ]
    assert not (run / "checkpoints").exists()
    assert not (run / "config.json").exists()
