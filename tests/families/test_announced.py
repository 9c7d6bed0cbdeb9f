"""What a run says about critics on features before its first step."""

import types

import keras
import numpy as np
import pytest

from tfgan_transfer.data import ImageSet, Split
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.pair import build, watching
from tfgan_transfer.families.single.watching import announce
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.settings.config import DEFAULTS

SET = ImageSet(np.zeros((2, 8, 8, 1), np.uint8), np.zeros((2, 0)), (), "", ())


def network(size, frozen=0):
    """One with so many parameters that learn, and so many that do not."""
    layers = [keras.layers.Dense(size, use_bias=False)]
    if frozen:
        options = {"use_bias": False, "trainable": False}
        layers.append(keras.layers.Dense(frozen, **options))
    return keras.Sequential([keras.Input((1,)), *layers])


def game(steps=0):
    rate = keras.optimizers.SGD()
    rate.iterations.assign(steps)
    # 40 kernels that learn, and 40 x 3 that do not.
    return FeatureGame(network(40, 3), rate, "hinge", 1.0)


@pytest.mark.parametrize("steps, new", [(0, ", new"), (7, "")])
def test_a_critic_on_features_is_counted(steps, new):
    config = {**DEFAULTS, "conditioning": "none", "critic": "both"}
    config |= {"network": "dcgan", "width": 4, "features": "lite0"}
    model = types.SimpleNamespace(
        generator=network(5), critic=network(6), feature_game=game(steps)
    )
    told = announce(Plan(config), Split(SET, SET, (), 4), model)
    assert told[1:] == [
        "networks  dcgan, width 4: generator 5 and critic 6 parameters, and "
        f"40 of a critic on features{new}",
        "critic    on frozen lite0 features, beside the network's own",
    ]
    model.feature_game, config["critic"] = None, "network"
    told = announce(Plan(config), Split(SET, SET, (), 4), model)
    assert told[1:] == [
        "networks  dcgan, width 4: generator 5 and critic 6 parameters"
    ]
    model.critic, config["critic"] = network(9, 2), "projected"
    told = announce(Plan(config), Split(SET, SET, (), 4), model)
    assert told[2:] == [
        "critic    on frozen lite0 features: heads of 9 parameters"
    ]


def test_those_of_two_sets_are_counted():
    config = {**DEFAULTS, "critic": "both", "features": "lite0"}
    config |= {"network": "unet", "width": 4, "data_a": "a", "data_b": "b"}
    model = types.SimpleNamespace(
        a2b=network(5), critic_a=network(6), feature_games={"a": game()}
    )
    both = build.Pair(SET, SET)
    told = watching.announce(
        Plan(config), build.PairSplit(both, both, both), model
    )
    assert told[2:] == [
        "networks  unet, width 4: each translator 5 and each critic 6 "
        "parameters, and 40 of a critic on features, new, for each set",
        "critics   of each set on frozen lite0 features, beside the network's "
        "own",
    ]
