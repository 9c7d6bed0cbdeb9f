"""One sentence, printed by commands and read in Python."""

import pytest

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
