"""Steps that fit into hours: each part of a recipe is tried for a moment."""

from collections.abc import Mapping
from typing import NamedTuple

from tfgan_transfer import families
from tfgan_transfer.families import source as family_source
from tfgan_transfer.families.family import Plan
from tfgan_transfer.sessions import duration
from tfgan_transfer.settings import recipes, schedule
from tfgan_transfer.transfer.report import Row

# Seconds for which a part is tried, and what starting and ending cost.
LONGEST, AROUND = 8.0, 20.0
# Times the steps that a recipe has for so many images: more bring it no
# further.
MOST = 4.0
_WHOLE = {"critic_schedule": None, "grow": None}


class Part(NamedTuple):
    """Some steps of a recipe, and how long they take here.

    Attributes:
        steps: How many.
        first: Seconds of the first one.
        each: Seconds of every other.
        size: Of its images, as `--size` has it.
        rows: What a transfer makes of each weight.
    """

    steps: int
    first: float
    each: float
    size: str
    rows: tuple[Row, ...]

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return self.first + self.steps * self.each


def tried(settings: Mapping) -> list[Part]:
    """Tries each part of a run for a few steps on noise.

    Args:
        settings: As `Family.resolve` takes them.
    """
    ends = schedule.of({**_WHOLE, **settings})
    if not ends:
        return [_try(settings)]
    found, done = [], 0
    for part in ends:
        alone = {**settings, **_WHOLE, **part.settings}
        found.append(_try({**alone, "steps": part.last - done}))
        done = part.last
    return found


def seconds(parts: list[Part]) -> float:
    """Of a whole run, without evaluations."""
    return AROUND + sum(part.seconds for part in parts)


def fitted(
    settings: Mapping,
    parts: list[Part],
    hours: float,
    most: float = MOST,
) -> dict:
    """The same settings with as many steps as fit into some hours.

    Args:
        settings: Of a recipe.
        parts: What `tried` returned for them.
        hours: How long training may take.
        most: Times the steps of the recipe.
    """
    fixed = AROUND + sum(part.first for part in parts)
    moving = sum(part.steps * part.each for part in parts)
    factor = min(most, max(0.0, 3600 * hours - fixed) / moving)
    steps = sum(part.steps for part in parts)
    return recipes.scaled(settings, max(len(parts) + 1, int(factor * steps)))


def _try(settings: Mapping) -> Part:
    given = {k: v for k, v in settings.items() if v is not None}
    family = families.of(given)
    plan = family.resolve(given, None)
    rows: list[Row] = []
    first, each = duration.of_steps(plan, LONGEST, _moving(plan, rows))
    steps, size = plan.config["steps"], plan.config["size"]
    return Part(steps, first, each, str(size), tuple(rows))


def _moving(plan: Plan, rows: list[Row]):
    """What puts the source's weights into networks, and notes what it did."""
    if plan.source is None:
        return None
    family = families.of(plan.config)
    ends = family.source_ends(plan.source.manifest["run"])
    opened = family_source.opened(plan.source, plan.config["source"], ends)
    train = family.noise(plan.config, plan.description)

    def start_from(*networks) -> None:
        for its in family.move(opened, plan, train, *networks).values():
            rows.extend(its)

    return start_from


def shared(parts: list[Part], steps: int) -> list[Part]:
    """The parts of a run that has another number of steps.

    Args:
        parts: What `tried` returned.
        steps: Of all parts together.
    """
    factor = steps / sum(part.steps for part in parts)
    return [p._replace(steps=max(1, round(p.steps * factor))) for p in parts]
