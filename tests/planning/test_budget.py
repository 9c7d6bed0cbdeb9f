"""What a run takes, from what its parts took when they were tried."""

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.planning import budget, length
from tfgan_transfer.planning.pictures import Pictures
from tfgan_transfer.sessions import rehearsal
from tfgan_transfer.settings import recipes

SMALL = budget.Part(100, 5.0, 0.5, "32", (), 1.0, 2.0, 8.0, 20.0)
LARGE = budget.Part(60, 7.0, 2.0, "64", (), 1.5, 3.0, 10.0, reporting=6.0)
OFTEN = {"sample_every": 10, "checkpoint_every": 20, "eval_every": 40}
GROWN = {"grow": "32:100,64:60", "hours": 0.2}


def test_all_that_a_run_does_is_counted():
    found = budget.timetable([SMALL, LARGE], OFTEN, spent=30.0)
    begun = 30 + budget.AROUND + 20
    built = begun + 5 + 1 + 2
    first = built + 100 * 0.5 + 10 * 1 + 5 * 2 + 2.5 * 8
    rebuilt = first + 7 + 1.5 + 3
    second = rebuilt + 60 * 2 + 6 * 1.5 + 3 * 3 + 1.5 * 10 + 6
    ends = (0, begun), (1, built), (100, first), (101, rebuilt), (160, second)
    assert found.ends == ends
    single = budget.timetable([LARGE._replace(steps=1)], OFTEN)
    assert [step for step, _ in single.ends] == [0, 1]
    assert single.total == budget.seconds([LARGE._replace(steps=1)], OFTEN)
    assert budget.seconds([SMALL, LARGE], OFTEN, 30.0) == second


def test_cadences_follow_from_the_steps_where_none_is_given():
    """160 steps draw every 16, save every 32, and are not measured."""
    alone = budget.seconds([SMALL, LARGE], {})
    every = {"sample_every": 16, "checkpoint_every": 32}
    assert alone == budget.seconds([SMALL, LARGE], every)
    assert alone < budget.seconds([SMALL, LARGE], {**every, "eval_every": 80})


