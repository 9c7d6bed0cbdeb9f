"""Several models that share the classes of a set among them."""

import fcntl
import json
import shutil
import signal
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.ensembles import SETTINGS, forked, prepare
from tests.support.running import GENERATE, LONGEST, TRAIN
from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.single.evaluation import load_data
from tfgan_transfer.studies import ensemble_training, trials
from tfgan_transfer.trained import ensemble, opening, sampling, saved

EVALUATE = "tfgan_transfer.evaluate"


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 40))
def test_each_class_has_one_model(classes, count):
    names = [f"class {i}" for i in range(classes)]
    if count > classes:
        with pytest.raises(UserError, match=f"at most {classes}, .* {count};"):
            ensemble.partition(names, count)
        return
    parts = ensemble.partition(names, count)
    assert [name for part in parts for name in part] == names
    assert len(parts) == count
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_what_was_trained(big):
    written = json.loads((big / "ensemble.json").read_text())
    assert written["members"] == [
        {"run_dir": "models/00", "classes": ["0", "1", "2"]},
        {"run_dir": "models/01", "classes": ["3", "4"]},
    ]
    first, second = (
        json.loads((big / f"models/0{i}/config.json").read_text())
        for i in range(2)
    )
    assert second["data"]["vocabulary"] == ["3", "4"]
    assert second["generator"]["num_labels"] == 2
    differing = {
        name
        for name, value in first["flags"].items()
        if second["flags"][name] != value
    }
    assert differing == {"run_dir", "classes"}


def sampler_of_member(big, number):
    found = saved.find(str(big / f"models/0{number}"))
    return sampling.Sampler(
        saved.generator(found), found.manifest["run"], seed=3
    )


def test_a_class_is_drawn_by_its_model(big):
    routed = opening.open_model(str(big)).sampler(seed=3)
    members = [sampler_of_member(big, number) for number in range(2)]
    for column, (number, own) in enumerate(
        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    ):
        images = routed.draw(9, np.eye(5, dtype=np.float32)[column])
        local = np.eye(3 - number, dtype=np.float32)[own]
        expected = members[number].draw(9, local)
        np.testing.assert_array_equal(images, expected)
    # The models are told apart by what they draw from the same latents.
    one, other = (
        routed.draw(9, np.eye(5, dtype=np.float32)[i]) for i in (2, 3)
    )
    assert np.abs(one.astype(int) - other).mean() > 5


def test_mixed_labels_go_each_to_its_own_model(big):
    """More rows than one batch holds, in no order of the models."""
    routed = opening.open_model(str(big)).sampler(seed=3)
    count = 150
    labels, drawn = routed.labels(count), routed.draw(count)
    assert set(labels.argmax(axis=1)) == set(range(5))
    for column in range(5):
        rows = labels[:, column] == 1
        alone = routed.draw(count, np.eye(5, dtype=np.float32)[column])
        np.testing.assert_array_equal(drawn[rows], alone[rows])
    np.testing.assert_array_equal(routed.draw(7), drawn[:7])


def test_labels_are_as_frequent_as_in_the_data(big):
    record = opening.open_model(str(big)).record
    assert record["data"]["vocabulary"] == list("01234")
    counts = {tuple(row): n for n, row in record["data"]["label_prior"]}
    # Of the 178, 182, 177, 183 and 181 digits a tenth was held out of each
    # model's share.
    assert counts.keys() == {(i,) for i in range(5)}
    assert sum(counts.values()) == record["data"]["images"] == 537 - 54 + 328


def test_images_are_held_out_of_the_whole_as_of_the_parts(big):
    opened = opening.open_model(str(big))
    joined = load_data(opened, opened.record["flags"])
    alone = [
        data.load(
            "digits", size=(8, 8), channels=1, classes=classes, holdout=0.1
        )
        for classes in ("012", "34")
    ]
    held = {name for split in alone for name in split.holdout.names}
    assert {*joined.holdout.names} == held
    whole = data.load(
        "digits", size=(8, 8), channels=1, classes=tuple("01234")
    ).train
    place = {name: row for row, name in enumerate(whole.names)}
    rows = [place[name] for name in joined.train.names]
    assert rows == sorted(rows) and joined.train.vocabulary == whole.vocabulary
    np.testing.assert_array_equal(joined.train.labels, whole.labels[rows])
    np.testing.assert_array_equal(joined.train.images, whole.images[rows])


def test_a_killed_model_is_the_only_one_trained_again(commands, tmp_path):
    path = tmp_path / "big"
    with forked(commands) as started, pytest.MonkeyPatch.context() as patch:
        real = trials.wait_for
        patch.setattr(
            trials,
            "wait_for",
            lambda words, log: real(words, log) if not started else -9,
        )
        with pytest.raises(UserError, match="ended with code -9"):
            ensemble_training.train(prepare(path))
        assert started == ["00"]
        patch.setattr(trials, "wait_for", real)
        before = (path / "models/00/metrics.jsonl").read_bytes()
        again = ensemble_training.prepare({"run_dir": str(path)}, {})
        assert ensemble_training.train(again) == 0
        assert started == ["00", "01"]
        assert (path / "models/00/metrics.jsonl").read_bytes() == before
        longer = {"run_dir": str(path), "steps": 6}
        for given in (longer, {"run_dir": str(path)}):
            again = ensemble_training.prepare(given, {})
            assert ensemble_training.train(again) == 0
        assert started == ["00", "01", "00", "01"]


