"""How long a run is: its steps, its hours, and how often it is measured."""

import functools
import math
from collections.abc import Callable, Mapping

from tfgan_transfer.metrics.sliced_wasserstein import unfit
from tfgan_transfer.planning import budget
from tfgan_transfer.planning.pictures import Pictures
from tfgan_transfer.settings import recipes, sizes

# Hours that a run may take whose user named none.
EVENING = 0.4
# Share of the hours that the plan may take.
LARGEST = 0.5
# Evaluations of a run, at most and at least, the share of the time of its
# steps that they may take, and steps between them that are worth one.
MEASURED, FEWEST, SHARE, APART = 6, 2, 0.15, 25
# A recipe with a smaller share of its steps is worse than the next one.
LEAST = 0.6
# Share of what it takes that is added where a time is named, as an estimate is
# off by so much.
OFF = 0.1
# Who gives one of these counts steps himself.
COUNTED = {"steps", "grow", "critic_schedule"}
# Samples that an evaluation draws.
JUDGED = 500


def timed(
    given: Mapping,
    settings: dict,
    parts: list[budget.Part],
    pictures: Pictures,
    spent: float,
) -> tuple[dict, str]:
    """Settings with as many steps as the pictures deserve and time allows.

    Args:
        given: Settings that the user gave.
        settings: Of a recipe.
        parts: What `budget.tried` returned for them.
        pictures: The user's.
        spent: Seconds that have gone since the command began.

    Returns:
        The settings, with the hours that they are to take where these decide;
        and why it is so many steps, empty where the recipe has them.
    """
    if given.keys() & COUNTED:
        return settings, ""
    if "hours" in given:
        return _within(given, settings, parts, pictures, spent)
    cadenced = functools.partial(watched, given, parts)
    factor = stretch(given, pictures)
    own = recipes.total(settings)
    wanted = max(len(parts) + 1, round(factor * own))
    seconds = budget.seconds(
        budget.shared(parts, wanted), cadenced(settings, wanted), spent
    )
    allowed = hours(given, pictures)
    if "recipe" not in given and seconds > 3600 * allowed:
        fitted = budget.fitted(
            settings,
            parts,
            allowed,
            factor,
            cadenced,
            counted(spent, allowed),
        )
        why = f"{_as_many(allowed, spent)}; --hours=H for more"
        return {**fitted, "hours": allowed}, why
    if wanted == own:
        return settings, ""
    return recipes.scaled(settings, wanted), (
        f"{factor:.2g} times the recipe's, for {pictures.images:,} pictures"
    )


def _within(
    given: Mapping,
    settings: dict,
    parts: list[budget.Part],
    pictures: Pictures,
    spent: float,
) -> tuple[dict, str]:
    """As many steps as fit into the hours that the user gave."""
    cadenced = functools.partial(watched, given, parts)
    factor, own = stretch(given, pictures), recipes.total(settings)
    most, allowed = budget.MOST * factor, given["hours"]
    counts = counted(spent, allowed)
    fitted = budget.fitted(settings, parts, allowed, most, cadenced, counts)
    steps, why = recipes.total(fitted), _as_many(allowed, spent)
    if steps >= int(most * own):
        why = f"more would not help {pictures.images:,} pictures"
    elif steps < enough(own, given, pictures):
        whole = max(len(parts), round(min(1.0, factor) * own))
        seconds = budget.seconds(
            budget.shared(parts, whole), cadenced(settings, whole), counts
        )
        why += f", too few to learn much: {as_flag(seconds)} has {whole:,}"
    return fitted, why


def as_flag(seconds: float) -> str:
    """The hours that a run needs which takes so long, as typed."""
    return f"--hours={(1 + OFF) * seconds / 3600:.2g}"


def enough(steps: int, given: Mapping, pictures: Pictures) -> float:
    """Of how many steps a recipe is worth it.

    Args:
        steps: That the recipe has.
        given: Settings that the user gave.
        pictures: The user's: few need fewer, many no more.
    """
    return LEAST * min(1.0, stretch(given, pictures)) * steps


