"""How long a run takes, and steps that fit into hours.

Each part of a recipe is tried for a moment, on some of the images, with
everything that a run does beside its steps.
"""

import contextlib
import itertools
import json
import pathlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tfgan_transfer import families
from tfgan_transfer.data import selection
from tfgan_transfer.families import source as family_source
from tfgan_transfer.families.family import Plan
from tfgan_transfer.planning.pictures import named
from tfgan_transfer.reports import report
from tfgan_transfer.sessions import phases, rehearsal
from tfgan_transfer.sessions.pace import Timetable
from tfgan_transfer.settings import config, recipes, schedule, sizes
from tfgan_transfer.transfer.report import Row

# Seconds for which the steps of a part are tried.
LONGEST = 8.0
# Seconds of what is not tried: opening the source, event files.
AROUND = 5.0
# Times the steps that a recipe has for so many images: more bring it no
# further.
MOST = 4.0
# Images to train on that a part is tried with, if there are so many.
TRIED_ON = 256
_CADENCES = ("sample_every", "checkpoint_every", "eval_every")
# Settings that say how long a part is, not what is done in it.
_LENGTHS = {"steps", "recipe", "log_every", *_CADENCES}
_WHOLE: dict = {"critic_schedule": None, "grow": None}


class Part(NamedTuple):
    """Some steps of a recipe, and how long everything in them takes here.

    Attributes:
        steps: How many.
        first: Seconds of building the model, and of the first step.
        each: Seconds of every other.
        size: Of its images, as `--size` has it.
        rows: What a transfer makes of each weight.
        drawing: Seconds of a sheet of samples.
        saving: Seconds of a checkpoint.
        measuring: Seconds of an evaluation.
        loading: Seconds of decoding all images of the run; for the first part
            alone.
        reporting: Seconds of the report; for the last part alone.
    """

    steps: int
    first: float
    each: float
    size: str
    rows: tuple[Row, ...] = ()
    drawing: float = 0.0
    saving: float = 0.0
    measuring: float = 0.0
    loading: float = 0.0
    reporting: float = 0.0


def tried(
    settings: Mapping,
    known: dict[str, Part] | None = None,
    hopeless: Callable[[list[Part]], bool] | None = None,
) -> list[Part] | None:
    """Tries each part of a run on some of its images.

    A later part has images as large at least, or one critic more, and is no
    faster: what was tried tells the least that the whole run takes, and saves
    the trial of the slowest part where even that is too much.

    Args:
        settings: As `Family.resolve` takes them.
        known: Parts that other recipes have in common with this one; what is
            tried here is added.
        hopeless: Says of parts, the last of which were not tried and are
            taken to be as fast as the one before, whether even they take too
            long.

    Returns:
        The parts; None if they do.
    """
    known = {} if known is None else known
    ends = schedule.of({**_WHOLE, **settings})
    if not ends:
        ends = [schedule.Part(0, {})]
    alone = {**settings, **_WHOLE, **ends[-1].settings}
    split, loading = _loaded(_plan(alone))
    found, done = [], 0
    for part in ends:
        alone = {**settings, **_WHOLE, **part.settings}
        if part.last:
            alone["steps"] = part.last - done
        plan = _plan(alone)
        key = _same(plan.config)
        rest = ends[len(found) + 1 :]
        if key not in known:
            # Another recipe may end where its size does.
            last = not any(_same_size(alone, one.settings) for one in rest)
            known[key] = _try(plan, split, known.values(), last)
        found.append(known[key]._replace(steps=plan.config["steps"]))
        done = part.last
        if (
            rest
            and hopeless
            and hopeless([*found, *_as_fast(found[-1], part, rest)])
        ):
            return None
    found[0] = found[0]._replace(loading=loading)
    # Only the last part ends with a report, which any of its size has tried.
    size = found[-1].size
    reporting = max(p.reporting for p in known.values() if p.size == size)
    unreported = [part._replace(reporting=0.0) for part in found[:-1]]
    return [*unreported, found[-1]._replace(reporting=reporting)]


def _same_size(settings: Mapping, later: Mapping) -> bool:
    """Whether a part has the images of the one before it."""
    size = settings.get("size")
    return later.get("size", size) == size


def _as_fast(
    part: Part, end: schedule.Part, rest: Sequence[schedule.Part]
) -> Iterator[Part]:
    """The parts to come, as if they took no longer than the last one tried."""
    for before, after in itertools.pairwise([end, *rest]):
        yield part._replace(steps=after.last - before.last)


def seconds(parts: list[Part], settings: Mapping, spent: float = 0.0) -> float:
    """Of a whole run.

    Args:
        parts: What `tried` returned, with the steps of the run.
        settings: Of the run, with how often it draws, saves and measures.
        spent: Seconds that went into the plan.
    """
    return timetable(parts, settings, spent).total


