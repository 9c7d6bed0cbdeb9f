"""Rivals: what needs no PyTorch, from the arguments to the table."""

import importlib
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

BENCHMARKS = pathlib.Path(__file__).parents[2] / "benchmarks"
NEEDED = ["--data=shapes", "--inception=lite0", "--out=here"]


@pytest.fixture(scope="module")
def of():
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module
    sys.path.remove(str(BENCHMARKS))


def test_marks_are_in_order_and_once(of):
    given = of("rivals").arguments([*NEEDED, "--minutes=40,0.5,40"])
    assert given.minutes == [0.5, 40]
    assert given.only == ["fastgan", "projected_gan", "lightweight_gan", "ours"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--minutes=0,20", "0 is not above 0"),
        ("--only=ours,stylegan", "stylegan is none of fastgan"),
        ("--size=32", "invalid choice: 32"),
    ],
)
def test_what_cannot_be_is_refused(of, capsys, wrong, said):
    with pytest.raises(SystemExit):
        of("rivals").arguments([*NEEDED, wrong])
    assert said in capsys.readouterr().err


def test_all_train_on_what_evaluate_does_not_hold_out(of, tmp_path):
    rivals = of("rivals")
    words = ["--data=shapes", "--limit=6", "--holdout=4", "--inception=lite0"]
    given = rivals.arguments([*words, f"--out={tmp_path}", "--seed=3"])
    rivals.prepare(given)
    from tfgan_transfer import data

    split = data.load("shapes", size=(64, 64), limit=6, holdout=4)
    held = np.load(tmp_path / "real" / "images.npy")
    np.testing.assert_array_equal(held, split.train.images)
    files = sorted((tmp_path / "real" / "trained_on").iterdir())
    assert len(files) == 6
    np.testing.assert_array_equal(np.asarray(Image.open(files[4])), held[4])
    rivals.prepare(given)
    given.limit = 5
    with pytest.raises(SystemExit, match="begun with .* --limit=6"):
        rivals.prepare(given)


@pytest.mark.parametrize(
    ("seconds", "done", "mark"),
    [
        (59, [], None),
        (60, [], 1),
        (60, [1], None),
        (400, [1], 2),
        (1, [1, 2], None),
    ],
)
def test_a_mark_is_due_when_its_time_has_come(of, seconds, done, mark):
    assert of("rival_worker").due([2, 1], seconds, done) == mark


def test_the_clock_leaves_out_what_is_drawn_and_counts_earlier_attempts(of):
    now = [5.0]
    clock = of("rival_worker").Clock(lambda: now[0])
    clock.before = 100.0
    with clock.stopped():
        now[0] = 25.0
    now[0] = 26.0
    assert clock() == 106.0


def test_the_time_of_a_process_is_that_of_its_own_work(of, tmp_path):
    ours = of("rival_ours")
    work = "while __import__('time').process_time() < 0.3: pass\ninput()"
    process = subprocess.Popen([sys.executable, "-c", work], stdin=-1)
    file = tmp_path / "seconds.json"
    file.write_text("7.0")

    class Watched:
        """Ends once its work is seen to be done."""

        @staticmethod
        def poll():
            if json.loads(file.read_text()) >= 7.2 and process.poll() is None:
                process.communicate(b"\n")
            return process.poll()

        pid = process.pid

    assert ours.watched(Watched, file) == pytest.approx(7.35, abs=0.2)


def test_pictures_are_there_before_a_mark_is_done(of, tmp_path, monkeypatch):
    worker = of("rival_worker")
    pictures = np.full((2, 4, 4, 3), 7, np.uint8)
    worker.keep(tmp_path, 0.5, pictures, {"steps": 3})
    assert worker.told(tmp_path, 0.5) == {"steps": 3}
    assert worker.told(tmp_path, 20) == {}
    assert len(list((tmp_path / "0.5" / "samples").iterdir())) == 2

    def full(*_):
        raise OSError

    monkeypatch.setattr(worker, "write", full)
    with pytest.raises(OSError):
        worker.keep(tmp_path, 1, pictures, {})
    assert not (tmp_path / "1" / "about.json").exists()