def _as_many(hours: float, spent: float) -> str:
    """Why there are no more steps, on a machine too busy to plan as well."""
    if spent <= counted(spent, hours):
        return f"as many as fit into {duration(3600 * hours)}"
    return (
        f"as many as fit into half of {duration(3600 * hours)}, since planning "
        f"alone took {duration(spent)} here"
    )


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 5400:
        minutes = round(seconds / 60)
        return f"{minutes} minutes" if minutes > 1 else "a minute"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86_400:.1f} days"


def needed(
    given: Mapping,
    settings: Mapping,
    pictures: Pictures,
    steps: float,
    spent: Callable[[], float],
    parts: list[budget.Part],
) -> float:
    """Seconds of a recipe at least; none where the user counts its steps.

    Args:
        given: Settings that the user gave.
        settings: Of the recipe.
        pictures: The user's.
        steps: As many as it takes to be worth it.
        spent: Says how many seconds have gone since the command began.
        parts: Of the recipe, as fast at least as they are.
    """
    if given.keys() & COUNTED:
        return 0.0
    allowed = hours(given, pictures)
    least = max(len(parts), math.ceil(steps))
    return budget.seconds(
        budget.shared(parts, least),
        watched(given, parts, settings, least),
        counted(spent(), allowed),
    )


def counted(spent: float, hours: float | None) -> float:
    """Seconds of a plan that count among the hours of its run.

    Args:
        spent: Seconds that the plan took.
        hours: Of the run; at least half of them are left to train.
    """
    return min(spent, LARGEST * 3600 * hours) if hours else spent


def stretch(given: Mapping, pictures: Pictures) -> float:
    """Factor on a recipe's steps; who names the recipe has it as it is."""
    return 1.0 if given.get("recipe") else pictures.stretch


def hours(given: Mapping, pictures: Pictures) -> float:
    """How long a run may take: as asked, or by how many pictures there are."""
    usual = EVENING * max(1.0, stretch(given, pictures))
    return given.get("hours", round(usual, 2))


def watching(
    given: Mapping, settings: Mapping, steps: int, most: int = MEASURED
) -> dict:
    """What is measured on the way, where there is something to judge by.

    Args:
        given: Settings that the user gave.
        settings: Of the run.
        steps: Of the run.
        most: Evaluations, unless they would come too often.
    """
    named = "recipe" in given
    if named or not settings.get("holdout") or "eval_every" in given:
        return {}
    judges = _judges(settings)
    return {
        "eval_every": cadence(steps, most),
        "eval_metrics": settings.get("eval_metrics", ",".join(judges)),
        "best_metric": settings.get("best_metric", judges[-1]),
        "eval_images": settings.get("eval_images", JUDGED),
    }


def _judges(settings: Mapping) -> list[str]:
    """Metrics of a run, the best last.

    KID takes a network: without `inception` the one that critics may see,
    which judges only what nothing else can.
    """
    shapes = [part.settings.get("size") for part in recipes.parts(settings)]
    shapes = [*filter(None, shapes)] or [settings.get("size") or "32"]
    fit = not any(unfit(*sizes.parse_size(shape)) for shape in shapes)
    kid = settings.get("inception") or not fit
    return ["swd"] * fit + ["kid"] * bool(kid)


def cadence(steps: int, most: int = MEASURED) -> int:
    """Steps between two evaluations.

    Args:
        steps: Of the run.
        most: Evaluations, unless they would come too often.
    """
    return max(APART, math.ceil(steps / most))


def watched(
    given: Mapping, parts: list[budget.Part], settings: Mapping, steps: int
) -> dict:
    """Settings with as many evaluations as are worth their time.

    Args:
        given: Settings that the user gave.
        parts: What `budget.tried` returned.
        settings: Of the run.
        steps: Of the run.
    """
    training = sum(p.steps * p.each for p in budget.shared(parts, steps))
    measuring = parts[-1].measuring
    most = MEASURED
    if measuring:
        affordable = int(SHARE * training / measuring)
        most = min(MEASURED, max(FEWEST, affordable))
    return {**settings, **watching(given, settings, steps, most)}
