"""Reports as commands write them: single models, translators, studies."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support import html_page, tagged
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.errors import UserError
from tfgan_transfer.reports import report
from tfgan_transfer.studies import study, tables
from tfgan_transfer.training import checkpoint
from tfgan_transfer.transfer.rank import Round

REPORT = "tfgan_transfer.report"
CYCLEGAN = "--flagfile=configs/smoke/cyclegan.flags"
EVIL = "<script>alert(1)</script>"


def weights(path):
    newest, _ = checkpoint.latest(path / "checkpoints")
    loaded = checkpoint.load(newest.path)
    return {
        (group, name): value
        for group, values in loaded.items()
        for name, value in values.items()
    }


def test_training_ends_with_a_report_that_changes_nothing(
    commands, unbroken, tmp_path
):
    path = tmp_path / "run"
    words = SMOKE, f"--run_dir={path}", "--report"
    finished = commands.run(TRAIN, *words)
    assert finished.code == 0, finished.err
    assert finished.out.splitlines()[-1] == f"report: {path}/report.html"
    page = html_page.check((path / "report.html").read_text())
    assert "From picture to picture" in page.texts("h2")
    ours, theirs = weights(path), weights(unbroken)
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        np.testing.assert_array_equal(value, theirs[key])
    # Once more, from the directory alone.
    out = tmp_path / "new" / "page.html"
    finished = commands.run(REPORT, f"--run_dir={path}", f"--out={out}")
    assert (finished.code, finished.out.strip()) == (0, str(out))
    assert out.read_text() == (path / "report.html").read_text()


def test_a_stopped_training_has_a_report_too(commands, tmp_path):
    path = tmp_path / "run"
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={path}",
        "--report",
        setup="import os, signal\n"
        "from tfgan_transfer.training import progress\n"
        "shown = progress.Progress._show\n"
        "def show(self, step, *more):\n"
        "    shown(self, step, *more)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "progress.Progress._show = show\n",
    )
    assert finished.code == 3, finished.err
    page = html_page.check((path / "report.html").read_text())
    assert "5 of 30" in page.texts("dd")
    assert "Go on where it was stopped" in page.text


def test_a_report_that_fails_fails_no_training(commands, tmp_path):
    path = tmp_path / "run"
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={path}",
        "--report",
        setup="from tfgan_transfer.reports import page\n"
        "page._TEMPLATE = page._TEMPLATE.with_name('gone')\n",
    )
    assert finished.code == 0, finished.err
    last = finished.out.splitlines()[-1]
    assert last.startswith("warning: no report was written: FileNotFoundError")
    assert not (path / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: --run_dir: expected the directory of a run, or --study"),
        (["--run_dir=a", "--study_dir=b"], "error: --run_dir: expected the"),
        (["--run_dir={tmp}"], "error: --run_dir: '{tmp}' holds no run"),
        (["--study_dir={tmp}"], "error: --study_dir: '{tmp}' holds no tables"),
    ],
)
def test_refusals(commands, tmp_path, words, message):
    finished = commands.run(REPORT, *(w.format(tmp=tmp_path) for w in words))
    assert finished.code == 2 and finished.out == ""
    assert finished.err.startswith(message.format(tmp=tmp_path))
    assert finished.err.count("\n") == 1


def test_a_row_for_each_label(commands, pictures, tmp_path):
    path = tmp_path / "run"
    finished = tagged.train(commands, path, pictures)
    assert finished.code == 0, finished.err
    page = html_page.check(report.write(path).read_text())
    assert "What it draws when asked" in page.texts("h2")
    captions = [c for c in page.texts("figcaption") if c in tagged.TAGS]
    assert captions == sorted(tagged.TAGS)
    said = "6 generated pictures of striped."
    [row] = [image for image in page.of("img") if image["alt"] == said]
    shown = html_page.picture(row["src"])
    assert shown.size == (6 * 9 - 1, 8)
    # The nearest pictures are judged without unseen ones.
    assert "nobody can say here" in page.text


@pytest.fixture(scope="module")
def translated(commands, tmp_path_factory):
    path = tmp_path_factory.mktemp("pair") / "run"
    words = CYCLEGAN, f"--run_dir={path}", "--eval_every=6"
    metrics = "--eval_metrics=swd", "--best_metric=swd"
    finished = commands.run(TRAIN, *words, *metrics)
    assert finished.code == 0, finished.err
    return path


def test_translations_there_and_back(translated):
    page = html_page.check(report.write(translated).read_text())
    assert page.texts("h2")[:3] == [
        "There and back",
        "How good is it?",
        "How the training went",
    ]
    sliders = page.of("input")
    assert [s["id"] for s in sliders] == ["slider-a2b", "slider-b2a"]
    sheet = np.asarray(Image.open(translated / "samples/b2a-00000012.png"))
    native = sheet[::4, ::4]
    shown = [
        html_page.picture(image["src"])
        for image in page.of("img")
        if image["alt"].startswith("Translations from B to A after 12 steps")
    ]
    shown = np.asarray(shown[0])[..., :3]
    for left in (0, 17, 34):
        place = slice(17, 33), slice(left, left + 16)
        np.testing.assert_array_equal(shown[place], native[place])


def test_translations_in_numbers(translated):
    rows = [json.loads(x) for x in (translated / "metrics.jsonl").open()]
    last = [row for row in rows if "evaluation" in row][-1]["evaluation"]
    cards = html_page.Page(report.write(translated).read_text()).texts(
        "article"
    )
    titles = {
        "swd/a2b": "Difference in shapes and texture, from A to B",
        "swd/raw": "Difference in shapes and texture, pictures left as they",
        "cycle_error/a": "What there and back changes, pictures of A",
        "identity_error/b": "What is changed though nothing should be, "
        "pictures of B",
    }
    values = {score["name"]: score["value"] for score in last}
    for name, title in titles.items():
        [card] = [card for card in cards if card.startswith(title)]
        assert f"{name}, after 12 steps: {values[name]!r}" in card


def test_translations_without_sheets(translated, tmp_path):
    path = shutil.copytree(translated, tmp_path / "run")
    shutil.rmtree(path / "samples")
    page = html_page.check(report.write(path).read_text())
    assert page.texts("h2")[0] == "How good is it?"
    said = " ".join(page.texts("li"))
    assert "Pictures over time from A to B: there are none" in said
    assert "Pictures over time from B to A: there are none" in said


@pytest.fixture
def finished_study(tmp_path):
    """Two variants and two seeds, without any training."""
    rows = []
    for variant in ("both", EVIL):
        for seed in (0, 1):
            cell = study.Cell(f"folder:{EVIL}/cats", 100, None, variant, seed)
            values = [0.3, 0.1 + seed * 0.2]
            curve = [
                {"step": 10 * (i + 1), "swd": value}
                for i, value in enumerate(values)
            ]
            row = {"cell": cell._asdict(), "flags": {}, "evaluations": curve}
            row |= {"protocols": {"swd": "swd/tf-gan"}, "final": {}}
            rows.append({**row, "seconds": 61.4})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "rows.jsonl").write_text(lines)
    tables.write(rows, tmp_path, f"python -m x --variant='{EVIL}'")
    return tmp_path


def test_a_study(finished_study):
    samples = finished_study / "cats_100_samples.png"
    Image.fromarray(np.full((40, 90, 3), 9, np.uint8)).save(samples)
    (finished_study / "broken_samples.png").write_bytes(b"")
    path = report.write_study(finished_study)
    assert path == finished_study / "report.html"
    page = html_page.check(path.read_text())
    assert page.texts("h2") == [
        "Samples side by side",
        "How they learned",
        "How to read the tables",
        "Configurations",
        "The trainings",
        "What is not on this page",
    ]
    # Mean and deviation of 0.1 and 0.3, as `tables` writes them.
    cells = page.texts("td")
    assert cells[:4] == ["0.2 ± 0.1", "2"] * 2 and "61 s" in cells
    head = ["configuration", "swd", "seeds"]
    assert page.texts("th")[:5] == [*head, "both", EVIL]
    assert [image.size for image in page.pictures()[:1]] == [(90, 40)]
    assert "broken_samples.png: it cannot be read." in page.texts("li")
    assert "4" in page.texts("dd")


def test_a_study_is_refused_where_none_is(tmp_path):
    with pytest.raises(UserError, match="study_dir: .* holds no tables.md"):
        report.write_study(tmp_path)


def test_a_ranking(unbroken, tmp_path):
    """Sources that were probed in two rounds, the second of one alone."""
    names = "zoo:near", EVIL, "zoo:far"
    runs = dict.fromkeys(names, unbroken) | {"zoo:far": tmp_path / "gone"}
    scores = {
        "fid": dict(zip(names, (9.0, 5.0, 7.0), strict=True)),
        "recall": dict(zip(names, (0.25, 0.125, 0.5), strict=True)),
    }
    results = [
        (Round(3, 20), dict(zip(names, (0.02, 0.03, 0.05), strict=True))),
        (Round(2, 40), {"zoo:near": 0.016, EVIL: 0.011}),
    ]
    path = report.write_ranking(tmp_path, runs, scores, results, f"go {EVIL}")
    page = html_page.check(path.read_text())
    assert page.texts("h1") == [EVIL]
    assert "a distance of 0.011 from the real ones, those of zoo:near" in (
        page.text
    )
    assert page.texts("th")[5:] == [EVIL, "zoo:near", "zoo:far"]
    assert page.texts("td") == [
        *("0.03", "0.011", "5", "0.125"),
        *("0.02", "0.016", "9", "0.25"),
        *("0.05", "not trained", "7", "0.5"),
    ]
    assert page.texts("figcaption") == [
        f"{EVIL}, 30 steps",
        "zoo:near, 30 steps",
    ]
    assert page.texts("code") == [f"go {EVIL}"]
    assert page.texts("li")[-1].startswith("Pictures of zoo:far: ")