def test_a_table_begins_with_the_floor(of):
    table = of("rival_table")
    numbers = {"kid": 0.00123, "precision": 0.5, "recall": 0.25}
    numbers |= {"density": 1, "coverage": 0.75, "swd": 0.04}
    records = [
        {
            "name": name if name == "swd" else f"{name}[mixed_7]",
            "value": value,
            "spread": 0.1,
            "floor": {"value": value / 2} if name != "recall" else None,
        }
        for name, value in numbers.items()
    ]
    values = table.values_of(records)
    assert values["kid"] == [0.00123, 0.1, 0.000615]
    row = {"name": "fastgan", "minutes": 20.0, "seconds": 1234.6}
    row |= {"steps": 1500, "images": 12_000, "values": values}
    _, _, real, fastgan = table.markdown([row]).splitlines()
    assert real == (
        "| images trained on |  |  |  |  "
        "| 0.00061 | 0.250 |  | 0.375 | 0.0200 |"
    )
    assert fastgan == (
        "| fastgan | 20 | 1,235 | 1,500 | 12,000 "
        "| 0.00123 | 0.500 | 0.250 | 0.750 | 0.0400 |"
    )


def test_a_sheet_has_a_block_for_each(of, tmp_path):
    table, worker = of("rival_table"), of("rival_worker")
    shades = {"real": 10, "ours": 200}
    for name, shade in shades.items():
        shape = (33, 8, 8, 3) if name == "real" else (7, 4, 4, 3)
        pictures = np.full(shape, shade)
        worker.write(tmp_path / name, pictures.astype(np.uint8))
    folders = {name: tmp_path / name for name in shades}
    table.sheet(folders, tmp_path / "sheet.png")
    found = np.asarray(Image.open(tmp_path / "sheet.png"))
    wide = 8 * table.ACROSS + table.GAP
    assert found.shape == (8 * table.DOWN + table.NAME, 2 * wide, 3)
    blocks = found[table.NAME :]
    assert (blocks[:, : wide - table.GAP] == 10).all()
    ours = blocks[:, wide : -table.GAP]
    assert (ours[:8] == 200).all()
    assert (ours[8:16, 16:] == 255).all()


def test_values_are_kept_with_the_protocol_they_belong_to(of, tmp_path):
    table = of("rival_table")
    file = tmp_path / "scores.json"
    kept = {"words": ["--limit=4"], "values": {"kid": [1, 2, 3]}}
    file.write_text(json.dumps(kept))
    assert table.judged(tmp_path, file, ["--limit=4"]) == {"kid": [1, 2, 3]}
    with pytest.raises(SystemExit, match="--data"):
        table.judged(tmp_path, file, [])


class Library:
    """PyTorch as far as a training knows it: files, and random numbers."""

    random = 0

    def get_rng_state(self):
        return self.random

    def set_rng_state(self, state):
        self.random = state

    def manual_seed(self, seed):
        self.random = 1000 * seed

    def save(self, content, file):
        file.write_text(json.dumps(content))

    def load(self, file, weights_only):
        assert weights_only
        return json.loads(file.read_text())


class Rival:
    """Takes ten seconds a step, and can be killed before one."""

    images = 8

    def __init__(self, library, killed=None):
        self.library, self.killed = library, killed
        self.made, self.total, self.now = 0, 0, 0.0

    def step(self):
        if self.made == self.killed:
            raise KeyboardInterrupt
        self.made += 1
        self.now += 10.0
        self.total = (3 * self.total + self.library.random) % 251
        self.library.random += 1

    def draw(self, count):
        # Neither this time nor these random numbers are training's.
        self.now += 500.0
        self.library.random += count
        return np.full((count, 2, 2, 3), self.total, np.uint8)

    def state(self):
        return {"total": self.total}

    def load(self, state):
        self.total = state["total"]


def trained(worker, work, killed=None):
    work.mkdir(exist_ok=True)
    given = {"work": str(work), "marks": [1, 2], "samples": 3, "seed": 0}
    library = Library()
    rival = Rival(library, killed)
    training = worker.Training(rival, given, library)
    training.clock.read = lambda: rival.now
    training.run()


def results(worker, work):
    for mark in (1, 2):
        files = sorted((work / f"{mark}" / "samples").iterdir())
        pictures = [np.asarray(Image.open(file)).tolist() for file in files]
        yield worker.told(work, mark), pictures


@pytest.mark.parametrize("killed", [0, 2, 3, 5, 6, 8, 11])
def test_a_killed_training_goes_on_where_it_was(
    of, tmp_path, monkeypatch, killed
):
    worker = of("rival_worker")
    monkeypatch.setattr(worker, "SAVED_EVERY", 25)
    trained(worker, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(worker, tmp_path / "killed", killed)
    trained(worker, tmp_path / "killed")
    whole = list(results(worker, tmp_path / "whole"))
    assert list(results(worker, tmp_path / "killed")) == whole
    assert whole[1][0] == {"seconds": 120.0, "steps": 12, "images": 96}
