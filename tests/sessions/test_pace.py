"""A run that is slower or faster than planned; the test sets the clock."""

import itertools
import re
import shutil
import types

import pytest

from tests.support.crashes import crash
from tests.support.running import TRAIN
from tfgan_transfer.sessions import pace
from tfgan_transfer.settings import schedule
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.run_directory import RunDirectory

SETTINGS = {
    "steps": 300,
    "grow": "32:200,64:100",
    "critic_schedule": "network:100,both:200",
}
# 200 steps of a second at 32 px and 100 of four at 64 px, after a minute.
PLANNED = pace.Timetable(((0, 60.0), (200, 260.0), (300, 660.0)))
# The same, where the first step of a part builds a model for 30 seconds.
BUILT = pace.Timetable(
    (
        *((0, 60.0), (1, 90.0), (100, 189.0), (101, 219.0)),
        *((200, 318.0), (201, 348.0), (300, 744.0)),
    )
)


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

    def __init__(
        self, *, hours=660 / 3600, every=20, late=0.0, planned=PLANNED, built=0
    ):
        self.built = built
        self.now, self.step, self.settings = 60.0 + late, 0, SETTINGS
        deadline = Deadline(hours, lambda: self.now, began=0.0)
        self.pace = pace.Pace(planned, deadline, every)
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
        building = self.built
        while self.step < end and not model.stop_training:
            each = slowness(self.step) * (4 if size else 1)
            self.now, building = self.now + (building or each), 0
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


def test_building_a_model_says_nothing_about_steps():
    """It took twice as long as planned; the steps are as fast as planned."""
    run = Run(hours=744 / 3600, planned=BUILT, built=60)
    run.trained(lambda step: 1.0)
    # More than is tolerated at seams, and less than between them.
    assert run.plans == [100, run.sizes[0]] and run.sizes[0] < 200
    assert run.now == pytest.approx(744, abs=36)
    assert run.pace._slowness(run.step) == pytest.approx(1.0, abs=0.02)


def test_a_model_built_anew_is_counted():
    """Twice as slow; between seams each new plan costs 60 seconds."""
    run = Run(hours=744 / 3600, planned=BUILT, built=60)
    assert run.trained(lambda step: 2.0) == pytest.approx(744, rel=0.09)
    assert run.plans[0] == 20 and len(run.plans) <= 3
    assert sum(run.sizes) == run.step < 150


def test_no_model_is_built_anew_for_less_than_that_takes():
    run = Run(hours=744 / 3600, planned=BUILT, built=30)
    run.pace.timetable = pace.Timetable(
        ((0, 60.0), (1, 160.0), (200, 359.0), (300, 744.0))
    )
    run.built = 100
    run.pace.begin(0, 200)
    run._fit(20, lambda step: 1.0)
    assert run.pace.left(20) == pytest.approx(744 - 179)
    run.now, run.pace.first = run.now + 90, (1, run.pace.first[1] + 90)
    assert run.pace.factor(20, built=True) < 1
    assert run.pace.factor(20, built=False) == 1


def test_what_is_expected_is_no_longer_than_the_deadline():
    run = Run(hours=744 / 3600, planned=BUILT, built=30)
    run.pace.begin(0, 200)
    assert run.pace.expected(1) == pytest.approx(744 - 90)
    run._fit(10, lambda step: 1.0)
    left = 744 - BUILT.at(10)
    assert run.now == 60 + 30 + 9
    assert run.pace.expected(10) == pytest.approx(left)
    run.now += 1000
    assert run.pace.left(10) > 5000 and run.pace.expected(10) == 0
    run.now -= 900
    over = 1.1 * 744 - run.now
    assert run.pace.expected(10) == pytest.approx(over)
    assert over < run.pace.left(10)


def test_a_new_timetable_scales_steps_and_not_what_is_built():
    changed = BUILT.changed(102, 300.0, 0.5, 2.0)
    # 49 of 98 steps that take two seconds, a model, 50 that take eight.
    steps = [step for step, _ in changed.ends]
    assert steps == [0, 1, 100, 101, 102, 151, 152, 201]
    at = dict(changed.ends)
    assert at[151] == 300 + 98 and at[152] == at[151] + 30
    assert at[201] == at[152] + 99 * 4 * 0.5 * 2
    assert changed.fixed(102) == 30 and changed.fixed(152) == 0
    assert BUILT.again(50) == BUILT.again(250) == 30


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
    assert "the time is up" not in done.out
    # The plan is shown once, and then only what has changed.
    assert done.out.count("training  ") == 1
    steps = int(re.search(r"done: (\d+) steps", done.out)[1])
    # The hours hold 24, less what it takes to build the model anew.
    assert 20 <= steps <= 24
    again = commands.run(TRAIN, *flags, setup=slow)
    assert again.code == 0 and "nothing to do" in again.out, again.err
    # Killed between a new plan and the next checkpoint, it goes on by it.
    run = RunDirectory(tmp_path / "r")
    first, *later = checkpoint.steps(run.checkpoints)
    assert first.name == "step-00000008" and later
    for path in later:
        shutil.rmtree(path)
    last = commands.run(TRAIN, *flags, setup=slow)
    assert last.code == 0, last.err
    assert f"done: {steps} steps" in last.out


def test_when_how_much_is_done():
    assert [BUILT.step_at(at) for at in (0, 90, 189, 219, 744, 1e6)] == [
        *(0, 1, 100, 101, 300, 300)
    ]
