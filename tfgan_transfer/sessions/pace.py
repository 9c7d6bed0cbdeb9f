"""Whether a run keeps to its plan of time, and a new plan if it does not."""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer.settings import schedule
from tfgan_transfer.training.deadline import Deadline, limit

# Shares of its hours by which a run may be late, or early, where changing the
# plan costs nothing: at a seam; and where the model is built anew for it.
AT_A_SEAM, WITHIN = 0.03, 0.08
# Share of the hours that has to be left for a new plan between two seams.
WORTH = 0.15
# Seconds by which no plan can be told from another.
UNKNOWN = 10.0
# A plan that needs less of its hours was not cut short by them.
LIMITED = 0.9


class Timetable(NamedTuple):
    """When a run was planned to be how far.

    Attributes:
        ends: (steps done, seconds) before the first step, and of each part
            after its first step, which builds the model, and at its end. Of
            runs from before, the first steps are not told apart.
    """

    ends: tuple[tuple[int, float], ...]

    @property
    def total(self) -> float:
        """Seconds of the whole run."""
        return self.ends[-1][1]

    def at(self, step: int) -> float:
        """Seconds after which a step was to be done."""
        return float(np.interp(step, *zip(*self.ends, strict=True)))

    def step_at(self, seconds: float) -> int:
        """The last step that was to be done after some seconds."""
        steps, times = zip(*self.ends, strict=True)
        return int(np.interp(seconds, times, steps))

    def late(self, step: int) -> bool:
        """Whether half of the time is over.

        Sooner a run looks fast that has not been measured yet, and each new
        plan takes the time of building the model.
        """
        return self.at(step) >= self.total / 2

    @property
    def building(self) -> list[tuple[int, float]]:
        """Of each part the steps done before it, seconds of its first step."""
        return [
            (done, after - before)
            for (done, before), (one, after) in itertools.pairwise(self.ends)
            if one == done + 1
        ]

    def again(self, step: int) -> float:
        """Seconds of building the model of a step once more."""
        taken = [taken for done, taken in self.building if done <= step]
        return taken[-1] if taken else 0.0

    def fixed(self, step: int) -> float:
        """Seconds of what is left after a step, however many steps it has."""
        return sum(taken for done, taken in self.building if done >= step)

    def changed(
        self, step: int, now: float, factor: float, slowness: float
    ) -> "Timetable":
        """The timetable of a run whose remaining steps were scaled.

        Args:
            step: Steps done.
            now: Seconds before the next one.
            factor: On the number of steps that are left.
            slowness: On the seconds that each of them takes; what it takes to
                build a model hardly depends on what slows down steps.
        """
        before = [end for end in self.ends if end[0] < step]
        rest = [(step, self.at(step)), *(e for e in self.ends if e[0] > step)]
        after = [(step, now)]
        for (done, began), (last, ended) in itertools.pairwise(rest):
            end, at = after[-1][0] + 1, after[-1][1]
            taken = ended - began
            if last != done + 1:
                end = max(end, schedule.moved(last, step, factor))
                taken *= factor * slowness
            after.append((end, at + taken))
        return Timetable((*before, *after))


