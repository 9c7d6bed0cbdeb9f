"""The report of a run: what it says, and what it leaves out."""

import json
import pathlib
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support import html_page
from tfgan_transfer.errors import UserError
from tfgan_transfer.reports import (
    about,
    drawings,
    report,
    run,
    timeline,
    wording,
)
from tfgan_transfer.settings import choices
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.training import checkpoint, run_directory
from tfgan_transfer.training.run_directory import RunDirectory

EVIL = "<script>alert(1)</script>"
PROTOCOL = "swd/tf-gan, 8 px; real: held-out images"


@pytest.fixture
def finished(unbroken, tmp_path):
    return shutil.copytree(unbroken, tmp_path / "run")


def score(value, name="swd", floor=0.03, protocol=PROTOCOL, **more):
    record = {"name": name, "value": value, "protocol": protocol}
    record |= {"metric": name, "n_real": 50, "n_fake": 60, "note": ""}
    record |= {"spread": 0.004, "spread_kind": "s.d. over seeds", **more}
    return {**record, "floor": floor and {**record, "value": floor}}


def add(path, *rows):
    with (path / "metrics.jsonl").open("a") as file:
        for row in rows:
            text = row if isinstance(row, str) else json.dumps(row)
            file.write(text + "\n")


def page_of(path):
    return html_page.check(report.write(path).read_text())


def test_a_run_without_anything_special(finished):
    page = page_of(finished)
    titles = page.texts("h2")
    assert titles == [
        "Real, and generated",
        "From picture to picture",
        "Did it copy?",
        "How the training went",
        "Settings",
        "How to go on",
        "What is not on this page",
    ]
    assert page.texts("h1") == ["run"]
    assert "trained on 100 pictures (digits)" in page.text
    # Steps 0, 10, 20 and 30 under the slider, real pictures beside them.
    said = [a["data-said"] for a in page.of("div") if "data-said" in a]
    assert said == ["0 steps", "10 steps", "20 steps", "30 steps"]
    [slider] = page.of("input")
    assert (slider["max"], slider["value"]) == ("3", "3")
    hidden = ["hidden" in a for a in page.of("div") if "data-said" in a]
    assert hidden == [True, True, True, False]


def test_the_samples_are_those_of_the_sheets(finished):
    page = page_of(finished)
    real, *sheets = page.pictures()[:5]
    for shown, name in [(real, "real"), (sheets[3], "ema-00000030")]:
        sheet = np.asarray(Image.open(finished / "samples" / f"{name}.png"))
        native = sheet[::8, ::8]
        shown = np.asarray(shown)[..., 0]
        assert shown.shape == (26, 26)
        np.testing.assert_array_equal(shown[9:17, 18:], native[9:17, 18:26])


def test_metrics_with_their_floors_and_protocols(finished):
    add(
        finished,
        {"step": 10, "evaluation": [score(0.2)], "warning": ""},
        {"step": 20, "evaluation": [score(0.16)], "warning": ""},
        {
            "step": 30,
            "evaluation": [
                score(0.0905),
                score(0.25, "memorised", None, "pixels", note=EVIL),
                score(0.6, "precision", 0.8),
            ],
            "warning": "too alike (a; b); dog: too alike",
        },
    )
    page = page_of(finished)
    assert "Numbers that say how good" not in page.text
    swd, copies, precision = page.texts("article")[:3]
    assert swd.startswith("Difference in shapes and texture0.0905 ± 0.004")
    for part in (
        "lower is better",
        "A perfect generator would get about 0.03",
        "This one is 3.0 times that.",
        "swd, after 30 steps: 0.0905",
        "real pictures in the place of samples: 0.03",
        "± is the s.d. over seeds",
        "50 real and 60 generated",
        PROTOCOL,
    ):
        assert part in swd
    assert "25%" in copies and EVIL in copies and "no floor" in copies
    assert "60%" in precision and "reaches 75% of it" in precision
    labels = [drawing["aria-label"] for drawing in page.of("svg")]
    assert labels[0] == (
        "swd: 0.2 at step 10, 0.0905 at step 30; dashed, what real pictures "
        "get: 0.03"
    )
    assert "Training warned: too alike (a; b)" in page.text
    assert page.texts("summary")[0] == "1 more"


def test_losses_are_those_that_were_logged(finished):
    rows = [json.loads(x) for x in (finished / "metrics.jsonl").open()]
    first, last = (f"{rows[i]['wasserstein']:.3g}" for i in (0, -1))
    page = page_of(finished)
    labels = [d["aria-label"].replace("−", "-") for d in page.of("svg")]
    assert f"real less generated: {first} first, {last} last" in labels[0]


