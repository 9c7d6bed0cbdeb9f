"""Evaluation of runs with labels, by command and while training."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours
from tests.support.tagged import TAGS, train
from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import class_plot
from tfgan_transfer.metrics.evaluate import Evaluation
from tfgan_transfer.metrics.label_accuracy import class_accuracies
from tfgan_transfer.metrics.labels import Labels

EVALUATE = "tfgan_transfer.evaluate"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return path


@pytest.fixture(scope="module")
def evaluated(commands, pictures, network, tmp_path_factory):
    """A conditional run that measured its classes while it trained."""
    run_dir = tmp_path_factory.mktemp("runs") / "run"
    finished = train(
        commands,
        run_dir,
        pictures,
        "--limit=8",
        "--holdout=16",
        "--eval_every=3",
        "--eval_metrics=kid,per_class",
        "--eval_images=20",
        f"--inception={network}",
    )
    assert finished.code == 0, finished.err
    return run_dir, finished


def rows(run_dir):
    lines = (run_dir / "metrics.jsonl").read_text().splitlines()
    found = map(json.loads, lines)
    return [row for row in found if row.get("evaluation")]


def test_classes_are_measured_while_training(evaluated):
    run_dir, finished = evaluated
    found = rows(run_dir)
    assert [row["step"] for row in found] == [3, 6]
    names = {score["name"] for score in found[0]["evaluation"]}
    for tag in TAGS:
        assert f"per_class_kid[means@pool_3]/{tag}" in names
    assert {"kid[means@pool_3]", "per_class_fd[means@pool_3]"} <= names
    assert "per_class_kid[means@pool_3] " in finished.out
    assert f"/{TAGS[0]}" not in finished.out


def test_the_command_measures_each_tag(commands, evaluated, network):
    run_dir, _ = evaluated
    finished = commands.run(
        EVALUATE,
        f"--run_dir={run_dir}",
        "--metrics=per_class",
        "--num_images=30",
        "--sampling_seeds=1",
        f"--inception={network}",
    )
    assert finished.code == 0, finished.err
    scores = {s["name"]: s for s in rows(run_dir)[-1]["evaluation"]}
    tags = [scores[f"per_class_kid[means@pool_3]/{tag}"] for tag in TAGS]
    mean = scores["per_class_kid[means@pool_3]"]
    assert mean["value"] == pytest.approx(sum(s["value"] for s in tags) / 3)
    assert "held-out" in mean["protocol"]
    assert mean["floor"]["n_real"] == mean["n_real"]
    assert "mean over 3 of 3 classes" in finished.out


def test_the_command_asks_a_classifier(commands, evaluated):
    run_dir, _ = evaluated
    finished = commands.run(
        EVALUATE,
        f"--run_dir={run_dir}",
        "--metrics=label_accuracy,discriminability",
        "--num_images=20",
        "--sampling_seeds=1",
    )
    assert finished.code == 0, finished.err
    scores = {s["name"]: s for s in rows(run_dir)[-1]["evaluation"]}
    # Two of the three tags answer one question: which side is dark.
    assert set(scores) == {"label_accuracy_dark", "discriminability_dark_8px"}
    for score in scores.values():
        assert 0 <= score["value"] <= 1
        # The classifier's own accuracy, on the images held out.
        assert (score["n_fake"], score["floor"]["n_fake"]) == (20, 16)


def test_no_classifier_is_trained_while_the_model_trains(
    commands, pictures, tmp_path
):
    finished = train(
        commands,
        tmp_path / "run",
        pictures,
        "--eval_every=3",
        "--eval_metrics=kid,label_accuracy",
    )
    assert finished.code == 2
    assert "--eval_metrics" in finished.err.splitlines()[-1]
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_a_run_without_labels_is_told_so(commands, unbroken, network):
    finished = commands.run(
        EVALUATE,
        f"--run_dir={unbroken}",
        "--metrics=per_class",
        "--num_images=12",
        "--sampling_seeds=1",
        f"--inception={network}",
    )
    assert finished.code == 2
    assert "per_class needs labels" in finished.err


def test_accuracy_and_similarity_of_each_label(tmp_path):
    """One label right and varied, one right and collapsed, one wrong."""
    rng = np.random.default_rng(0)
    labels = np.eye(3)[np.arange(60) % 3]
    images = rng.integers(0, 60, (60, 16, 16, 1), dtype=np.uint8)
    images += (90 * labels.argmax(axis=1)).astype(np.uint8)[:, None, None, None]
    drawn = images.copy()
    drawn[1::3] = drawn[1]
    drawn[2::3] -= 90
    run = Evaluation(
        real=images,
        split="held-out images",
        other=images,
        train=images,
        held_out=images,
        samples=[drawn],
        labels=Labels(TAGS, labels, labels, labels, labels, [labels]),
    )
    path = tmp_path / "new" / "plot.png"
    text = class_plot.save_class_plot(run, str(path))
    assert text.startswith(f"{path}: 3 labels, r^2 = 0.")
    assert path.read_bytes().startswith(b"\x89PNG")
    right, alike, wrong = (
        class_accuracies(run.judge, drawn, labels)[c] for c in range(3)
    )
    assert right > 0.9 < alike and wrong < 0.1
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="class_plot.*cannot be written"):
        class_plot.save_class_plot(run, str(tmp_path / "file" / "plot.png"))
    run.labels = None
    with pytest.raises(UserError, match="class_plot: needs labels"):
        class_plot.save_class_plot(run, str(path))
