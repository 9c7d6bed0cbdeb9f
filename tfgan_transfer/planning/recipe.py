"""Which recipe a run has, under the settings of its user."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tfgan_transfer.errors import UserError
from tfgan_transfer.planning import budget, length
from tfgan_transfer.planning.pictures import Pictures
from tfgan_transfer.settings import config, recipes, sizes
from tfgan_transfer.trained import saved


class Choice(NamedTuple):
    """A recipe.

    Attributes:
        name: Its own.
        settings: Its settings, with as many steps as fit.
        parts: Its parts as they were tried.
        why: Why it is this one.
        steps: Why it is so many steps.
    """

    name: str
    settings: dict
    parts: list[budget.Part]
    why: str
    steps: str


def names(
    given: dict, model: str, pictures: Pictures, nearest: str | None = None
) -> tuple[str, ...]:
    """Recipes that come into question, the best first.

    Args:
        given: Settings that the user gave, or that were chosen.
        model: The model.
        pictures: The user's.
        nearest: The source, if it was chosen as the one nearest to them.

    Raises:
        UserError: If no recipe of the model goes without a source.
    """
    if given.get("recipe"):
        return (given["recipe"],)
    if given.get("source") == "none":
        if model != config.DEFAULTS["model"]:
            raise UserError(
                f"--source: none with --model={model} needs a --recipe; give "
                "--recipe=plain"
            )
        return (recipes.FROM_NOTHING,)
    best = recipes.BEST[model]
    if len(best) == 1:
        return best
    grown, *rest = best
    own = recipes.LARGER.get(nearest, grown)
    if "size" not in given:
        return (own, *rest) if pictures.side >= 48 else tuple(rest)
    size = sizes.parse_size(given["size"])
    if own != grown and size == sizes.parse_size(recipes.read(own)["size"]):
        return (own,)
    source = saved.find(given["source"], "--source")
    side = min(source.manifest["run"]["generator"]["image_shape"][:2])
    return (grown,) if min(size) > side else tuple(rest)


def under(given: Mapping, name: str) -> dict:
    """The settings of a recipe under those that were given."""
    own = recipes.read(name)
    settings = without_words({**own, **given})
    if "recipe" not in given and name in recipes.LARGER.values():
        # A smaller one was chosen, and this is in its place.
        settings["source"] = own["source"]
    grown = own.get("grow")
    if grown and "grow" not in given and "size" in given:
        *small, large = grown.split(",")
        steps = large.partition(":")[2]
        settings["grow"] = ",".join([*small, f"{given['size']}:{steps}"])
        del settings["size"]
    steps = given.get("steps")
    if recipes.counted(own) and not recipes.counted(settings):
        # Who empties a recipe's schedule leaves it as many steps.
        steps = recipes.total(own)
    if own and steps:
        settings.pop("steps", None)
        settings = recipes.scaled({**own, **settings}, steps)
    return settings


def without_words(settings: Mapping) -> dict:
    """The same settings, with no source where it says `none`."""
    if settings.get("source") == "none":
        return {**settings, "source": None}
    return dict(settings)


def best(
    given: Mapping,
    among: Sequence[str],
    pictures: Pictures,
    say: Callable[[str], None],
    spent: Callable[[], float],
) -> Choice:
    """The best recipe of which enough steps fit into the hours, or the last.

    Args:
        given: Settings that the user gave, or that were chosen.
        among: What `names` returned.
        pictures: The user's.
        say: Is told what is being tried.
        spent: Says how many seconds have gone since the command began.
    """
    known: dict[str, budget.Part] = {}
    needed, allowed = 0.0, 3600 * length.hours(given, pictures)
    for name in among:
        settings, last = under(given, name), name == among[-1]
        say(f"trying a few steps of {name} ...")
        own = recipes.total(settings)
        seen = length.watching(given, settings, own)
        least = length.enough(own, given, pictures)
        needs = functools.partial(
            length.needed, given, settings, pictures, least, spent
        )
        wanted: list[float] = []
        hopeless = functools.partial(_hopeless, needs, allowed, wanted)
        parts = budget.tried(
            {**settings, **seen}, known, None if last else hopeless
        )
        if parts is not None:
            settings, why = length.timed(
                given, settings, parts, pictures, spent()
            )
            if last or recipes.total(settings) >= least:
                break
            wanted.append(needs(parts))
        needed = needed or wanted[-1]
    chosen = _why(name, among, given, allowed, needed)
    return Choice(name, settings, parts, chosen, why)


def _hopeless(
    needs: Callable[[list[budget.Part]], float],
    allowed: float,
    wanted: list[float],
    parts: list[budget.Part],
) -> bool:
    """Whether not even some steps of a recipe fit; notes what they take."""
    wanted.append(needs(parts))
    return wanted[-1] > allowed


def _why(
    name: str,
    among: Sequence[str],
    given: Mapping,
    allowed: float,
    needed: float,
) -> str:
    if given.get("recipe"):
        return f"{name}, as asked"
    if name != among[0]:
        return (
            f"{name}; {among[0]} needs more than {length.duration(allowed)} "
            "here, "
            f"{length.as_flag(needed)} or more"
        )
    return f"{name}: {recipes.about(name).rstrip('.')}"
