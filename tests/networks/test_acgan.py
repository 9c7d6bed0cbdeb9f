"""The paper's parameter counts and maps, and where the critic's noise is."""

import numpy as np
import pytest

from tfgan_transfer.networks import acgan


def count(net):
    return sum(np.prod(v.shape) for v in net.weights)


def maps(net):
    return {
        layer.name: layer.output.shape[1:]
        for layer in net.layers
        if layer.name == "input_map" or "conv" in layer.name
    } | {"output": net.output.shape[1:]}


def test_the_pair_at_128_has_the_papers_size():
    """With batch norm's statistics, 100 + 10 inputs, 10 + 1 outputs."""
    generator = acgan.generator(
        (128, 128, 3), num_labels=10, conditioning="concat"
    )
    assert count(generator) == 16_533_635
    critic = acgan.critic(
        (128, 128, 3), num_labels=10, norm="batch", dropout=0.5
    )
    assert count(critic) == 3_018_539


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (
            128,
            {
                "input_map": (8, 8, 768),
                "up4_conv": (16, 16, 384),
                "up3_conv": (32, 32, 256),
                "up2_conv": (64, 64, 192),
            },
        ),
        (
            64,
            {
                "input_map": (4, 4, 768),
                "up4_conv": (8, 8, 384),
                "up3_conv": (16, 16, 256),
                "up2_conv": (32, 32, 192),
            },
        ),
        (
            32,
            {
                "input_map": (4, 4, 384),
                "up3_conv": (8, 8, 192),
                "up2_conv": (16, 16, 96),
            },
        ),
    ],
)
def test_maps_of_the_generators(side, expected):
    net = acgan.generator((side, side, 3))
    assert maps(net) == expected | {"output": (side, side, 3)}
    assert "input_norm" not in [layer.name for layer in net.layers]
    kernel = net.get_layer("up2_conv").kernel
    assert kernel.shape[:2] == (5, 5)
    assert np.std(kernel) == pytest.approx(0.02, rel=0.02)


def test_maps_of_the_critic():
    net = acgan.critic((64, 48, 3), norm="batch")
    got = [net.get_layer(f"down{i}_conv").output.shape[1:] for i in range(1, 7)]
    assert got == [
        (32, 24, 16),
        (32, 24, 32),
        (16, 12, 64),
        (16, 12, 128),
        (8, 6, 256),
        (8, 6, 512),
    ]
    norms = [x.name for x in net.layers if x.name.endswith("norm")]
    assert norms == [f"down{i}_norm" for i in range(2, 7)]
    assert net.get_layer("down3_relu").negative_slope == 0.2


def images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_dropout_follows_the_seed_of_each_image_and_training_only():
    net = acgan.critic((8, 8, 1), width=12, dropout=0.5, num_labels=2)
    assert [x.name for x in net.inputs] == ["image", "noise"]
    dropped = [x.name for x in net.layers if "dropout" in x.name]
    assert dropped == [f"down{i}_dropout" for i in range(1, 7)]
    x = images(4, 8, 8, 1)
    seeds = np.float32([0.1, 0.2, 0.3, 0.4])
    score, logits = net([x, seeds], training=True)
    alone, its_logits = net([x[2:3], seeds[2:3]], training=True)
    np.testing.assert_allclose(score[2:3], alone, rtol=1e-4)
    np.testing.assert_allclose(logits[2:3], its_logits, rtol=1e-4)
    other = net([x, seeds[::-1].copy()], training=True)[0]
    assert (abs(score - other) > 1e-9).numpy().all()
    still = net([x, seeds], training=False)[0]
    np.testing.assert_array_equal(still, net([x, 0 * seeds])[0])
    assert (still != score).numpy().all()


def test_activation_noise_has_its_layers():
    net = acgan.critic((8, 8, 1), width=12, activation_noise=0.1)
    names = [x.name for x in net.layers if x.name.endswith("_noise")]
    assert names == [f"down{i}_noise" for i in range(1, 7)]
    x, seeds = images(2, 8, 8, 1), np.float32([0.5, 0.6])
    moved = net([x, seeds], training=True) - net([x, seeds], training=False)
    assert (moved != 0).numpy().all()


def test_without_noise_there_is_one_input():
    assert len(acgan.critic((8, 8, 1), width=12).inputs) == 1
