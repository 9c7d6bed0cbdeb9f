"""Keyword arguments as settings: what flags would have been refused for."""

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import arguments
from tfgan_transfer.settings.table import SETTINGS


def read(**given):
    return arguments.read(given, SETTINGS)


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"size": 64}, {"size": "64"}),
        ({"size": (48, 64)}, {"size": "48x64"}),
        ({"size": "48x64"}, {"size": "48x64"}),
        ({"channels": 1}, {"channels": "1"}),
        ({"classes": ["cat", "dog"]}, {"classes": "cat,dog"}),
        ({"classes": None, "limit": None}, {}),
        ({"holdout": 0.25, "limit": 3}, {"holdout": 0.25, "limit": 3}),
        ({"generator_lr": 1}, {"generator_lr": 1}),
        ({"flip": False}, {"flip": False}),
    ],
)
def test_values(given, expected):
    assert read(**given) == expected


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"limit": 2.5}, "limit: expected a whole number, received 2.5"),
        ({"limit": True}, "limit: expected a whole number, received True"),
        ({"limit": 0}, "limit: expected at least 1, received 0"),
        ({"holdout": "some"}, "holdout: expected a number, received 'some'"),
        (
            {"adam_beta1": 2},
            "adam_beta1: expected at most 0.999999, received 2",
        ),
        ({"rotate": 181}, "rotate: expected at most 180, received 181"),
        ({"flip": 1}, "flip: expected True or False, received 1"),
        (
            {"size": True},
            "size: expected a side such as 64, or (height, width), received "
            "True",
        ),
        (
            {"network": "dcgn"},
            "network: unknown value 'dcgn', expected one of dcgan, resnet, "
            "resnet_cifar, acgan, hourglass, resnet_6, resnet_9, unet. Did you "
            "mean 'dcgan'?",
        ),
    ],
)
def test_mistakes(given, sentence):
    with pytest.raises(UserError) as error:
        read(**given)
    assert str(error.value) == sentence


def test_unknown_names_are_told_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'holdout'"):
        read(hold_out=3)
