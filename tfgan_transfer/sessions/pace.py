"""Whether a run keeps to its plan of time, and a new plan if it does not."""

from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer.settings import schedule
from tfgan_transfer.training.deadline import Deadline

# Shares of its hours by which a run may be late, or early, where changing the
# plan costs nothing: at a seam; and where the model is built anew for it.
AT_A_SEAM, WITHIN = 0.03, 0.08
# Share of the hours that has to be left for a new plan between two seams.
WORTH = 0.15
# A plan that needs less of its hours was not cut short by them.
LIMITED = 0.9


class Timetable(NamedTuple):
    """When a run was planned to be how far.

    Attributes:
        ends: (steps done, seconds) of the first step, and of the end of each
            part.
    """

    ends: tuple[tuple[int, float], ...]

    @property
    def total(self) -> float:
        """Seconds of the whole run."""
        return self.ends[-1][1]

    def at(self, step: int) -> float:
        """Seconds after which a step was to be done."""
        return float(np.interp(step, *zip(*self.ends, strict=True)))

    def late(self, step: int) -> bool:
        """Whether half of the time is over.

        Sooner a run looks fast that has not been measured yet, and each new
        plan takes the time of building the model.
        """
        return self.at(step) >= self.total / 2

    def changed(
        self, step: int, now: float, factor: float, slowness: float
    ) -> "Timetable":
        """The timetable of a run whose remaining steps were scaled.

        Args:
            step: Steps done.
            now: Seconds that they took.
            factor: On the number of steps that are left.
            slowness: On the seconds that each of them takes.
        """
        planned = self.at(step)
        before = [end for end in self.ends if end[0] < step]
        after = [
            (
                schedule.moved(last, step, factor),
                now + (at - planned) * factor * slowness,
            )
            for last, at in self.ends
            if last > step
        ]
        return Timetable((*before, (step, now), *after))


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
        self.struck = False
        self.first: tuple[int, float] | None = None

    def begin(self, start: int, end: int) -> None:
        """Notes where a part of the run begins, before it is built.

        Args:
            start: Steps done before.
            end: Steps done when it ends.
        """
        self.step, self.end, self.struck = start, end, False
        if self.first is None:
            # What came before the first step is late or early already, and
            # says nothing about the steps.
            now = self.deadline.seconds
            self.first = (start, now)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Makes this step the last one of the plan if that does not hold."""
        self.step += 1
        if self.step % self.every or self.model.steps_ahead:
            return
        late = self.step < self.end and self.factor(self.step, WITHIN) != 1.0
        # The last of it the deadline cuts off, without building a model anew.
        worth = self.left(self.step) > WORTH * 3600 * self.deadline.hours
        self.struck = late and worth and not self.deadline.over
        if self.struck:
            self.model.stop_training = True

    def factor(self, step: int, tolerated: float) -> float:
        """By which the number of steps that are left is to be multiplied.

        Args:
            step: Steps done.
            tolerated: Share of the hours by which the run may be off.

        Returns:
            1.0 where the plan holds.
        """
        whole = 3600 * self.deadline.hours
        left = self.left(step)
        if left <= 0:
            return 1.0
        off = self.deadline.seconds + left - whole
        if abs(off) <= tolerated * whole:
            return 1.0
        limited = self.timetable.total >= LIMITED * whole
        if off < 0 and not (limited and self.timetable.late(step)):
            return 1.0
        return max(0.0, whole - self.deadline.seconds) / left

    def left(self, step: int) -> float:
        """Seconds that the remaining steps of the plan take as things are."""
        planned = self.timetable.total - self.timetable.at(step)
        return self._slowness(step) * planned

    def replanned(self, settings: Mapping, step: int) -> dict | None:
        """Settings of the run under a new plan.

        Args:
            settings: Resolved, of the old one.
            step: Steps done: those of a checkpoint.

        Returns:
            The same settings with other steps, None if the old plan holds.
        """
        factor = self.factor(step, WITHIN if self.struck else AT_A_SEAM)
        if factor == 1.0:
            return None
        changed = schedule.rescaled(settings, step, factor)
        if changed["steps"] == settings["steps"]:
            return None
        now, slowness = self.deadline.seconds, self._slowness(step)
        self.timetable = self.timetable.changed(step, now, factor, slowness)
        self.first = None
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

    def _slowness(self, step: int) -> float:
        """Seconds that steps take, over those that were planned for them."""
        first, then = self.first or (step, 0.0)
        planned = self.timetable.at(step) - self.timetable.at(first)
        if planned <= 0:
            return 1.0
        return (self.deadline.seconds - then) / planned


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
