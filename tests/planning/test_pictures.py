"""What their number and shape mean for a plan; times are made up here."""

import numpy as np
import pytest
import tensorflow as tf

from tests.planning.test_road import choose, folder
from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.planning import budget, sources
from tfgan_transfer.planning.pictures import Pictures, Unusable, refuse_unusable
from tfgan_transfer.settings import recipes, schedule


def described(images, *sizes):
    return data.Description(images, "none", (), sizes, None)


@pytest.mark.parametrize(
    "images, factor",
    [
        (0, 1.0),
        (25, 0.5),
        (100, 1.0),
        (1000, 1.0),
        (4000, 2.0),
        (16_000, 4.0),
    ],
)
def test_steps_go_with_the_square_root(images, factor):
    assert Pictures(images, ()).stretch == pytest.approx(factor)


def test_of_two_sets_the_larger_counts():
    both = (described(300, (64, 96)), described(500, (32, 20), (40, 50)))
    found = Pictures.of(both, None)
    assert found.images == 500 and found.side == 40
    assert Pictures.of(described(500), 200).images == 200
    assert Pictures.of(described(None), 200) == (0, ())


def test_very_few_are_warned_of():
    assert "very few" in Pictures(99, ()).warning()
    assert not Pictures(100, ()).warning() and not Pictures(0, ()).warning()


