"""Selectors, stages, what is frozen, and how frozen norms behave."""

import numpy as np
import pytest

from tests.support import small_networks as small
from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import dcgan
from tfgan_transfer.transfer import freeze

AT = small.ends((64, 64, 3))
LABELLED = small.ends((64, 64, 3), "ab", "batch_norm")


def frozen(net):
    return {layer.name for layer in net.layers if not layer.trainable}


def test_parse():
    assert freeze.parse("") == ()
    assert freeze.parse("critic:0-2, generator : all-but-norm,") == (
        ("critic", "0-2"),
        ("generator", "all-but-norm"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "critic",
            "--freeze: expected network:selector, received 'critic'; write "
            "for example --freeze=critic:0-2.",
        ),
        (
            "generator:1,critic:",
            "--freeze: expected network:selector, received 'critic:'; write "
            "for example --freeze=critic:0-2.",
        ),
        (
            "citric:0",
            "--freeze: unknown value 'citric', expected one of generator, "
            "critic. Did you mean 'critic'?",
        ),
    ],
)
def test_parse_refuses(text, message):
    with pytest.raises(UserError) as error:
        freeze.parse(text)
    assert error.value.command_line == message


def test_freeze_the_critic_from_the_pixels():
    net = small.critic("dcgan", AT)
    coverage = freeze.freeze(net, "0-1")
    # 4x4 convolutions 3 -> 2 and 2 -> 4; the rest 4 -> 8 -> 16 -> 1.
    parameters = (48 * 2 + 2) + (32 * 4 + 4)
    total = parameters + (64 * 8 + 8) + (128 * 16 + 16) + (256 + 1)
    assert coverage == freeze.Coverage(
        "critic",
        ("down1", "down2"),
        ("down1_conv", "down2_conv"),
        parameters,
        total,
    )
    assert str(coverage) == (
        "critic: frozen down1, down2, 7 % of 3,071 parameters"
    )
    assert frozen(net) == {"down1_conv", "down2_conv"}
    assert len(net.trainable_weights) == 6


@pytest.mark.parametrize(
    ("network", "build", "selector", "stages"),
    [
        ("dcgan", small.generator, "0-1", ("output", "up2")),
        ("dcgan", small.generator, "4", ("input",)),
        ("dcgan", small.critic, "4", ("score",)),
        ("dcgan", small.critic, "5", ("class_logits",)),
        ("resnet", small.generator, "1", ("up1",)),
        ("resnet", small.critic, "0-2", ("input", "down1", "down2")),
        ("resnet_cifar", small.critic, "2-3", ("down3", "same1")),
        ("resnet_cifar", small.critic, "same*", ("same1", "same2")),
        ("resnet", small.critic, "down2", ("down2",)),
        ("resnet", small.critic, "down?_norm1", None),
    ],
)
def test_selectors(network, build, selector, stages):
    net = build(network, LABELLED)
    coverage = freeze.freeze(net, selector)
    if stages is None:
        stages = tuple(f"down{i} (part)" for i in (1, 2, 3, 4))
        assert frozen(net) == {f"down{i}_norm1" for i in (1, 2, 3, 4)}
    assert coverage.stages == stages
    assert set(coverage.layers) == frozen(net)


@pytest.mark.parametrize("at", [AT, LABELLED], ids=["plain", "labelled"])
def test_all_but_norm(at):
    net = small.generator("resnet", at)
    freeze.freeze(net, "all-but-norm")
    assert {w.name for w in net.trainable_weights} == {"gamma", "beta"}
    assert len(net.trainable_weights) == 2 * (4 * 2 + 1)
    net = small.critic("resnet", at)
    coverage = freeze.freeze(net, "all-but-norm")
    assert {w.name for w in net.trainable_weights} == {"gamma", "beta"}
    assert "score" in coverage.stages


def test_selectors_add_up():
    net = small.critic("dcgan", AT)
    freeze.freeze(net, "1")
    assert freeze.freeze(net, "score").stages == ("down2", "score")


@pytest.mark.parametrize("selector", ["4-5", "7", "2-1", "up*", "Score"])
def test_selectors_without_a_match_name_the_stages(selector):
    net = small.critic("dcgan", AT)
    with pytest.raises(UserError) as error:
        freeze.freeze(net, selector)
    assert error.value.command_line == (
        f"--freeze: critic:{selector} matches no layer, expected a stage, a "
        "range, all-but-norm or a pattern; its stages are 0 down1, 1 down2, "
        "2 down3, 3 down4, 4 score."
    )
    assert not frozen(net)


@pytest.mark.parametrize("selector", ["0-4", "*", "all-but-norm"])
def test_something_has_to_be_trained(selector):
    net = small.critic("dcgan", AT)
    with pytest.raises(UserError) as error:
        freeze.freeze(net, selector)
    assert error.value.command_line == (
        f"--freeze: critic:{selector} leaves nothing to train, freeze less "
        "of it; its stages are 0 down1, 1 down2, 2 down3, 3 down4, 4 score."
    )
    assert not frozen(net)
    freeze.freeze(net, "0-3")
    with pytest.raises(UserError, match="leaves nothing to train"):
        freeze.freeze(net, "4")


@pytest.mark.parametrize("at", [AT, LABELLED], ids=["plain", "labelled"])
def test_frozen_norms_use_and_keep_their_moving_statistics(at):
    net = small.generator("dcgan", at)
    freeze.freeze(net, "*_norm")
    before = small.arrays(net)
    given = small.latents()
    if at.vocabulary:
        given = [given, small.one_hot(1, 2)]
    evaluated = net(given, training=False)
    np.testing.assert_array_equal(net(given, training=True), evaluated)
    for path, value in small.arrays(net).items():
        np.testing.assert_array_equal(value, before[path])


def test_full_width_share():
    coverage = freeze.freeze(dcgan.critic((32, 32, 3)), "0-1")
    assert str(coverage) == (
        "critic: frozen down1, down2, 20 % of 662,977 parameters"
    )
