"""Parameter counts, weight paths and geometry of the DCGAN pair."""

import numpy as np
import pytest

from tfgan_transfer.networks import dcgan


def trainable(net):
    return sum(np.prod(v.shape) for v in net.trainable_weights)


def test_tagged_pair_has_the_reports_size():
    generator = dcgan.generator(
        (64, 64, 3), num_labels=23, conditioning="concat"
    )
    assert trainable(generator) == 3_766_083
    statistics = sum(np.prod(v.shape) for v in generator.non_trainable_weights)
    assert trainable(generator) + statistics == 3_768_003
    critic = dcgan.critic((64, 64, 3), num_labels=23)
    assert trainable(critic) == 2_953_176


def test_generator_paths_and_maps():
    net = dcgan.generator((64, 64, 3), width=2)
    batch = ("gamma", "beta", "moving_mean", "moving_variance")
    affine = ("kernel", "bias")
    expected = [f"input/{name}" for name in affine]
    for stage in (4, 3, 2):
        expected += [f"up{stage}_norm/{name}" for name in batch]
        expected += [f"up{stage}_conv/{name}" for name in affine]
    expected += [f"output_norm/{name}" for name in batch]
    expected += [f"output/{name}" for name in affine]
    assert [v.path for v in net.weights] == expected
    maps = [
        net.get_layer(name).output.shape[1:]
        for name in ("input", "up4_conv", "up3_conv", "up2_conv", "output")
    ]
    assert maps == [
        (4, 4, 16),
        (8, 8, 8),
        (16, 16, 4),
        (32, 32, 2),
        (64, 64, 3),
    ]


def test_critic_paths_and_maps():
    net = dcgan.critic((32, 48, 3), width=2, num_labels=5)
    names = ("down1_conv", "down2_conv", "down3_conv", "score", "class_logits")
    assert sorted(v.path for v in net.weights) == sorted(
        f"{name}/{weight}" for name in names for weight in ("kernel", "bias")
    )
    assert [net.get_layer(name).output.shape[1:] for name in names] == [
        (16, 24, 2),
        (8, 12, 4),
        (4, 6, 8),
        (1, 1, 1),
        (1, 1, 5),
    ]
    norms = dcgan.critic((32, 32, 3), width=2, norm="layer").layers
    assert [x.name for x in norms if "norm" in x.name] == [
        "down2_norm",
        "down3_norm",
    ]


@pytest.mark.parametrize(
    ("shape", "base", "stages"),
    [
        ((8, 8, 1), (4, 4), 1),
        ((32, 32, 3), (4, 4), 3),
        ((96, 96, 3), (6, 6), 4),
        ((48, 32, 3), (6, 4), 3),
    ],
)
def test_base_and_stages_by_size(shape, base, stages):
    net = dcgan.generator(shape, width=1)
    assert net.get_layer("input").kernel_size == base
    assert sum("kernel" in v.path for v in net.weights) == stages + 1
    critic = dcgan.critic(shape, width=1)
    assert critic.get_layer("score").kernel_size == base


def test_initial_deviation():
    net = dcgan.critic((64, 64, 3))
    kernel = net.get_layer("down4_conv").kernel.numpy()
    assert kernel.std() == pytest.approx(0.02, rel=0.01)
    assert net.get_layer("down4_relu").negative_slope == 0.2


def test_spectral_norm_covers_all_but_the_class_head():
    net = dcgan.critic((8, 8, 3), width=2, num_labels=2, spectral_norm=True)
    vectors = {v.path for v in net.non_trainable_weights}
    assert vectors == {"down1_conv/u", "score/u"}
