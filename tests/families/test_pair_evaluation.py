"""Evaluation of a CycleGAN: both directions, beside untranslated images."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.support.mean_colours import MeanColours
from tests.support.running import TRAIN
from tfgan_transfer.families.pair.scores import PairEvaluation, translated
from tfgan_transfer.metrics import inception

EVALUATE = "tfgan_transfer.evaluate"
SMOKE = "--flagfile=configs/smoke/cyclegan.flags"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "means"
    tf.saved_model.save(MeanColours(), str(path))
    return path


@pytest.fixture(scope="module")
def finished(commands, tmp_path_factory):
    """A smoke run that was evaluated twice while it trained."""
    path = tmp_path_factory.mktemp("pairs") / "run"
    done = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={path}",
        "--holdout=6",
        "--eval_every=6",
        "--eval_metrics=swd",
        "--best_metric=swd",
        "--sample_every=0",
    )
    assert done.code == 0, done.err
    return path, done.out


def evaluations(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [r for r in map(json.loads, lines) if "evaluation" in r]


def test_errors_of_the_way_back_and_of_doing_nothing():
    """Doubling forth and tripling back: x -> 2x -> 6x, and x -> 3x."""

    def translate(images, direction):
        return images * {"a2b": 2.0, "b2a": 3.0}[direction]

    # Half a grey level on either side of zero.
    batch = np.full((20, 2, 2, 3), 128, np.uint8)
    batch[1::2] = 127
    made = translated(translate, batch, "a2b")
    unit = 0.5 / 127.5
    np.testing.assert_allclose(made.cycle, 5 * unit, rtol=1e-4)
    np.testing.assert_allclose(made.identity, 2 * unit, rtol=1e-4)
    back = translated(translate, batch, "b2a")
    np.testing.assert_allclose(back.identity, unit, rtol=1e-4)
    assert back.there.dtype == np.uint8
    assert {*back.there.ravel()} == {126, 129}


def sets(count, seed):
    """Blocks of dark colours (A) and of bright ones (B)."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 100, (2, count, 3, 3, 3))
    blocks[1] += 155
    pixels = blocks.repeat(4, axis=2).repeat(4, axis=3).astype(np.uint8)
    return tuple(pixels)


@pytest.fixture(scope="module")
def rows(network, tmp_path_factory):
    """Rows of a model that is perfect from A to B and does nothing back."""
    shift = np.float32(155 / 127.5)

    def translate(images, direction):
        return images + shift if direction == "a2b" else images

    extractor = inception.load(str(network))
    judged, others = sets(40, 0), sets(30, 1)
    run = PairEvaluation(
        translate,
        judged=judged,
        others=others,
        split="held-out images",
        train=others,
        weights="averaged translators",
        extractor=extractor,
        layer=extractor.layer(None),
        cache_dir=str(tmp_path_factory.mktemp("features")),
    )
    return dict(run.keyed(["kid"]))


def test_translations_stand_beside_untranslated_images(rows):
    raw = rows["kid/raw"].score
    there, back = (rows[f"kid/{d}"] for d in ("a2b", "b2a"))
    assert raw.value > 0.1
    assert abs(there.score.value) < 0.01 * raw.value
    # A against B, or B against A: the distance is the same.
    assert back.score.value == pytest.approx(raw.value, rel=1e-6)
    assert there.note.startswith("100% below untranslated")
    assert back.note.startswith("0% ")
    assert abs(there.floor.value) < 0.01 * raw.value
    mean = rows["kid"].score
    assert mean.value == pytest.approx(
        (there.score.value + back.score.value) / 2
    )
    assert f"{mean.name}/a2b" == there.score.name


def test_names_and_protocols_say_what_was_measured(rows):
    there = rows["kid/a2b"].score
    assert there.protocol.endswith(
        "real: held-out images of B; translated: held-out images of A, "
        "averaged translators"
    )
    assert rows["kid/b2a"].score.protocol.endswith("held-out images of B, "
        "averaged translators")  # fmt: skip
    assert "untranslated" in rows["kid/raw"].score.protocol
    names = [row.score.name for row in rows.values()]
    # No pixel grid in pictures of 12 px, and no content: no network for it.
    assert len({*names}) == len(names) == 10


