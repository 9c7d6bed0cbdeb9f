"""What a run is said to take, worked out by hand."""

import json

import keras
import numpy as np
import pytest

from tests.support.running import TRAIN
from tfgan_transfer.families import footprint
from tfgan_transfer.networks import projected

RUN = {"size": "8", "channels": "1", "batch_size": 4, "keep_checkpoints": 2}
MIB = 2**20


def network(units, frozen=False):
    image = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(image)
    x = keras.layers.Dense(units, use_bias=False, trainable=not frozen)(x)
    return keras.Model(image, x)


def test_networks_of_their_own():
    generator, critic = network(1024), network(2048)
    found = footprint.of_gan(RUN, generator, [critic], images=1000)
    made, judged = 64 * 1024, 64 * 2048
    # Weights, two moments and the average; a gradient more while it trains.
    kept = 4 * (4 * made + 3 * judged) / MIB
    memory = found["memory_mib"]
    assert found["disk_mib"]["checkpoint"] == pytest.approx(kept, abs=0.05)
    gradients = 4 * (made + judged) / MIB
    assert memory["weights_and_optimizers"] == pytest.approx(
        kept + gradients, abs=0.05
    )
    # Input, the flat image, and what comes out.
    one = (128 + 1024) + 4 * (128 + 2048)
    assert memory["activations"] == pytest.approx(4 * 4 * one / MIB, abs=0.05)
    assert memory["images"] == pytest.approx(64_000 / MIB, abs=0.05)


def test_what_is_frozen_has_no_moments():
    generator = network(1024)
    learns, frozen = (
        footprint.of_gan(RUN, generator, [network(8192, still)], images=0)
        for still in (False, True)
    )
    less = (
        learns["memory_mib"]["weights_and_optimizers"]
        - frozen["memory_mib"]["weights_and_optimizers"]
    )
    assert less == pytest.approx(3 * 4 * 64 * 8192 / MIB, abs=0.1)


def test_frozen_features_count_with_the_maps_inside_of_them():
    keras.backend.clear_session()
    critic = projected.critic((32, 32, 3))
    (layer,) = (
        layer for layer in critic.layers if layer.name.startswith("features")
    )
    maps = keras.tree.flatten(layer.output)
    counted = footprint.judging(critic)
    outside = 2 * footprint.outputs(critic)
    assert footprint.outputs(critic) > sum(
        np.prod(one.shape[1:]) for one in maps
    )
    # The rectified maps of EfficientNet-Lite0 at 96 px: the stem's at half
    # its size, then two for each block, one where it does not expand.
    stem = 48 * 48 * 32
    sides = [48, 24, 24, 12, 12, *[6] * 6, *[3] * 5]
    before = [48, 48, 24, 24, 12, 12, 6, 6, 6, 6, 6, 6, 3, 3, 3, 3]
    widths = [32, 96, 144, 144, 240, 240, *[480] * 3, *[672] * 3, *[1152] * 4]
    inner = sum(
        width * (side**2 + (large**2 if number else 0))
        for number, (width, side, large) in enumerate(
            zip(widths, sides, before, strict=False)
        )
    )
    assert counted - outside == stem + inner


@pytest.mark.parametrize("critic", ["projected", "both"])
def test_a_dry_run_knows_critics_on_features(commands, tmp_path, critic):
    arguments = ("--data=shapes", "--limit=40", "--size=32", "--width=4")
    arguments += (f"--critic={critic}", "--adversarial_loss=hinge")
    arguments += ("--recipe=plain", "--network=dcgan", "--dry_run=json")
    finished = commands.run(TRAIN, *arguments, f"--run_dir={tmp_path / 'run'}")
    assert finished.code == 0, finished.err
    memory = json.loads(finished.out)["memory_mib"]
    # The rectified maps of 64 images alone take 130 MiB.
    assert memory["activations"] > 130
