"""Phases of a run: a chain of transfers within one run directory.

Each phase begins as a run would that started from the last checkpoint of the
one before: with the averaged generator, new optimizers, and rates that fall
anew. So a run that goes on at the seam needs nothing but that checkpoint.
"""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tfgan_transfer import data, images
from tfgan_transfer.families.family import Plan
from tfgan_transfer.settings import schedule
from tfgan_transfer.settings.sizes import parse_size

# Images that are scaled at once.
_BLOCK = 256


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


class Part(NamedTuple):
    """What a phase has of its own.

    Attributes:
        phase: Its steps and settings.
        plan: What its networks and optimizers are built from.
        split: The images, at its size.
        record: What its checkpoints say about the run.
        begun: Whether there is a checkpoint of it already.
    """

    phase: Phase
    plan: Plan
    split: tuple
    record: Mapping
    begun: bool


def of(config: Mapping) -> list[Phase]:
    """The phases of a run, one if nothing changes.

    Args:
        config: Resolved configuration; `grow` and `critic_schedule` divide
            it. Steps beyond those that were planned belong to the last part.
    """
    steps, parts = config["steps"], schedule.of(config)
    if not parts:
        return [Phase(0, steps, config)]
    parts[-1] = parts[-1]._replace(last=steps)
    phases, start, before = [], 0, ""
    for part in parts:
        end = min(part.last, steps)
        own = {**config, **part.settings}
        phases.append(Phase(start, end, own, before))
        start, before = end, own["critic"]
    return phases


def after(config: Mapping, step: int) -> list[Phase]:
    """The phases that are left after some steps, or the last one if none is.

    Args:
        config: Resolved configuration.
        step: Steps done.
    """
    every = of(config)
    return [phase for phase in every if step < phase.end] or every[-1:]


def scaled(split: data.Split, config: Mapping) -> data.Split:
    """A run's images at the size of a phase.

    Args:
        split: The images at the size of the last phase.
        config: The phase's settings.
    """
    size = parse_size(config["size"])
    if split.train.images.shape[1:3] == size:
        return split

    def smaller(one: data.ImageSet) -> data.ImageSet:
        blocks = [
            images.resized(one.images[i : i + _BLOCK].astype(np.float32), size)
            for i in range(0, len(one), _BLOCK)
        ]
        pixels = np.concatenate(blocks) if blocks else np.zeros((0, *size, 1))
        rounded = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        return dataclasses.replace(one, images=rounded)

    return dataclasses.replace(
        split, train=smaller(split.train), holdout=smaller(split.holdout)
    )