def test_values_that_may_not_be_compared_are_not_joined(finished):
    add(
        finished,
        {"step": 10, "evaluation": [score(0.2)]},
        {"step": 20, "evaluation": [score(0.1)]},
        {"step": 30, "evaluation": [score(0.5, protocol="another")]},
        {"step": 30, "evaluation": [score(9.0)], "ema": False},
        {"step": 30, "evaluation": [score(9.0)], "size": "96"},
    )
    page = page_of(finished)
    assert page.texts("article")[0].startswith(
        "Difference in shapes and texture0.5"
    )
    assert page.of("svg")[0]["aria-label"].startswith(
        "swd: 0.2 at step 10, 0.1 at step 20;"
    )


def test_damaged_rows_are_left_out(finished):
    add(
        finished,
        '{"step": 30, "evalua',
        '{"step": 30, "evaluation": [{"name": "swd", "value": NaN}]}',
        {"step": 30, "evaluation": [{"name": "kid", "value": "666.25"}]},
        {"step": 30, "evaluation": [{"name": "bare", "value": 0.5}]},
        {"step": 30, "evaluation": [score(0.4, floor=None) | {"floor": 7}]},
        {
            "step": 30,
            "evaluation": [
                score(0.3, "ms_ssim", floor=None) | {"floor": {"value": "x"}}
            ],
        },
        {"step": 30, "critic_loss": None, "warning": 3},
        "[1]",
    )
    page = page_of(finished)
    bare, swd, alike = page.texts("article")[:3]
    assert bare.startswith("bare0.5") and "0.4" in swd
    assert "no floor is measured" in swd and "no floor is measured" in alike
    assert "666" not in page.text
    assert not re.search(r"\bnan\b", page.text, re.I)


def test_single_classes_stand_in_a_table(finished):
    names = [f"per_class_kid@mixed_7/{label}" for label in (EVIL, "dog")]
    rows = [score(0.1 * (i + 1), name, 0.05) for i, name in enumerate(names)]
    rows.append(score(0.15, "per_class_kid@mixed_7"))
    add(finished, {"step": 30, "evaluation": rows})
    page = page_of(finished)
    assert "Class by class, in numbers" in page.texts("h2")
    assert EVIL in page.texts("th")
    cells = page.texts("td")
    assert "0.1 (0.05)" in cells and "0.2 (0.05)" in cells
    assert len([c for c in page.texts("article") if "class by class" in c]) == 1


def test_nothing_that_a_user_named_is_markup(finished):
    text = (finished / "config.json").read_text()
    config = json.loads(text)
    config["flags"]["data"] = f"folder:{EVIL}"
    config["flags"]["source"] = EVIL
    shutil.rmtree(finished / "checkpoints")
    (finished / "config.json").write_text(json.dumps(config))
    (finished / "bad_files.txt").write_text(f"{EVIL}.png\tcut off {EVIL}\n")
    row = {"network": EVIL, "path": EVIL, "kind": "fresh", "note": EVIL}
    stored = {"source": EVIL, "step": 3, EVIL: [{**row, "size": 5}]}
    (finished / "transfer.json").write_text(json.dumps(stored))
    name = score(0.1, EVIL, protocol=EVIL, spread_kind=EVIL)
    add(finished, {"step": 30, "evaluation": [name], "warning": EVIL})
    evil = finished.rename(finished.parent / EVIL.replace("/", "_"))
    page = page_of(evil)
    assert page.source.count("<script") == 1
    assert page.text.count(EVIL) >= 10
    titles = page.texts("h2")
    assert "Files that could not be read: 1" in titles
    assert f"{EVIL}: 0% of its 5 parameters come from there" in page.texts("li")


def test_what_is_missing_is_left_out_with_a_sentence(finished):
    for name in ("samples", "checkpoints"):
        shutil.rmtree(finished / name)
    (finished / "metrics.jsonl").unlink()
    page = page_of(finished)
    assert page.texts("h2") == [
        "Settings",
        "How to go on",
        "What is not on this page",
    ]
    said = page.texts("li")[-3:]
    assert said[0].startswith("Pictures over time: there are none in ")
    assert said[1].startswith("Numbers that say how good it is: none were")
    assert said[2] == (
        "New pictures of the model: the run has no whole checkpoint."
    )


