"""A run that is slower or faster than planned; the test sets the clock."""

import itertools
import types

import pytest

from tests.support.crashes import crash
from tests.support.running import TRAIN
from tfgan_transfer.sessions import pace
from tfgan_transfer.settings import schedule
from tfgan_transfer.training.deadline import Deadline

SETTINGS = {
    "steps": 300,
    "grow": "32:200,64:100",
    "critic_schedule": "network:100,both:200",
}
# 200 steps of a second at 32 px and 100 of four at 64 px, after a minute.
PLANNED = pace.Timetable(((0, 60.0), (200, 260.0), (300, 660.0)))


def test_a_timetable_knows_every_step():
    assert PLANNED.total == 660
    assert [PLANNED.at(step) for step in (0, 100, 200, 250)] == [
        60,
        160,
        260,
        460,
    ]


class Run:
    """Trains by a clock, as a session does; every part is as slow as said."""

    def __init__(self, *, hours=660 / 3600, every=20, late=0.0):
        self.now, self.step, self.settings = 60.0 + late, 0, SETTINGS
        deadline = Deadline(hours, lambda: self.now, began=0.0)
        self.pace = pace.Pace(PLANNED, deadline, every)
        self.pace.set_model(types.SimpleNamespace(steps_ahead=0))
        self.plans = []

    def trained(self, slowness):
        while self.step < self.settings["steps"]:
            parts = schedule.of(self.settings)
            end = next(part.last for part in parts if part.last > self.step)
            self.pace.begin(self.step, end)
            self._fit(end, slowness)
            changed = self.pace.replanned(self.settings, self.step)
            if changed:
                self.plans.append(self.step)
                self.settings = changed
        return self.now

    def _fit(self, end, slowness):
        model = self.pace.model
        model.stop_training = False
        size = self.large
        while self.step < end and not model.stop_training:
            self.now += slowness(self.step) * (4 if size else 1)
            self.step += 1
            self.pace.on_train_batch_end(0)

    @property
    def large(self):
        stages = schedule.of({**self.settings, "critic_schedule": None})
        return self.step >= stages[0].last

    @property
    def sizes(self):
        """Steps at each size."""
        stages = schedule.of({**self.settings, "critic_schedule": None})
        return stages[0].last, stages[1].last - stages[0].last


def test_who_keeps_to_the_plan_keeps_it():
    run = Run()
    assert run.trained(lambda step: 1.0) == 660
    assert not run.plans and run.settings is SETTINGS


@pytest.mark.parametrize("slowness", [1.05, 1.5, 3.0])
def test_a_slow_machine_gives_every_part_its_share(slowness):
    run = Run()
    assert run.trained(lambda step: slowness) == pytest.approx(660, rel=0.09)
    small, large = run.sizes
    # Without a new plan the last size would have had what was left.
    assert large == pytest.approx(100 / slowness, rel=0.25)
    assert small > large
    assert run.step == run.settings["steps"] == small + large


def test_it_becomes_slow_in_the_middle():
    run = Run()
    end = run.trained(lambda step: 1.0 if step < 100 else 2.0)
    assert end == pytest.approx(660, rel=0.09) and run.plans
    assert run.sizes[1] >= 40


def test_a_late_beginning_is_made_good():
    run = Run(late=200.0)
    assert run.trained(lambda step: 1.0) == pytest.approx(660, rel=0.05)
    assert run.sizes[1] == pytest.approx(67, abs=8)


def test_a_fast_machine_has_more_steps():
    run = Run()
    assert run.trained(lambda step: 0.5) == pytest.approx(660, rel=0.09)
    assert run.step > 400 and min(run.plans) > 100


def test_hours_that_were_more_than_enough_are_not_filled():
    run = Run(hours=1.0)
    assert run.trained(lambda step: 0.5) == 360
    assert not run.plans


def test_no_part_is_left_without_a_step():
    changed = schedule.rescaled(SETTINGS, 40, 0.0)
    assert changed["critic_schedule"] == "network:41,both:2"
    assert changed["grow"] == "32:42,64:1" and changed["steps"] == 43


@pytest.mark.parametrize(
    "done, factor", itertools.product([0, 50, 150, 250], [0.01, 0.5, 1.7])
)
def test_both_schedules_end_together(done, factor):
    changed = schedule.rescaled(SETTINGS, done, factor)
    ends = [part.last for part in schedule.of(changed)]
    assert ends[-1] == changed["steps"] and ends == sorted(set(ends))
    before = [part.last for part in schedule.of(SETTINGS)]
    for old, new in zip(before, ends, strict=True):
        assert new == old if old <= done else new > done


def test_rates_that_fall_late_fall_within_the_steps():
    settings = {"grow": None, "critic_schedule": None, "steps": 100}
    changed = schedule.rescaled({**settings, "lr_constant_steps": 99}, 50, 0.1)
    assert (changed["steps"], changed["lr_constant_steps"]) == (55, 54)


def test_a_slow_run_ends_in_time_and_says_why(commands, tmp_path):
    """Planned by a moment's trial, trained with steps of half a minute."""
    flags = ("--data=digits", "--limit=40", "--recipe=from_nothing")
    flags += ("--batch_size=2", "--size=8", "--width=2", "--channels=1")
    flags += ("--hours=0.2", "--checkpoint_every=8", f"--run_dir={tmp_path}/r")
    slow = crash("with_steps_of(30)")
    done = commands.run(TRAIN, *flags, setup=slow)
    assert done.code == 0, done.err
    assert "this machine is slower than when it was tried" in done.out
    assert "the time is up" not in done.out and "done: 24 steps" in done.out
    again = commands.run(TRAIN, *flags, setup=slow)
    assert again.code == 0 and "nothing to do" in again.out, again.err
