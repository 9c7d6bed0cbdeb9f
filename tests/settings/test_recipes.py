import pathlib

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes, schedule
from tfgan_transfer.settings.table import BY_NAME

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("name", recipes.names())
def test_recipes_are_made_of_settings(name):
    found = recipes.read(name)
    for setting, value in found.items():
        row = BY_NAME[setting]
        assert not row.choices or value in row.choices
        assert row.kind == "text" or not isinstance(value, str)
    assert len(recipes.about(name)) > 20 and "\n" not in recipes.about(name)
    if name != recipes.PLAIN:
        assert recipes.total(found) > 100


def test_the_best_recipes_are_there():
    named = {name for names in recipes.BEST.values() for name in names}
    assert named | {recipes.FROM_NOTHING, recipes.PLAIN} <= {*recipes.names()}
    assert recipes.read(recipes.PLAIN) == {}


def test_a_recipe_builds_on_another_and_numbers_are_numbers():
    small, large = recipes.read("few_images"), recipes.read("few_images_64")
    changed = {"critic_schedule", "grow", *small} & large.keys()
    assert large["generator_lr"] == 4e-4 == small["generator_lr"]
    assert large["flip"] is True and large["batch_size"] == 64
    assert "grow" in changed and "grow" not in small


def test_what_is_given_wins():
    under = recipes.under({"recipe": "own_critic", "steps": 7})
    assert under["steps"] == 7 and under["recipe"] == "own_critic"
    assert under["source"] == "zoo:tiny_imagenet_32"
    assert recipes.under({"steps": 7}) == {"steps": 7}


def test_an_unknown_recipe_is_named():
    with pytest.raises(UserError, match="unknown value 'few', expected one of"):
        recipes.read("few")


def test_schedules_stretch_and_still_end_together():
    settings = {
        "critic_schedule": "network:450,both:880",
        "grow": "32:830,64:500",
    }
    assert recipes.total(settings) == 1330
    for steps in (4, 100, 1330, 4001):
        scaled = recipes.scaled(settings, steps)
        assert recipes.total(scaled) == steps
        # `of` refuses two that do not end together.
        assert schedule.of(scaled)[-1].last == steps
    assert recipes.scaled(settings, 665) == {
        "critic_schedule": "network:225,both:440",
        "grow": "32:415,64:250",
    }
    assert recipes.scaled({"steps": 100, "r1": 1}, 30) == {"steps": 30, "r1": 1}


@pytest.mark.parametrize(
    "config, recipe",
    [
        ("transfer/few_images", "few_images"),
        ("transfer/few_images_64", "few_images_64"),
        ("transfer/photos_64", "photos_64"),
        ("transfer/few_images_32", "own_critic"),
        ("acgan/anime_tags_64", "labels_64"),
        ("wgan_gp/paper_64", "paper"),
    ],
)
def test_flagfiles_name_recipes_instead_of_repeating_them(config, recipe):
    lines = (ROOT / f"configs/{config}.flags").read_text().splitlines()
    flags = [line for line in lines if line and not line.startswith("#")]
    assert flags[0] == f"--recipe={recipe}"