def test_critics_on_features_come_from_no_source(tmp_path):
    run = RunDirectory(tmp_path)
    row = {"network": "critic", "path": "a/kernel", "kind": "copied"}
    stored = {"source": "zoo:x", "step": 3}
    stored["critic"] = [{**row, "note": "", "size": 5}]
    (tmp_path / "transfer.json").write_text(json.dumps(stored))
    moments = {"adam/head_momentum": np.ones((30, 41)), "adam/rate": np.ones(1)}
    names = "feature_critic_optimizer", "feature_critic_b_optimizer"
    sums = {f"{name}.npz": "" for name in (*names, "critic_optimizer")}
    for name in sums:
        np.savez(tmp_path / name, **moments)
    found = checkpoint.Checkpoint(tmp_path, {"step": 3, "sha256": sums})
    shown = about.transfer(run, found).body
    said = ": new, none of its 1,230 parameters come from there</li>"
    assert f"<li>critic on features{said}" in shown
    assert f"<li>critic on features of B{said}" in shown
    assert shown.count("none of its") == 2
    assert "critic: 100% of its 5 parameters come from there" in shown
    assert "on features" not in about.transfer(run, None).body


def test_damaged_files_are_left_out_with_a_sentence(finished):
    (finished / "samples" / "real.png").write_bytes(b"no picture")
    (finished / "samples" / "ema-00000010.png").write_bytes(b"no picture")
    (finished / "transfer.json").write_text('{"generator": [{"a": 1}]}')
    page = page_of(finished)
    said = " ".join(page.texts("li"))
    assert "samples/ema-00000010.png: it cannot be read" in said
    assert "samples/real.png is not there or damaged" in said
    assert "What it started from: transfer.json is damaged" in said
    shown = [a["data-said"] for a in page.of("div") if "data-said" in a]
    assert shown == ["0 steps", "20 steps", "30 steps"]


def test_images_that_are_gone_are_left_out_with_a_sentence(
    finished, monkeypatch
):
    gone = UserError("--data=folder:x: not there; give it back")
    family = run.families.of({"model": "wgan_gp"})

    def fail(config):
        raise gone

    monkeypatch.setattr(
        run.families, "of", lambda config: family._replace(load_data=fail)
    )
    page = page_of(finished)
    assert "Did it copy?" not in page.texts("h2")
    assert page.texts("li")[-1] == (
        "Did it copy?: --data=folder:x: not there; give it back."
    )


def test_a_copying_generator_is_found_out(finished, monkeypatch):
    """Every sample is a mirrored training picture."""
    images = run.families.of({"model": "wgan_gp"}).load_data(
        json.loads((finished / "config.json").read_text())["flags"]
    )
    train = images.train.images
    unseen = np.random.default_rng(0).integers(0, 256, train.shape, np.uint8)

    def draw(self, count, label=None, drawn=None):
        return np.resize(train[:, :, ::-1], (count, *train.shape[1:]))

    monkeypatch.setattr(drawings.Sampler, "draw", draw)
    made = run.RunReport(RunDirectory(finished), None, True)
    sampler = drawings.Sampler(None, made.newest.manifest["run"], seed=0)
    judged = drawings.nearest(sampler, drawings.Images(train, unseen))
    assert "100 of 100 are closer" in judged.body
    assert "the same picture twice is a copy" in judged.body
    for pair in html_page.Page(judged.body).pictures():
        above, below = np.split(np.asarray(pair)[[*range(8), *range(9, 17)]], 2)
        np.testing.assert_array_equal(above, below)
    # Without unseen pictures there are pairs, and no judgement.
    alone = drawings.nearest(sampler, drawings.Images(train, train[:0]))
    assert "nobody can say here" in alone.body
    assert alone.body.count("<img") == judged.body.count("<img") == 8


def test_a_page_of_a_stopped_run_draws_nothing(finished, monkeypatch):
    monkeypatch.setattr(run, "Sampler", None)
    path = report.write(finished, draw=False)
    page = html_page.check(path.read_text())
    assert "which the command `report` draws" in page.text


def test_drawing_leaves_the_precision_as_it_was(finished):
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    report.write(finished)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_where_no_run_is(tmp_path):
    with pytest.raises(UserError, match="holds no run; expected a directory"):
        report.write(tmp_path)


def test_a_page_that_cannot_be_written_is_a_mistake(finished, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="out: .* cannot be written"):
        report.write(finished, tmp_path / "file" / "page.html")


def test_a_failing_report_is_a_warning(finished, capsys):
    def fail(path):
        raise ZeroDivisionError("by zero")

    report.at_the_end(fail, finished)
    assert capsys.readouterr().out == (
        "writing the report ...\n"
        "warning: no report was written: ZeroDivisionError by zero\n"
    )


