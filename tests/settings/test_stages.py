"""Schedules of runs that grow."""

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import stages

THREE = stages.parse("32:1000, 64:2000,96x128:10")


def test_parse():
    assert THREE == (
        ((32, 32), 0, 1000),
        ((64, 64), 1000, 3000),
        ((96, 128), 3000, 3010),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "32:1000,64",
            "--grow: expected SIZE:STEPS, received '64'; write for example "
            "--grow=32:1000,64:2000",
        ),
        (
            "32:0",
            "--grow: expected SIZE:STEPS, received '32:0'; write for example "
            "--grow=32:1000,64:2000",
        ),
        (
            "",
            "--grow: expected SIZE:STEPS, received ''; write for example "
            "--grow=32:1000,64:2000",
        ),
        (
            "4:10",
            "--grow: expected a side such as 64, or HEIGHTxWIDTH such as "
            "64x96, of 8 to 1024 pixels, received '4'",
        ),
        (
            "64:10,32x128:5",
            "--grow: every size is larger than the one before it, received "
            "32x128 after 64x64; put the sizes in order",
        ),
    ],
)
def test_broken_schedules(text, message):
    with pytest.raises(UserError) as error:
        stages.parse(text)
    assert error.value.command_line == message
