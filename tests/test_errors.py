"""One sentence, printed by commands and read in Python."""

import numpy as np
import pytest

from tfgan_transfer import errors
from tfgan_transfer.errors import UserError


def test_python_reads_arguments_without_dashes():
    error = UserError("--size: received 'my--own'; use --size=64 -- or not")
    assert str(error) == "size: received 'my--own'; use size=64 -- or not"
    assert (
        str(UserError("pip install --no-deps X")) == "pip install --no-deps X"
    )
    assert error.command_line.startswith("--size: ")


@pytest.mark.parametrize(
    "message, expected",
    [
        ("--data=x: none; see --data_a", "--images=x: none; see --data_a"),
        ("--data: none", "--images: none"),
    ],
)
def test_the_same_mistake_in_another_argument(message, expected):
    assert UserError(message).about("data", "images").command_line == expected


def test_a_value_is_shown_in_a_line():
    assert errors.shown(None) == "None"
    assert errors.shown("a b") == "'a b'"
    # An array may be a whole page.
    assert errors.shown(np.zeros((2, 3), "uint8")) == "an array of uint8 [2, 3]"
    assert errors.shown(np.int64(3)) == "np.int64(3)"
    long = errors.shown({"a": ["b"] * 99})
    assert len(long) <= 80 and long.endswith("...") and "\n" not in long


def test_very_many_options_are_not_listed_beside_the_nearest():
    options = [f"class_{number}" for number in range(99)]
    said = errors.choices("--class", "CLASS_7", options)
    assert said == "--class: unknown value 'CLASS_7'. Did you mean 'class_7'?"
    assert "class_98" in errors.choices("--class", "zebra", options)


@pytest.mark.parametrize(
    ("received", "suggested"),
    [
        ("zoo:nix", None),
        ("zoo:anime32", "zoo:anime_32"),
        ("anime_32", "zoo:anime_32"),
    ],
)
def test_a_scheme_makes_nothing_alike(received, suggested):
    said = errors.choices("--source", received, ["zoo:anime_32", "zoo:faces"])
    hint = said.partition(" Did you mean ")[2]
    assert hint == (f"{suggested!r}?" if suggested else "")
