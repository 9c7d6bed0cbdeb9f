"""The road that a run takes where its user named none: recipe, source, size."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from tfgan_transfer import data, families
from tfgan_transfer.data import Description, subset
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build
from tfgan_transfer.inspection import tones
from tfgan_transfer.planning import (
    budget,
    domains,
    length,
    recipe,
    sources,
)
from tfgan_transfer.planning.pictures import Pictures, named, refuse_unusable
from tfgan_transfer.sessions.pace import Timetable
from tfgan_transfer.settings import config, recipes, sizes
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.settings.table import GROUPS
from tfgan_transfer.trained import saved
from tfgan_transfer.training import devices, run_directory
from tfgan_transfer.training.run_directory import RunDirectory

# Who gives one of these knows what he wants: nothing is chosen for him.
_OWN = ("model", "critic", "labels", "second stage", "translation")
_OWN += ("transfer", "training")
GAME = {row.name for title in _OWN for row in GROUPS[title]}
GAME -= {"model", "source", "steps", "seed", "grow", "batch_size"}
# They go with any recipe.
GAME -= {"growth", "equal_phases"}
# Fewer held-out images judge nothing; fewer images cannot spare any.
SPARED, ENOUGH = 200, 500
# Images that are looked at, and the share that is grey where all are.
LOOKED_AT, GREY = 512, 0.98


class Road(NamedTuple):
    """What was chosen.

    Attributes:
        settings: What `Family.resolve` takes.
        reasons: What was chosen -> the choice and why, in a few words.
        parts: Parts of the run, tried for a moment.
        spent: Seconds that the plan took.
        fitted: Whether hours say how many steps there are.
        done: Steps that a run which goes on has done; its `parts` are what is
            left, and what it has spent are all its seconds.
    """

    settings: dict
    reasons: dict[str, str]
    parts: list[budget.Part]
    spent: float = 0.0
    fitted: bool = False
    done: int = 0

    @property
    def timetable(self) -> Timetable | None:
        """When each part is to be done; None if no hours made the plan."""
        if not self.fitted:
            return None
        return budget.timetable(self.parts, self.settings, self.counted)

    @property
    def counted(self) -> float:
        """Seconds of the plan that count among the hours of the run."""
        return length.counted(self.spent, self.settings.get("hours"))


def of_run(
    explicit: Mapping,
    run: RunDirectory,
    say: Callable[[str], None],
    began: float,
) -> tuple[Plan, Road]:
    """What a run is trained by, and what was chosen for it.

    Args:
        explicit: Settings that the user gave.
        run: Run directory; what it holds is gone on with.
        say: Is told what is being looked at.
        began: When the command began, by `time.monotonic`.
    """
    stored = run.read_config()
    before = stored["flags"] if stored else {}
    family = families.of({**before, **recipes.under(explicit)})
    given = family.name_sets(explicit)
    chosen = prepared(given, before, say, lambda: time.monotonic() - began)
    if stored:
        run_directory.refuse_changes(before, chosen.settings)
    return family.resolve(chosen.settings, stored), chosen


def asked(given: Mapping) -> bool:
    """Whether something is left to be chosen for a new run.

    Who names a recipe has its settings and no others, but for the steps that
    fit into `hours`.

    Args:
        given: Settings that the user gave.
    """
    if given.get("recipe"):
        return given["recipe"] != recipes.PLAIN and "hours" in given
    known = given.get("model") in (None, *recipes.BEST)
    return known and bool(given.get("hours") or not GAME & given.keys())


def prepared(
    given: Mapping,
    stored: Mapping | None,
    say: Callable[[str], None],
    spent: Callable[[], float] = lambda: 0.0,
) -> Road:
    """What a run is to be resolved from.

    Args:
        given: Settings that the user gave.
        stored: Settings of the run that is continued, or None.
        say: Is told what is being looked at.
        spent: Says how many seconds have gone since the command began.
    """
    if stored:
        # What it was begun with holds; another recipe is another run.
        if given.get("recipe") in (None, stored.get("recipe")):
            # Who counts steps does not count hours.
            lifted = {"hours": None} if "steps" in given else {}
            return Road({**lifted, **given}, {}, [])
        return Road(recipe.without_words(recipes.under(given)), {}, [])
    if asked(given):
        _refuse_workers()
        return choose(given, say, spent)
    name = given.get("recipe", recipes.PLAIN)
    settings = recipe.under(given, name)
    reasons = {"recipe": f"{name}, as asked"}
    if given.get("source") == "auto" and given.get("data"):
        found = data.describe(given["data"], subset.names(given.get("classes")))
        chosen = _nearest(_some(given, found), say)
        settings["source"] = chosen[0]
        reasons["source"] = ", ".join(chosen)
    own = sorted(GAME & given.keys())
    if "recipe" not in given and own:
        why = f"--{own[0]} was given, so nothing is chosen for you"
        reasons["recipe"] = f"{name}: {why}{_alone(given)}"
    return Road(settings, reasons, [], spent())


def _alone(given: Mapping) -> str:
    """What it means that nothing is chosen, for who may not expect it."""
    if given.get("source") or _model(given) not in recipes.BEST:
        return ""
    name = recipes.BEST[_model(given)][-1]
    if "source" in recipes.read(name):
        return f", not even a source to start from; add --recipe={name} for one"
    return f"; --recipe={name} chooses what is not given"


def choose(
    given: Mapping,
    say: Callable[[str], None],
    spent: Callable[[], float] = lambda: 0.0,
) -> Road:
    """Chooses what the user left open.

    Args:
        given: Settings that the user gave; they always stay.
        say: Is told what is being looked at.
        spent: As in `prepared`.

    Raises:
        UserError: If the images cannot be read, or a given setting does not
            fit.
    """
    given = dict(given)
    reasons: dict[str, str] = {}
    model = _model(given)
    found = _refuse(given, model)
    pictures = Pictures.of(found, given.get("limit"))
    if "recipe" not in given:
        _spare(given, found, reasons)
    if not RULES[model].translates:
        if given.get("source") == "auto":
            chosen = _nearest(_some(given, found), say)
            given["source"], reasons["source"] = chosen
        if "recipe" not in given:
            _look(given, found, reasons, say)
    nearest = given["source"] if "source" in reasons else None
    among = recipe.names(given, model, pictures, nearest)
    if RULES[model].translates and not {"recipe", "source"} & given.keys():
        among = _compare(given, found, reasons, say) or among
    best = recipe.best(given, among, pictures, say, spent)
    settings, steps = best.settings, recipes.total(best.settings)
    parts = budget.shared(best.parts, steps)
    reasons["steps"], reasons["recipe"] = best.steps, best.why
    reasons["pictures"] = pictures.warning()
    reasons["size"] = _sized(parts, pictures, settings)
    if nearest:
        reasons["source"] = f"{settings['source']}, {reasons['source']}"
    settings["recipe"] = best.name
    return Road(
        length.watched(given, parts, settings, steps),
        reasons,
        parts,
        spent(),
        bool(settings.get("hours")) and not given.keys() & length.COUNTED,
    )


def _model(given: Mapping) -> str:
    """The model that a recipe or its user names."""
    return recipes.under(given).get("model", config.DEFAULTS["model"])


def _refuse_workers() -> None:
    """Refuses to plan for several processes, each by a clock of its own."""
    if devices.worker_count() > 1:
        raise UserError(
            "--recipe: several workers cannot choose one plan, expected the "
            "name of a recipe without --hours, received a TF_CONFIG of "
            f"{devices.worker_count()}; give for example "
            "--recipe=few_images_64, or --recipe=plain"
        )


def _refuse(given: Mapping, model: str) -> object:
    """Refuses what no choice could mend, before anything takes its time.

    Returns:
        `Plan.description`: what the look at the data has shown, which
        refusing takes anyway.
    """
    name = given.get("recipe") or recipes.BEST[model][-1]
    settings = recipe.under({**given, "source": None}, name)
    if not given.get("size"):
        settings.pop("size", None)
    settings["transfer"] = given.get("transfer", "none")
    plan = families.of(settings).resolve(
        {k: v for k, v in settings.items() if v is not None}, None
    )
    devices.strategy(plan.config)
    refuse_unusable(plan.description, plan.config)
    if given.get("source") not in (None, "auto", "none"):
        saved.find(given["source"], "--source")
    return plan.description


def _spare(given: dict, found: object, reasons: dict) -> None:
    """Holds images out where there are enough of them, of each of two sets."""
    sets = named(found)
    fewest = min(one.images or 0 for one in sets.values())
    if fewest >= SPARED and not {"holdout", "test_a"} & given.keys():
        held = given["holdout"] = min(ENOUGH, fewest // 10)
        of_each = " of each set" * (len(sets) > 1)
        reasons["holdout"] = f"{held} pictures{of_each}, to judge by"


def _look(
    given: dict, found: Description, reasons: dict, say: Callable
) -> None:
    """Channels and source, from the images themselves."""
    learned = RULES[_model(given)].learns_labels
    if found.vocabulary and not learned:
        reasons["labels"] = (
            f"{len(found.vocabulary)} found and not used; --model=acgan "
            "learns them"
        )
    automatic = given.get("source") is None
    if not automatic and "channels" in given:
        return
    say("looking at the images ...")
    images = _some(given, found)
    if "channels" not in given and tones.grey(images).mean() >= GREY:
        given["channels"] = "1"
        reasons["channels"] = "1, the images are grey"
    if automatic:
        given["source"], reasons["source"] = _nearest(images, say)


def _nearest(images: np.ndarray, say: Callable) -> tuple[str, str]:
    """The source for some images, and why.

    Raises:
        UserError: If there is one image, which has no spread to compare.
    """
    if len(images) < 2:
        raise UserError(
            "--source: a single picture cannot be compared with what the "
            "models of the zoo draw, expected two or more that can be used; "
            "add pictures, or name one, such as --source=zoo:tiny_imagenet_32"
        )
    say("comparing the images with the models of the zoo ...")
    ranked = sources.nearest(images)
    values = ", ".join(
        f"{name.removeprefix('zoo:')} {value:.2g}"
        for name, value in ranked.items()
    )
    return next(iter(ranked)), (
        "trained on the images most like yours (distances, lower is nearer: "
        f"{values})"
    )


def _compare(
    given: Mapping, found: object, reasons: dict, say: Callable
) -> tuple[str, ...]:
    """The recipe of two sets that are alike, if they are."""
    say("comparing the two sets ...")
    a, b = (
        _some({**given, "data": given[flag]}, one)
        for flag, one in named(found).items()
    )
    if min(len(a), len(b)) < 2:
        return ()
    distance = domains.apart(a, b)
    alike = distance < domains.ALIKE
    reasons["sets"] = (
        f"{'alike' if alike else 'not alike'}: distance {distance:.2g}, where "
        f"less than {domains.ALIKE:g} is alike"
    )
    return (recipes.ALIKE,) if alike else ()


def _sized(
    parts: list[budget.Part], pictures: Pictures, settings: Mapping
) -> str:
    """The sizes of a run, and what they make of the pictures."""
    *before, last = dict.fromkeys(part.size for part in parts)
    text = f"{_side(last)} px"
    if before:
        text += f", after a first part at {_side(before[0])} px"
    fitted = pictures.fitted(sizes.parse_size(last), settings)
    return "; ".join(filter(None, (text, fitted)))


def _side(size: str) -> str:
    height, width = sizes.parse_size(size)
    return str(height) if height == width else f"{height}x{width}"


def _some(given: Mapping, found: Description) -> np.ndarray:
    """Some of the images, uint8 [N, 32, 32, 3]."""
    flags = {**config.DEFAULTS, **given, "size": "32", "channels": "3"}
    count = found.images or LOOKED_AT
    limit = min(LOOKED_AT, count, given.get("limit") or LOOKED_AT)
    flags |= {"limit": limit, "holdout": 0, "max_bad_files": 0.999}
    return build.load_data(flags).train.images