def test_what_was_logged_is_read_once(finished, monkeypatch):
    """It may be long: a row for each hundred steps of days."""
    add(finished, {"step": 30, "evaluation": [score(0.2)], "warning": "odd"})
    read, rows = [], run_directory.rows
    monkeypatch.setattr(
        run_directory, "rows", lambda path: read.append(path) or rows(path)
    )
    assert "Training warned: odd" in page_of(finished).text
    assert [path.name for path in read] == ["metrics.jsonl"]


@pytest.mark.parametrize(
    ("recipe", "begun"), [("few_images", False), ("plain", True), ("old", True)]
)
def test_a_run_that_has_hardly_begun(finished, recipe, begun):
    stored = json.loads((finished / "config.json").read_text())
    stored["flags"]["recipe"] = recipe
    (finished / "config.json").write_text(json.dumps(stored))
    said = "hardly begun: 30 of the 830 steps of the recipe few_images"
    assert (said in page_of(finished).text) != begun


@pytest.mark.parametrize(
    ("flags", "more", "advice"),
    [
        ({"steps": 30}, {}, "a new run with more --steps lets it learn"),
        ({"steps": 90}, {}, "the rest of its steps lets it learn"),
        (
            {"steps": 30, "hours": 0.04},
            {"timetable": [[1, 2.0], [30, 9.0]]},
            "a new run with several times --hours=0.04 lets it learn",
        ),
        # Steps were given beside the hours, or later: those are the reason.
        (
            {"steps": 30, "hours": 0.04},
            {},
            "a new run with more --steps lets it learn",
        ),
        (
            {"steps": 30},
            {"timetable": [[1, 2.0], [9, 9.0]]},
            "a new run with more --steps lets it learn",
        ),
    ],
)
def test_what_has_hardly_begun_is_told_what_it_lacks(
    finished, flags, more, advice
):
    stored = json.loads((finished / "config.json").read_text()) | more
    stored["flags"] |= {"recipe": "few_images", **flags}
    (finished / "config.json").write_text(json.dumps(stored))
    (said,) = [p for p in page_of(finished).texts("p") if "hardly" in p]
    assert said.endswith(f"at this point; {advice}.")


def test_a_model_is_shown_with_its_loss(finished):
    # Of a run that has no checkpoint to tell that its settings were changed.
    shutil.rmtree(finished / "checkpoints")
    stored = json.loads((finished / "config.json").read_text())
    stored["flags"]["adversarial_loss"] = "relativistic"
    (finished / "config.json").write_text(json.dumps(stored))
    page = page_of(finished)
    shown = page.texts("dd")
    assert "GAN with a relativistic loss" in shown
    assert not any("wgan" in said for said in shown)
    # The flag is among the settings.
    assert "--model" in page.texts("th") and "wgan_gp" in page.texts("td")


def test_every_model_and_loss_has_words():
    assert wording.LOSSES.keys() == {*choices.LOSSES, *choices.PAIR_LOSSES}
    games = {
        wording.game({"model": model, "adversarial_loss": loss})
        for model in RULES
        for loss in wording.LOSSES
    }
    assert len(games) == len(RULES) * len(wording.LOSSES)
    assert "CycleGAN with a least-squares loss" in games
    assert "GAN that learns labels, with a hinge loss" in games


def test_one_step_is_no_steps():
    picture = np.zeros((8, 8, 1), np.uint8)
    frames = [(0, picture), (1, picture), (1000, picture)]
    page = html_page.Page(timeline.slider("ema", frames, "Pictures"))
    said = [a["data-said"] for a in page.of("div") if "data-said" in a]
    assert said == ["0 steps", "1 step", "1,000 steps"]
    assert "Pictures after 1 step, a grid." in [
        image["alt"] for image in page.of("img")
    ]


def test_what_takes_seconds_is_announced(tmp_path, capsys):
    def write():
        assert capsys.readouterr().out == "writing the report ...\n"
        return pathlib.Path("page.html")

    report.at_the_end(write)
    assert capsys.readouterr().out == "report: page.html\n"


def test_how_a_run_goes_on():
    def told_of(*options):
        return " ".join(["train", *options])

    about_to = {"lr_decay": "none", "hours": None, "steps": 100}

    def lines(done, seconds=0.0, **flags):
        rows = about._training(done, seconds, {**about_to, **flags}, told_of)
        return [command for _, command in rows]

    assert lines(40) == ["train"]
    assert lines(100) == ["train --steps=200"]
    assert lines(100, lr_decay="linear") == []
    # An hour was over after 50 steps: it takes two, and what plans are off by.
    assert lines(50, 3960.0, hours=1.0) == ["train --hours=2.4"]
    assert lines(50, 60.0, hours=1.0) == ["train --hours=1"]
