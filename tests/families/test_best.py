"""`generate --best=N --of=M`: the most realistic, and a line that says so."""

import numpy as np
import pytest
from PIL import Image

from tests.support.running import GENERATE
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.single import best


class Drawing:
    """A sampler of given images."""

    record = {}

    def __init__(self, images):
        self.images, self.asked = images, []

    def draw(self, count, label=None):
        self.asked.append((count, label))
        return self.images[:count]


def _pictures(count, seed):
    """Smooth pictures, uint8 [count, 16, 16, 3]."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3))
    return coarse.repeat(4, 1).repeat(4, 2).astype(np.uint8)


def test_keeps_the_most_realistic_best_first():
    real = _pictures(30, 0)
    blank = np.zeros((6, 16, 16, 3), np.uint8)
    # Two copies, four near ones, and six that are like nothing in the set.
    near = np.clip(real[4:8].astype(int) + 12, 0, 255).astype(np.uint8)
    sampler = Drawing(np.concatenate([blank, near, real[:2]]))
    chosen = best.Selecting(sampler, real, 12)
    kept = chosen.draw(6)
    assert sampler.asked == [(12, None)]
    wanted = {image.tobytes() for image in sampler.images[6:]}
    assert {image.tobytes() for image in kept} == wanted
    again = best.Selecting(sampler, real, 12).draw(2, label="cat")
    assert sampler.asked[-1] == (12, "cat")
    np.testing.assert_array_equal(again, kept[:2])


@pytest.mark.parametrize(
    "given, said",
    [
        ({"of": 9}, "of: expected best=N"),
        ({"best": 9, "of": 8}, "of: expected at least best=9, received 8"),
        ({"best": 9, "num": 9}, "best: num does not go with it"),
        ({"best": 9, "interpolate": 9}, "best: interpolate does not go"),
    ],
)
def test_what_does_not_go_together(given, said):
    with pytest.raises(UserError, match=said):
        best.check(given)


def test_what_goes_together():
    best.check({})
    best.check({"num": 9})
    best.check({"best": 9})
    best.check({"best": 9, "of": 9, "grid": "sheet.png"})


def test_the_command_says_that_it_selected(commands, unbroken, tmp_path):
    finished = commands.run(
        GENERATE,
        f"--run_dir={unbroken}",
        "--best=3",
        "--of=20",
        f"--out={tmp_path / 'best'}",
    )
    assert finished.code == 0, finished.err
    first, second = finished.out.splitlines()
    assert first.startswith("selected: the 3 most realistic of 20, by lite0's")
    assert second == str(tmp_path / "best")
    kept = sorted((tmp_path / "best").glob("*.png"))
    assert len(kept) == 3

    finished = commands.run(
        GENERATE,
        f"--run_dir={unbroken}",
        "--num=20",
        f"--out={tmp_path / 'all'}",
    )
    drawn = {
        np.asarray(Image.open(path)).tobytes()
        for path in (tmp_path / "all").glob("*.png")
    }
    assert {np.asarray(Image.open(path)).tobytes() for path in kept} <= drawn


def test_training_images_that_are_gone(commands, tmp_path):
    finished = commands.run(
        GENERATE,
        "--checkpoint=zoo:anime_32",
        "--best=3",
        f"--out={tmp_path / 'best'}",
    )
    assert finished.code == 2
    assert len(finished.err.splitlines()) == 1
    assert "trained on, and they cannot be read" in finished.err
    assert "leave --best out" in finished.err