@pytest.mark.parametrize("hours", [0.05, 0.2, 1.0])
def test_as_many_steps_as_fit(hours):
    def watched(settings, steps):
        return {**settings, "eval_every": max(1, steps // 4)}

    fitted = budget.fitted(GROWN, [SMALL, LARGE], hours, 50.0, watched, 30.0)
    steps = recipes.total(fitted)

    def needed(steps):
        parts = budget.shared([SMALL, LARGE], steps)
        scaled = watched(recipes.scaled(GROWN, steps), steps)
        return budget.seconds(parts, scaled, 30.0)

    assert needed(steps) <= 3600 * hours < needed(steps + 5)


def test_hours_that_fit_nothing_leave_a_step_for_each_part():
    fitted = budget.fitted(
        GROWN, [SMALL, LARGE], 0.001, 4.0, lambda settings, _: settings
    )
    assert recipes.total(fitted) == 3


def test_evaluations_are_as_many_as_are_worth_it():
    given = {"holdout": 20}

    def count(measuring, steps):
        parts = [SMALL._replace(measuring=measuring)]
        settings = length.watched(given, parts, given, steps)
        return steps / settings["eval_every"]

    # Of 800 steps of half a second.
    assert count(0.1, 800) == pytest.approx(length.MEASURED, abs=0.1)
    assert count(15.0, 800) == pytest.approx(4, abs=0.1)
    assert count(500.0, 800) == pytest.approx(length.FEWEST, abs=0.1)


def test_half_of_the_hours_are_left_to_train():
    assert length.counted(100.0, None) == 100
    assert length.counted(100.0, 0.1) == 100
    assert length.counted(300.0, 0.1) == pytest.approx(180)
    few = Pictures(400, ())
    given = {"hours": 0.2}
    settings = {"grow": "32:100,64:60"}
    for spent, words in (
        (100, "12 minutes"),
        (600, "half of 12 minutes, since"),
    ):
        _, why = length.timed(given, settings, [SMALL, LARGE], few, spent)
        assert why.startswith(f"as many as fit into {words}")
    assert "took 10 minutes" in why
    timed, _ = length.timed(GROWN, GROWN, [SMALL, LARGE], few, 1e6)
    # Steps are given by --grow: the plan changes nothing.
    assert timed is GROWN


def test_nothing_is_tried_twice(monkeypatch, tmp_path):
    tries = []

    def costs(plan, split, longest, start_from, report):
        every = plan.config["eval_every"]
        tries.append((plan.config["size"], plan.config["critic"], bool(every)))
        # Some images, at the size of the part.
        assert str(split.train.images.shape[1]) == tries[-1][0].split("x")[0]
        written = 4.0 if report else 0.0
        return rehearsal.Costs(
            1.0, 0.1, 0.2, 0.3, 7.0 if every else 0.0, written
        )

    monkeypatch.setattr(rehearsal, "costs", costs)
    settings = {
        "data": "digits",
        "limit": 40,
        "holdout": 20,
        "run_dir": str(tmp_path / "run"),
        "batch_size": 2,
        "adversarial_loss": "hinge",
        "eval_every": 5,
    }
    known = {}
    large = {"critic_schedule": "network:6,both:14", "grow": "8:10,16:10"}
    parts = budget.tried({**settings, **large}, known)
    assert tries == [
        ("8x8", "network", True),
        # An evaluation takes as long whoever the critic is.
        ("8x8", "both", False),
        ("16x16", "both", True),
    ]
    assert [part.steps for part in parts] == [6, 4, 10]
    assert [part.measuring for part in parts] == [7.0, 7.0, 7.0]
    assert parts[0].loading > 0 and parts[1].loading == 0
    # One report, at the end; that of a recipe which ends earlier is known.
    assert [part.reporting for part in parts] == [0.0, 0.0, 4.0]
    small = {"critic_schedule": "network:3,both:5", "size": "8"}
    again = budget.tried({**settings, **small}, known)
    assert len(tries) == 3 and [part.steps for part in again] == [3, 5]
    assert again[-1].reporting == 4.0


@pytest.mark.parametrize(
    ("count", "holdout", "tried_on"),
    [(30, 5, 25), (30, 0.1, 27), (60, 6, 50), (30, 29, 1)],
)
def test_what_is_held_out_is_not_tried_with(
    count, holdout, tried_on, monkeypatch, tmp_path
):
    seen = []

    def costs(plan, split, *rest):
        seen.append((len(split.train.images), len(split.holdout.images)))
        return rehearsal.Costs(1.0, 0.1, 0.0, 0.0, 0.0, 0.0)

    monkeypatch.setattr(budget, "TRIED_ON", 50)
    monkeypatch.setattr(rehearsal, "costs", costs)
    pixels = np.zeros((8, 8, 3), np.uint8)
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(count):
        pixels[:] = number
        Image.fromarray(pixels).save(photos / f"{number}.png")
    settings = {
        "data": f"folder:{photos}",
        "run_dir": str(tmp_path / "run"),
        "holdout": holdout,
        "steps": 2,
        "size": "8",
        "batch_size": 1,
    }
    budget.tried(settings)
    assert seen == [
        (tried_on, max(1, round(holdout * count)) if holdout < 1 else holdout)
    ]


def test_what_takes_too_long_is_not_tried_to_the_end(monkeypatch, tmp_path):
    tries, asked = [], []

    def costs(plan, split, longest, start_from, report):
        tries.append((plan.config["size"], plan.config["critic"]))
        return rehearsal.Costs(1.0, 0.5, reporting=4.0 if report else 0.0)

    def hopeless(parts):
        asked.append([(part.size, part.steps, part.each) for part in parts])
        return len(asked) == 2

    monkeypatch.setattr(rehearsal, "costs", costs)
    settings = {
        "data": "digits",
        "limit": 40,
        "run_dir": str(tmp_path / "run"),
        "batch_size": 2,
        "adversarial_loss": "hinge",
    }
    known = {}
    large = {"critic_schedule": "network:6,both:14", "grow": "8:10,16:10"}
    assert budget.tried({**settings, **large}, known, hopeless) is None
    assert tries == [("8x8", "network"), ("8x8", "both")]
    # The slowest part is taken to be as fast as the one before.
    each = [("8x8", 6, 0.5), ("8x8", 4, 0.5), ("8x8", 10, 0.5)]
    assert asked == [each, each]
    # What was tried serves the next recipe, its report included.
    small = {"critic_schedule": "network:3,both:5", "size": "8"}
    parts = budget.tried({**settings, **small}, known)
    assert len(tries) == 2 and parts[-1].reporting == 4.0


def test_what_is_left_of_a_run():
    parts = [SMALL, LARGE]
    assert [part.steps for part in budget.left(parts, 40)] == [60, 60]
    (rest,) = budget.left(parts, 130)
    # The images have to be decoded once more.
    assert (rest.steps, rest.size, rest.loading) == (30, "64", 20.0)
    assert rest.first == LARGE.first and rest.reporting == LARGE.reporting
    assert budget.left(parts, 100) == [LARGE._replace(loading=20.0)]