class Pace(keras.callbacks.Callback):
    """Ends `fit` at a checkpoint where the rest has to be planned anew.

    What is left is scaled as a whole, so that later parts of a run keep their
    share of it: the last size is not starved by a slow beginning.

    It comes before whatever draws and saves.

    Args:
        timetable: What was planned.
        deadline: Says how long the run has taken, and may take.
        every: Steps between two checkpoints.

    Attributes:
        struck: Whether the last step was the last one of the old plan.
    """

    def __init__(self, timetable: Timetable, deadline: Deadline, every: int):
        super().__init__()
        self.timetable = timetable
        self.deadline = deadline
        self.every = every
        self.step, self.struck = 0, False
        self._forget()

    def _forget(self) -> None:
        """Begins to measure: what steps took, and what was planned for them.

        Building a model and its first step say nothing about the others.
        """
        self.taken, self.planned = 0.0, 0.0
        self.first: tuple[int, float] | None = None

    def begin(self, start: int, end: int) -> None:
        """Notes where a part of the run begins, before it is built.

        Args:
            start: Steps done before.
            end: Steps done when it ends.
        """
        self.taken, self.planned = self._measured(start)
        self.step, self.end, self.first = start, end, None
        self.struck = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Makes this step the last one of the plan if that does not hold."""
        self.step += 1
        if self.first is None:
            self.first = self.step, self.deadline.seconds
        if self.step % self.every or self.model.steps_ahead:
            return
        last = self.timetable.ends[-1][0]
        late = self.step < self.end and last != schedule.moved(
            last, self.step, self.factor(self.step, built=False)
        )
        # The last of it the deadline cuts off, without building a model anew.
        worth = self.left(self.step) > WORTH * 3600 * self.deadline.hours
        self.struck = late and worth and not self.deadline.over
        if self.struck:
            self.model.stop_training = True

    def factor(self, step: int, built: bool) -> float:
        """By which the number of steps that are left is to be multiplied.

        Args:
            step: Steps done.
            built: Whether a model is built after it anyway.

        Returns:
            1.0 where the plan holds.
        """
        whole = 3600 * self.deadline.hours
        left, fixed = self.left(step), self.timetable.fixed(step)
        again = 0.0 if built else self.timetable.again(step)
        tolerated = max((AT_A_SEAM if built else WITHIN) * whole, UNKNOWN)
        off = self.deadline.seconds + left - whole
        # Nor is it worth building a model for less than that takes.
        if left <= fixed or abs(off) <= max(tolerated, again):
            return 1.0
        limited = self.timetable.total >= LIMITED * whole
        if off < 0 and not (limited and self.timetable.late(step)):
            return 1.0
        room = whole - self.deadline.seconds - again - fixed
        return max(0.0, room) / (left - fixed)

    def left(self, step: int) -> float:
        """Seconds that the remaining steps of the plan take as things are."""
        fixed = self.timetable.fixed(step)
        planned = self.timetable.total - self.timetable.at(step)
        return self._slowness(step) * (planned - fixed) + fixed

    def expected(self, step: int) -> float:
        """Seconds after which the run ends: by its plan or by its deadline."""
        over = limit(self.deadline.hours) - self.deadline.seconds
        return max(0.0, min(self.left(step), over))

    def replanned(self, settings: Mapping, step: int) -> dict | None:
        """Settings of the run under a new plan.

        Args:
            settings: Resolved, of the old one.
            step: Steps done: those of a checkpoint.

        Returns:
            The same settings with other steps, None if the old plan holds.
        """
        factor = self.factor(step, built=not self.struck)
        if factor == 1.0:
            return None
        changed = schedule.rescaled(settings, step, factor)
        if changed["steps"] == settings["steps"]:
            return None
        slowness = self._slowness(step)
        again = self.timetable.again(step) if self.struck else 0.0
        now = self.deadline.seconds + again
        self.timetable = self.timetable.changed(step, now, factor, slowness)
        self._forget()
        return changed

    def sentence(self, before: int, after: int) -> str:
        """Says that the plan has changed.

        Args:
            before: Steps of the old one.
            after: Steps of the new one.
        """
        word = "slower" if after < before else "faster"
        return (
            f"this machine is {word} than when it was tried: {after:,} steps "
            f"instead of {before:,} fit into {self.deadline.hours:g} hours"
        )

    def _measured(self, step: int) -> tuple[float, float]:
        """Seconds of the steps, and those that were planned for them."""
        if self.first is None:
            return self.taken, self.planned
        first, then = self.first
        planned = self.timetable.at(step) - self.timetable.at(first)
        return (
            self.taken + self.deadline.seconds - then,
            self.planned + planned,
        )

    def _slowness(self, step: int) -> float:
        """Seconds that steps take, over those that were planned for them."""
        taken, planned = self._measured(step)
        return taken / planned if planned > 0 else 1.0


def kept(
    stored: Mapping | None,
    timetable: Timetable | None,
    deadline: Deadline,
    config: Mapping,
) -> Pace | None:
    """What keeps a run to the plan that its hours made; None if none did.

    Args:
        stored: `config.json` of the run that is continued, or None.
        timetable: Of a new run.
        deadline: Of the run.
        config: Resolved configuration.
    """
    if stored:
        ends = stored.get("timetable", ())
        timetable = Timetable(tuple((step, at) for step, at in ends))
    if not timetable or not timetable.ends or not config["hours"]:
        return None
    return Pace(timetable, deadline, config["checkpoint_every"])
