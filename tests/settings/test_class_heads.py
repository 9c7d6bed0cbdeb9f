"""Which critic has a class head, and what is refused of it."""

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.families import judges
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build
from tfgan_transfer.gans import class_game
from tfgan_transfer.settings import choices, config, single

FLAGS = {
    "model": "acgan",
    "network": "dcgan",
    "data": "digits",
    "size": "16",
    "adversarial_loss": "hinge",
}


def resolve(**flags):
    return config.resolve({**FLAGS, **flags}, None, side=16, count=100)


def heads(settings, labels=5):
    """The critics of a run -> the labels of their class heads."""
    arguments = build.network_arguments(Plan(settings), labels)
    names = [name for name in arguments if name.endswith("critic")]
    return {name: arguments[name].get("num_labels", 0) for name in names}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, {"critic": 5}),
        ({"critic": "projected"}, {"critic": 5}),
        ({"critic": "both"}, {"critic": 5, "feature_critic": 0}),
        (
            {"critic": "both", "class_critic": "projected"},
            {"critic": 0, "feature_critic": 5},
        ),
        (
            {"critic": "both", "class_critic": "both"},
            {"critic": 5, "feature_critic": 5},
        ),
        # With one critic there is nothing to choose.
        ({"class_critic": "projected"}, {"critic": 5}),
        ({"critic": "projected", "class_critic": "network"}, {"critic": 5}),
    ],
)
def test_who_classifies(flags, expected):
    settings = resolve(**flags)
    assert heads(settings) == expected
    game = judges._feature_classes(settings)
    assert bool(game) == bool(expected.get("feature_critic")) or (
        "feature_critic" not in expected
    )


def test_a_run_from_before_is_what_it_was():
    new = {"class_critic", "class_taps", "class_head"}
    kept = {n: v for n, v in resolve(critic="both").items() if n not in new}
    again = config.resolve({}, kept, side=16, count=100)
    assert {name: again[name] for name in new} == {
        "class_critic": "network",
        "class_taps": "",
        "class_head": "auxiliary",
    }
    assert heads(again) == {"critic": 5, "feature_critic": 0}
    arguments = build.network_arguments(Plan(again), 5)
    assert "class_taps" not in arguments["feature_critic"]


def test_strides_reach_the_network():
    settings = resolve(critic="projected", class_taps="8, 32")
    assert single.taps(settings) == (8, 32)
    arguments = build.network_arguments(Plan(settings), 5)
    assert arguments["critic"]["class_taps"] == [8, 32]


def test_heads_are_those_of_the_game():
    assert choices.CLASS_HEADS == class_game.HEADS


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"class_taps": "8;16"}, "class_taps: expected strides such as"),
        ({"label_smoothing": 0.1}, "label_smoothing: is for the class loss"),
        ({"class_on_fake": False}, "class_on_fake: is for the class loss"),
        ({"class_weight_critic": 2.0}, "received 2.0 with class_head=proj"),
    ],
)
def test_what_is_refused(flags, message):
    with pytest.raises(UserError, match=message):
        resolve(class_head="projection", **flags)