def test_errors_of_both_directions(rows):
    # There and back, or b2a alone: A moves by 155, and B by nothing at home.
    for name in ("cycle_error/a", "cycle_error/b", "identity_error/b"):
        assert rows[name].score.value == pytest.approx(155 / 127.5, rel=1e-5)
    assert rows["identity_error/a"].score.value == 0


def test_whether_anything_was_changed(rows):
    """To B all has changed by 155 levels, back nothing has."""
    there, back = (rows[f"own_kid/{d}"] for d in ("a2b", "b2a"))
    assert there.score.value == pytest.approx(rows["kid/raw"].score.value, 0.05)
    assert back.score.value == pytest.approx(back.floor.value)
    assert abs(there.floor.value) < 0.01 * there.score.value
    assert there.score.name.startswith("own_kid[")
    assert "of A, others; translated: held-out images of A" in (
        there.score.protocol
    )


def content_of(translate, network):
    judged = sets(12, 0)
    run = PairEvaluation(
        translate,
        judged=judged,
        others=judged,
        split="held-out images",
        train=judged,
        weights="translators",
        content=network,
    )
    return {key: row.score.value for key, row in run.keyed(["swd"])}


def test_content_of_what_is_kept_and_of_what_is_forgotten(network):
    extractor = inception.load(str(network))

    def translate(images, direction):
        # Brighter, but in its place; or the picture before it.
        bright = images + np.float32(0.2)
        return bright if direction == "a2b" else np.roll(images, 1, axis=0)

    found = content_of(translate, extractor)
    # 27 means that all move by 0.2 of 127.5 of the network's 128 levels.
    assert found["content_distance/a2b"] == pytest.approx(
        0.2 * 127.5 / 128 * 27**0.5, rel=0.02
    )
    assert found["content_lost/a2b"] < 0.001
    assert found["content_rank/a2b"] == 0
    assert found["content_lost/b2a"] > 0.7
    assert found["content_rank/b2a"] > 0.2


def test_while_training(finished):
    run, out = finished
    first, last = evaluations(run)
    assert (first["step"], last["step"]) == (6, 12)
    keys = [row["metric"] for row in last["evaluation"]]
    assert keys == [
        "swd/a2b",
        "swd/b2a",
        "swd",
        "swd/raw",
        "cycle_error/a",
        "identity_error/a",
        "cycle_error/b",
        "identity_error/b",
        "pixel_grid/a2b",
        "pixel_grid/b2a",
        *(
            f"content_{what}/{way}"
            for way in ("a2b", "b2a")
            for what in ("distance", "lost", "rank")
        ),
    ]
    assert "step 12  evaluation: swd " in out
    values = {row["metric"]: row["value"] for row in last["evaluation"]}
    assert values["swd"] == pytest.approx(
        (values["swd/a2b"] + values["swd/b2a"]) / 2
    )
    before = {row["metric"]: row["value"] for row in first["evaluation"]}
    assert before["swd/raw"] == values["swd/raw"]
    assert before["cycle_error/a"] != values["cycle_error/a"]
    manifest = run / "checkpoints" / "step-00000012" / "manifest.json"
    assert json.loads(manifest.read_text())["metrics"] == values


def test_the_command_repeats_what_training_measured(
    commands, finished, network, tmp_path
):
    run = shutil.copytree(finished[0], tmp_path / "run")
    done = commands.run(EVALUATE, f"--run_dir={run}", "--metrics=swd")
    assert done.code == 0, done.err
    assert "swd/raw" in done.out and "untranslated images" in done.out
    *_, trained, again = evaluations(run)
    assert (again["step"], again["ema"]) == (12, True)
    for one, other in zip(
        trained["evaluation"], again["evaluation"], strict=True
    ):
        assert one["name"] == other["name"]
        assert one["protocol"] == other["protocol"]
        assert one["value"] == pytest.approx(other["value"], abs=1e-6)


