"""Phases of a run: a chain of transfers within one run directory.

Each phase begins as a run would that started from the last checkpoint of the
one before: with the averaged generator, new optimizers, and rates that fall
anew. So a run that goes on at the seam needs nothing but that checkpoint.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tfgan_transfer.settings.config import parse_schedule


class Phase(NamedTuple):
    """Some steps with settings of their own.

    Attributes:
        start: Steps done before it.
        end: Steps done after it.
        config: The run's settings, but for those that the phase changes.
        before: The critic of the phase before.
    """

    start: int
    end: int
    config: Mapping
    before: str = ""

    @property
    def built(self) -> dict:
        """What its model and optimizers are built from.

        Rates fall over the phase's own steps, and only the first phase has a
        critic that needs to warm up.
        """
        warmup = 0 if self.start else self.config["critic_warmup"]
        steps = self.end - self.start
        return {**self.config, "steps": steps, "critic_warmup": warmup}

    @property
    def moved(self) -> str:
        """Which networks start from the last checkpoint of the phase before."""
        from_classifier = "projected" in (self.before, self.config["critic"])
        return "generator" if from_classifier else "both"


def of(config: Mapping) -> list[Phase]:
    """The phases of a run, one if nothing changes.

    Args:
        config: Resolved configuration; its `critic_schedule` names a critic
            and a number of steps each, as in `network:1200,both:600`.
    """
    schedule = parse_schedule(config["critic_schedule"])
    if not schedule:
        return [Phase(0, config["steps"], config)]
    # More steps than were planned belong to the last part.
    schedule[-1] = (schedule[-1][0], config["steps"])
    phases, start, before = [], 0, ""
    for critic, steps in schedule:
        end = min(start + steps, config["steps"])
        own = {**config, "critic": critic}
        phases.append(Phase(start, end, own, before))
        start, before = end, critic
    return phases


def after(config: Mapping, step: int) -> list[Phase]:
    """The phases that are left after some steps, or the last one if none is.

    Args:
        config: Resolved configuration.
        step: Steps done.
    """
    every = of(config)
    return [phase for phase in every if step < phase.end] or every[-1:]