def timetable(
    parts: list[Part], settings: Mapping, spent: float = 0.0
) -> Timetable:
    """When each part is to be done, see `seconds`."""
    done, at = 0, spent + AROUND + parts[0].loading
    ends = [(done, at)]
    cadences = config.cadences(sum(part.steps for part in parts))
    given = {k: settings[k] for k in _CADENCES if settings.get(k)}
    every = {"eval_every": 0, **cadences, **given}
    for part in parts:
        # Where a part begins or ends there is a sheet and a checkpoint more.
        at += part.first + part.drawing + part.saving
        ends.append((done + 1, at))
        step = part.each + _share(part.drawing, every["sample_every"])
        step += _share(part.saving, every["checkpoint_every"])
        step += _share(part.measuring, every["eval_every"])
        done, at = done + part.steps, at + part.steps * step
        ends.append((done, at))
    ends.append((done, at + parts[-1].reporting))
    # A part of one step ends with its first one, and the run with its report.
    return Timetable(tuple(dict(ends).items()))


def _share(taken: float, every: int) -> float:
    """Of each step in what is done every so many."""
    return taken / every if every else 0.0


def fitted(
    settings: Mapping,
    parts: list[Part],
    hours: float,
    most: float,
    watched: Callable[[Mapping, int], dict],
    spent: float = 0.0,
) -> dict:
    """The same settings with as many steps as fit into some hours.

    Args:
        settings: Of a recipe.
        parts: What `tried` returned for them.
        hours: How long a run may take, its plan included.
        most: Times the steps of the recipe.
        watched: Maps settings and a number of steps to the same with how
            often such a run is measured.
        spent: Seconds that went into the plan.
    """

    def needed(steps: int) -> float:
        scaled = watched(recipes.scaled(settings, steps), steps)
        return seconds(shared(parts, steps), scaled, spent)

    total = sum(part.steps for part in parts)
    fits, above = len(parts) + 1, max(len(parts) + 2, int(most * total) + 1)
    while above - fits > 1:
        middle = (fits + above) // 2
        if needed(middle) <= 3600 * hours:
            fits = middle
        else:
            above = middle
    return recipes.scaled(settings, fits)


def shared(parts: list[Part], steps: int) -> list[Part]:
    """The parts of a run that has another number of steps.

    Args:
        parts: What `tried` returned.
        steps: Of all parts together.
    """
    factor = steps / sum(part.steps for part in parts)
    return [p._replace(steps=max(1, round(p.steps * factor))) for p in parts]


def left(parts: list[Part], done: int) -> list[Part]:
    """What is left of the parts of a run.

    Args:
        parts: What `tried` returned, with the steps of the run.
        done: Steps done, fewer than there are.
    """
    rest = []
    for part in parts:
        taken = min(done, part.steps)
        done -= taken
        if taken < part.steps:
            rest.append(part._replace(steps=part.steps - taken))
    return [rest[0]._replace(loading=parts[0].loading), *rest[1:]]


def _same(settings: Mapping) -> str:
    """What is alike in parts that take the same time."""
    rest = {k: v for k, v in settings.items() if k not in _LENGTHS}
    rest["size"] = _size(settings)
    return json.dumps(rest, sort_keys=True, default=str)


def _size(settings: Mapping) -> str:
    """Height and width: a square that was grown to is one that was named."""
    return "x".join(map(str, sizes.parse_size(settings["size"])))


def _plan(settings: Mapping) -> Plan:
    given = {k: v for k, v in settings.items() if v is not None}
    return families.of(given).resolve(given, None)


def _loaded(plan: Plan) -> tuple[tuple | None, float]:
    """Some images, and seconds that all would take.

    Returns:
        A split, None if the images would have to be fetched first; seconds.
    """
    flags, family = plan.config, families.of(plan.config)
    sets = named(plan.description).values()
    if not all(one.images for one in sets):
        return None, 0.0
    wanted = [
        selection.counts(one.images, flags["limit"], flags["holdout"])[0]
        for one in sets
    ]
    # Of each set; what is held out comes on top.
    limit = min(TRIED_ON, *wanted)
    began = time.monotonic()
    split = family.load_data(
        {**flags, "limit": limit, "max_bad_files": 0.999, "cache_dir": ""}
    )
    taken = time.monotonic() - began
    held = len(split.holdout)
    return split, taken * (max(wanted) + held) / (limit + held)


def _try(
    plan: Plan, split: tuple | None, known: Iterable[Part], last: bool
) -> Part:
    """Tries a part; an evaluation takes as long in all that have its size."""
    if split and hasattr(split.train, "images"):
        split = phases.scaled(split, plan.config)
    settings, size = plan.config, _size(plan.config)
    measuring = [part.measuring for part in known if part.size == size]
    if measuring:
        plan = plan._replace(config={**settings, "eval_every": 0})
    rows: list[Row] = []
    costs = rehearsal.costs(
        plan, split, LONGEST, _moving(plan, rows), _report if last else None
    )
    return Part(
        settings["steps"],
        costs.first,
        costs.each,
        size,
        tuple(rows),
        costs.drawing,
        costs.saving,
        *(measuring[:1] or [costs.measuring]),
        reporting=costs.reporting,
    )


def _report(run_dir: pathlib.Path, split: tuple) -> None:
    """What `train` ends with; as there, it is not worth the run."""
    with contextlib.suppress(Exception):
        report.write(run_dir, None, split)


def _moving(plan: Plan, rows: list[Row]) -> Callable[..., None] | None:
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