@pytest.mark.parametrize(
    "sizes, settings, words",
    [
        ([(96, 384)], {}, "cuts away 75% of a typical picture"),
        ([(96, 384)], {"fit": "pad"}, ""),
        ([(96, 120), (90, 300), (96, 112)], {}, ""),
        ([(16, 16)], {}, "yours of 16 px are enlarged"),
        ([(64, 64)], {}, ""),
        ([], {}, ""),
    ],
)
def test_what_becomes_of_a_shape(sizes, settings, words):
    said = Pictures(9, tuple(sizes)).fitted((32, 32), settings)
    assert words in said and bool(words) == bool(said)


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Chooses for so many pictures, with so many seconds for each step."""

    def chosen(images, seconds=0.2, **given):
        def tried(settings, known=None, hopeless=None):
            whole = {"critic_schedule": None, "grow": None, **settings}
            ends = schedule.of(whole) or [schedule.Part(settings["steps"], {})]
            firsts = [0, *(part.last for part in ends)]
            return [
                budget.Part(part.last - first, 2.0, seconds, "64", ())
                for part, first in zip(ends, firsts, strict=False)
            ]

        found = Pictures(images, ((96, 96),))
        monkeypatch.setattr(budget, "tried", tried)
        monkeypatch.setattr(sources, "nearest", lambda _: {"zoo:faces_32": 1})
        monkeypatch.setattr(Pictures, "of", lambda *_: found)
        return choose({**folder(tmp_path, count=2), **given})

    return chosen


@pytest.mark.parametrize("images", [25, 400, 4000, 16_000])
def test_many_pictures_have_more_steps(plan, images):
    chosen = plan(images)
    own = recipes.total(recipes.read("few_images_64"))
    expected = own * Pictures(images, ()).stretch
    assert chosen.settings["recipe"] == "few_images_64"
    assert recipes.total(chosen.settings) == pytest.approx(expected, abs=1)
    assert sum(part.steps for part in chosen.parts) == pytest.approx(
        expected, abs=2
    )
    words = "" if images == 400 else f"for {images:,} pictures"
    assert words in chosen.reasons["steps"]
    assert bool(words) == bool(chosen.reasons["steps"])
    assert "hours" not in chosen.settings


def test_a_named_recipe_has_its_own_steps(plan):
    own = recipes.total(recipes.read("few_images"))
    chosen = plan(16_000, recipe="few_images")
    assert recipes.total(chosen.settings) == own


def test_an_evening_is_longer_for_many_pictures(plan):
    """At a second a step neither recipe fits into its evening whole."""
    small, large = plan(400, 3.0), plan(4000, 3.0)
    assert small.settings["hours"] == road_hours(small) == 0.4
    assert large.settings["hours"] == road_hours(large) == 0.8
    assert "as many as fit into 24 minutes" in small.reasons["steps"]


def road_hours(chosen):
    """What its parts take."""
    return pytest.approx(chosen.timetable.total / 3600, rel=0.02)


def test_more_hours_than_the_pictures_can_use(plan):
    own = recipes.total(recipes.read("few_images_64"))
    few = plan(400, hours=50.0)
    assert recipes.total(few.settings) == budget.MOST * own
    assert few.reasons["steps"] == "more would not help 400 pictures"
    assert few.settings["hours"] == 50.0
    many = plan(16_000, hours=50.0)
    assert recipes.total(many.settings) == 4 * budget.MOST * own
    some = plan(400, hours=0.1)
    assert "as many as fit into 6 minutes" in some.reasons["steps"]


def photos(where, good, broken):
    """PNG files of which some are cut off behind their header."""
    whole = tf.io.encode_png(np.zeros((16, 16, 3), np.uint8)).numpy()
    for number in range(good + broken):
        end = 40 if number < broken else None
        (where / f"{number:03d}.png").write_bytes(whole[:end])
    return {"data": f"folder:{where}", "seed": 0}


def tried(settings):
    return Unusable.of("data", settings, data.describe(settings["data"]))


def test_no_more_are_opened_than_training_would(tmp_path):
    settings = {**photos(tmp_path, good=20, broken=3), "limit": 2}
    found = tried(settings)
    assert found.tried - found.count == 2 and not found.every


def test_files_are_opened_as_training_would(tmp_path):
    found = tried(photos(tmp_path, good=20, broken=3))
    assert found[:3] == (3, 23, True)
    assert found.example.startswith("00") and "(" in found.example
    assert str(found) == "3 files cannot be used"
    # A look at their names and headers finds nothing wrong.
    assert not data.describe(f"folder:{tmp_path}").bad_files


def test_of_many_files_some_are_opened(tmp_path, monkeypatch):
    settings = photos(tmp_path, good=20, broken=3)
    monkeypatch.setattr("tfgan_transfer.planning.pictures._OPENED", 5)
    found = tried(settings)
    assert not found.every and found.tried - found.count == 5
    assert f"of the {found.tried} files that were opened" in str(found)


def test_where_none_can_be_used_all_are_counted(tmp_path):
    settings = photos(tmp_path, good=0, broken=4)
    assert tried(settings)[:3] == (4, 4, True)


def test_a_set_that_training_would_refuse_is_refused(tmp_path):
    settings = photos(tmp_path, good=20, broken=3)
    found = data.describe(settings["data"])
    for allowed in (0.14, 3):
        refuse_unusable(found, {**settings, "max_bad_files": allowed})
    for allowed in (0.12, 2):
        with pytest.raises(UserError) as caught:
            refuse_unusable(found, {**settings, "max_bad_files": allowed})
        assert f"--max_bad_files={allowed}" in caught.value.command_line
        assert "3 files cannot be used, beginning with 00" in str(caught.value)


def test_a_few_that_are_broken_have_all_of_them_opened(tmp_path, monkeypatch):
    """Too few among the first for all files, too many among all."""
    settings = photos(tmp_path, good=20, broken=6)
    monkeypatch.setattr("tfgan_transfer.planning.pictures._OPENED", 10)
    found = data.describe(settings["data"])
    refuse_unusable(found, {**settings, "max_bad_files": 6})
    with pytest.raises(UserError, match="6 files cannot be used"):
        refuse_unusable(found, {**settings, "max_bad_files": 5})


def test_of_two_sets_each_is_looked_at(tmp_path):
    whole, broken = tmp_path / "a", tmp_path / "b"
    for where in (whole, broken):
        where.mkdir()
    a = photos(whole, good=5, broken=0)["data"]
    b = photos(broken, good=5, broken=1)["data"]
    settings = {"data_a": a, "data_b": b, "seed": 0, "max_bad_files": 0.01}
    found = data.describe(a), data.describe(b)
    with pytest.raises(UserError, match="data_b=.*: 1 file cannot be used"):
        refuse_unusable(found, settings)


def test_nothing_is_downloaded_for_it():
    for spec in ("tfds:none", "digits"):
        found = Unusable.of("data", {"data": spec}, described(None))
        assert found == (0, 0, False, "")