def test_a_model_that_is_being_trained_is_left_alone(commands, tmp_path):
    first = tmp_path / "big/models/00"
    first.mkdir(parents=True)
    with (first / ".lock").open("w") as lock, forked(commands) as started:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ensemble_training.train(prepare(tmp_path / "big")) == 3
        assert started == ["01"]


def test_a_signal_stops_the_ensemble_and_its_model(commands, tmp_path):
    """The process of the model is a stand-in, which tells of its end."""
    saving = (
        "import signal, sys, time\n"
        "def stop(*_):\n    print('saved')\n    sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"open({str(tmp_path / 'started')!r}, 'w').close()\n"
        "time.sleep(60)\n"
    )
    words = [f"--{k}={v}" for k, v in SETTINGS.items()]
    running = commands.start(
        TRAIN,
        *words,
        "--ensemble=2",
        f"--run_dir={tmp_path / 'big'}",
        setup="import sys\nfrom tfgan_transfer.studies import trials\n"
        f"trials.command = lambda *_: [sys.executable, '-c', {saving!r}]\n",
    )
    deadline = time.monotonic() + LONGEST
    while not (tmp_path / "started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.kill(signal.SIGTERM)
    finished = running.wait()
    assert finished.code == 3, finished.err
    assert "the same command continues" in finished.out
    assert "saved" in (tmp_path / "big/models/00.log").read_text()
    assert (tmp_path / "big/ensemble.json").exists()
    assert not (tmp_path / "big/models/01.log").exists()


def test_the_same_command_finds_nothing_to_do(commands, big):
    words = [f"--{k}={v}" for k, v in SETTINGS.items()]
    for arguments in ([], [*words, "--ensemble=2"]):
        finished = commands.run(TRAIN, f"--run_dir={big}", *arguments)
        assert finished.code == 0, finished.err
        assert "model 1 of 2" not in finished.out
        assert "done: 2 models of 4 steps, 5 classes" in finished.out


def test_a_plan_shows_who_learns_what(commands, tmp_path):
    words = [f"--{k}={v}" for k, v in SETTINGS.items()]
    finished = commands.run(
        TRAIN,
        *words,
        "--ensemble=3",
        f"--run_dir={tmp_path / 'big'}",
        "--dry_run=json",
    )
    assert finished.code == 0, finished.err
    plan = json.loads(finished.out)
    assert plan["ensemble"] == {"00": "0, 1", "01": "2, 3", "02": "4"}
    assert plan["data"]["labels"] == 2
    assert not list(tmp_path.iterdir())


def test_generate_draws_with_all_models(commands, big, tmp_path):
    out = tmp_path / "out"
    sheet = tmp_path / "classes.png"
    for arguments in (
        ("--class=4", f"--out={out}", "--num=3", "--seed=3"),
        ("--grid=classes", f"--out={sheet}", "--num=2", "--cell=0"),
    ):
        finished = commands.run(GENERATE, f"--run_dir={big}", *arguments)
        assert finished.code == 0, finished.err
    member = sampler_of_member(big, 1)
    expected = member.draw(3, np.array([0, 1], np.float32))
    for path, image in zip(sorted(out.iterdir()), expected, strict=True):
        np.testing.assert_array_equal(Image.open(path), image[..., 0])
    assert Image.open(sheet).size == (2 * 9, 5 * 9)


def test_evaluate_judges_all_models(commands, big, tmp_path):
    path = shutil.copytree(big, tmp_path / "big")
    words = ("--metrics=swd", "--json", "--num_images=20")
    finished = commands.run(EVALUATE, f"--run_dir={path}", *words)
    assert finished.code == 0, finished.err
    record = json.loads(finished.out)
    opened = opening.open_model(str(big))
    split = load_data(opened, opened.record["flags"])
    assert record["data"] == split.train.fingerprint
    assert record["models"] == 2 and record["step"] == 4
    [row] = record["evaluation"]
    assert row["n_fake"] == 20 and row["value"] > 0
    assert json.loads((path / "metrics.jsonl").read_text()) == record


@pytest.mark.parametrize(
    "module, arguments, message",
    [
        (TRAIN, ("--ensemble=3",), "--ensemble: received 3, "),
        (TRAIN, ("--seed=5",), "--seed=5 (the run has 0)"),
        (TRAIN, ("--restart_from=2",), "such as --run_dir="),
        (GENERATE, ("--class=7", "--out=x"), "'7' is unknown"),
        (GENERATE, ("--tags=3 4", "--out=x"), "draws one class in each image"),
        (EVALUATE, ("--classes=3,7", "--metrics=swd"), "unknown value '7'"),
    ],
)
def test_mistakes_with_an_ensemble(commands, big, module, arguments, message):
    finished = commands.run(module, f"--run_dir={big}", *arguments)
    assert finished.code == 2
    assert message in finished.err and len(finished.err.splitlines()) == 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"model": "wgan_gp"}, "received model=wgan_gp; use model=acgan"),
        ({"ensemble": 6}, "at most 5, the number of classes, received 6"),
        ({"classes": "0,1,11"}, "no class '11'.*did you mean '1'"),
    ],
)
def test_ensembles_that_cannot_be(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        prepare(tmp_path / "big", **changes)
    assert not list(tmp_path.iterdir())


def test_an_ensemble_is_neither_a_run_nor_a_source(big, unbroken):
    with pytest.raises(UserError, match="ensemble; expected one model, such"):
        saved.find(str(big), "--source")
    with pytest.raises(UserError, match="the run of a single model"):
        prepare(unbroken)