def test_the_command_with_a_network(commands, finished, network, tmp_path):
    run = shutil.copytree(finished[0], tmp_path / "run")
    done = commands.run(
        EVALUATE,
        f"--run_dir={run}",
        "--metrics=kid",
        "--split=train",
        "--num_images=20",
        "--noema",
        f"--inception={network}",
        f"--cache_dir={tmp_path}",
        "--json",
    )
    assert done.code == 0, done.err
    found = json.loads(done.out)["evaluation"]
    assert len(found) == 18
    assert all(row["n_real"] in (0, 6, 20, 40) for row in found)
    assert all("training images" in row["protocol"] for row in found)
    assert "translators" in found[0]["protocol"]
    assert "averaged" not in found[0]["protocol"]


def test_mistakes_end_in_one_line(commands, finished, tmp_path):
    for flags, message in (
        (("--metrics=swd", "--pairs=x.png"), "--pairs: compares samples"),
        (("--metrics=swd", "--holdout=0", "--split=holdout"), "--split: holdo"),
    ):
        done = commands.run(EVALUATE, f"--run_dir={finished[0]}", *flags)
        assert done.code == 2 and done.err.count("\n") == 1
        assert message in done.err
    done = commands.run(
        TRAIN, SMOKE, f"--run_dir={tmp_path / 'r'}", "--eval_every=5",
        "--eval_metrics=swd", "--best_metric=kid",
    )  # fmt: skip
    assert done.code == 2 and "--best_metric: kid is not among" in done.err


@pytest.mark.parametrize(
    ("held_out", "metrics"),
    [(4, "kid,fid,precision_recall,swd"), (2, "fid,swd"), (1, "swd")],
)
def test_few_held_out_pairs(
    commands, finished, network, tmp_path, held_out, metrics
):
    done = commands.run(
        EVALUATE,
        f"--checkpoint={finished[0]}/checkpoints/step-00000012",
        f"--holdout={held_out}",
        f"--metrics={metrics}",
        f"--inception={network}",
        f"--cache_dir={tmp_path}",
        "--json",
    )
    assert done.code == 0, done.err
    record = json.loads(done.out)
    for row in record["evaluation"]:
        assert np.isfinite(row["value"])
        assert row["spread"] is None or np.isfinite(row["spread"])
        assert "held-out images" in row["protocol"]
    names = [row["name"] for row in record["evaluation"]]
    assert ("cycle_error/a" in names) and ("identity_error/b" in names)
    content = [name for name in names if name.startswith("content_")]
    assert len(content) == (6 if held_out > 2 else 0)
    assert record.get("left_out", {}) == (
        {}
        if held_out > 2
        else {
            "content": "content needs held-out images: at least 3, received "
            f"{held_out}; hold out more with --holdout=N, or none"
        }
    )


def test_few_pairs_leave_out_what_they_cannot_show(
    commands, finished, network, tmp_path
):
    flags = [
        f"--checkpoint={finished[0]}/checkpoints/step-00000012",
        "--holdout=2",
        f"--inception={network}",
        f"--cache_dir={tmp_path}",
    ]
    done = commands.run(EVALUATE, *flags)
    assert done.code == 0, done.err
    first, second, third, *_ = done.out.splitlines()
    assert first.startswith("left out: kid needs held-out images: at least 3")
    assert second.startswith("left out: precision_recall needs held-out ")
    assert third.startswith("left out: content needs held-out images: at le")
    refused = commands.run(EVALUATE, *flags, "--metrics=kid")
    assert refused.code == 2 and refused.err.count("\n") == 1


def test_training_pairs_cannot_show_what_only_unseen_ones_do(
    commands, finished
):
    done = commands.run(
        EVALUATE,
        f"--checkpoint={finished[0]}/checkpoints/step-00000012",
        "--metrics=memorisation",
        "--split=train",
    )
    assert done.code == 2
    assert "memorisation needs held-out images: at least 2" in done.err
