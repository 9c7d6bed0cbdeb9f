"""Recipes: named sets of settings that come with the package."""

import pathlib
from collections.abc import Mapping

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.settings import schedule
from tfgan_transfer.settings.table import BY_NAME

FOLDER = pathlib.Path(__file__).parents[1] / "recipes"
# Every setting at its own default: what there was before there were recipes.
PLAIN = "plain"
# In the place of a name it lists them.
HELP = "help"
FROM_NOTHING = "from_nothing"
# What is known best for each model, the largest images first.
BEST = {
    "wgan_gp": ("few_images_64", "few_images"),
    "acgan": ("labels",),
    "cyclegan": ("pairs",),
}
# Of two sets that show the same things.
ALIKE = "pairs_alike"
# Of which source there is a larger one, and the recipe that starts from it.
LARGER = {"zoo:tiny_imagenet_32": "photos_64"}
_READ = {"integer": int, "number": float}
# Below this share of its recipe's steps a run has hardly begun.
BARELY = 0.25
# Numbers of steps, which shrink and stretch together.
_STEPS = ("steps", "critic_schedule", "grow")


def names() -> list[str]:
    """Names of all recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.flags"))


def misnamed(name: str) -> str:
    """What is wrong with the name of a recipe, empty if there is one."""
    if name in names():
        return ""
    return choices("--recipe", name, names()).removeprefix("--recipe: ")


def about(name: str) -> str:
    """What a recipe is for, in a sentence: the first line of its file."""
    return _lines(name)[0].removeprefix("# ")


def catalogue() -> str:
    """All recipes, a line each."""
    return "\n".join(f"{name:14s}  {about(name)}" for name in names())


def read(name: str) -> dict:
    """The settings of a recipe, those of the one it builds on included.

    Args:
        name: Of the recipe.

    Returns:
        Setting -> value.

    Raises:
        UserError: If there is no such recipe.
    """
    if mistake := misnamed(name):
        raise UserError(f"--recipe: {mistake}")
    found = {}
    for line in _lines(name):
        if line.startswith("#") or not line.strip():
            continue
        setting, _, text = line.removeprefix("--").partition("=")
        if setting == "recipe":
            found |= read(text)
        else:
            found[setting] = _value(setting, text)
    return found


def under(given: Mapping) -> dict:
    """Settings that were given, over those of the recipe that they name.

    Args:
        given: Setting -> value.
    """
    name = given.get("recipe")
    return {**(read(name) if name else {}), **given}


def counted(settings: Mapping) -> bool:
    """Whether settings say for how many steps to train."""
    return any(settings.get(name) for name in _STEPS)


def total(settings: Mapping) -> int:
    """Generator steps of a recipe."""
    divided = parts(settings)
    return divided[-1].last if divided else settings["steps"]


def parts(settings: Mapping) -> list[schedule.Part]:
    """The parts of a run; none if nothing changes in it.

    Args:
        settings: Of a recipe, resolved or not.
    """
    return schedule.of({name: settings.get(name) for name in _STEPS})


def begun(flags: Mapping, done: int) -> int:
    """Steps of the recipe of a run that has hardly begun; 0 of any other.

    Args:
        flags: Resolved settings of the run.
        done: Steps done.
    """
    name = flags.get("recipe")
    if name not in names() or name == PLAIN:
        return 0
    whole = total(read(name))
    return whole if done < BARELY * whole else 0


def scaled(settings: Mapping, steps: int) -> dict:
    """The same settings, spread over another number of steps.

    Args:
        settings: Of a recipe.
        steps: Generator steps in all.
    """
    planned = [n for n in ("critic_schedule", "grow") if settings.get(n)]
    if not planned:
        return {**settings, "steps": steps}
    factor = steps / total(settings)
    stretched = {n: schedule.stretched(settings[n], factor) for n in planned}
    return {**settings, **stretched}


def _lines(name: str) -> list[str]:
    return (FOLDER / f"{name}.flags").read_text().splitlines()


def _value(setting: str, text: str) -> object:
    kind = BY_NAME[setting].kind
    if kind == "yes":
        return text != "false"
    return _READ.get(kind, str)(text)
