"""Parameter counts, weight paths and details of the two ResNet families."""

import keras
import numpy as np
import pytest

from tfgan_transfer.networks import resnet, resnet_cifar


def labels(count, conditioning):
    return {"num_labels": count, "conditioning": conditioning}


@pytest.mark.parametrize(
    ("build", "side", "arguments", "expected"),
    [
        (resnet.generator, 64, {}, 8_540_483),
        (resnet.generator, 64, labels(10, "batch_norm"), 8_584_259),
        (resnet.generator, 64, labels(10, "concat"), 8_622_403),
        (resnet.generator, 32, {}, 7_747_907),
        (resnet.critic, 64, {}, 7_491_841),
        (resnet.critic, 64, {"num_labels": 10}, 7_573_771),
        (resnet.critic, 32, {}, 7_485_697),
        (resnet_cifar.generator, 32, {}, 1_204_483),
        (resnet_cifar.generator, 32, labels(10, "batch_norm"), 1_218_307),
        (resnet_cifar.critic, 32, {}, 1_053_825),
        (resnet_cifar.critic, 32, {"num_labels": 10}, 1_053_825 + 1_290),
    ],
)
def test_parameter_counts(build, side, arguments, expected):
    net = build((side, side, 3), **arguments)
    assert sum(np.prod(v.shape) for v in net.trainable_weights) == expected


def test_unconditional_generator_has_the_usual_statistics():
    net = resnet.generator((64, 64, 3))
    count = sum(np.prod(v.shape) for v in net.non_trainable_weights)
    assert count == 4_864


def paths(net):
    """Weight paths, shortened to `layer: its weights`."""
    found = {}
    for weight in net.weights:
        layer, name = weight.path.split("/")
        found.setdefault(layer, []).append(name)
    return {layer: " ".join(names) for layer, names in found.items()}


AFFINE = "kernel bias"
BATCH = "gamma beta moving_mean moving_variance"
LAYER = "gamma beta"


def test_resnet_generator_paths():
    stages = {}
    for stage in ("up3", "up2", "up1"):
        stages |= {
            f"{stage}_norm1": BATCH,
            f"{stage}_conv1": "kernel",
            f"{stage}_norm2": BATCH,
            f"{stage}_conv2": AFFINE,
            f"{stage}_shortcut": AFFINE,
        }
    expected = {"input": AFFINE, **stages, "output_norm": BATCH}
    net = resnet.generator((16, 16, 3), width=2)
    assert paths(net) == {**expected, "output": AFFINE}
    assert net.get_layer("up1_conv1").output.shape[1:3] == (16, 16)


def test_resnet_critic_paths():
    net = resnet.critic((8, 8, 3), width=2, num_labels=2)
    assert paths(net) == {
        "input": AFFINE,
        "down1_norm1": LAYER,
        "down1_conv1": "kernel",
        "down1_norm2": LAYER,
        "down1_conv2": AFFINE,
        "down1_shortcut": AFFINE,
        "down2_norm1": LAYER,
        "down2_conv1": "kernel",
        "down2_norm2": LAYER,
        "down2_conv2": AFFINE,
        "down2_shortcut": AFFINE,
        "score": AFFINE,
        "class_logits": AFFINE,
    }
    assert net.get_layer("down1_conv1").output.shape[1:3] == (8, 8)


def test_cifar_generator_paths():
    net = resnet_cifar.generator(
        (8, 8, 3), width=2, num_labels=3, conditioning="batch_norm"
    )
    assert paths(net) == {
        "input": AFFINE,
        "up1_norm1": BATCH,
        "up1_conv1": AFFINE,
        "up1_norm2": BATCH,
        "up1_conv2": AFFINE,
        "up1_shortcut": AFFINE,
        "output_norm": BATCH,
        "output": AFFINE,
    }
    assert net.get_layer("up1_norm2").gamma.shape == (3, 2)
    assert net.get_layer("output_norm").gamma.shape == (2,)


def test_cifar_critic_paths():
    net = resnet_cifar.critic((32, 32, 3), width=2, norm="layer")
    assert paths(net) == {
        "down1_conv1": AFFINE,
        "down1_conv2": AFFINE,
        "down1_shortcut": AFFINE,
        "down2_norm1": LAYER,
        "down2_conv1": AFFINE,
        "down2_norm2": LAYER,
        "down2_conv2": AFFINE,
        "down2_shortcut": AFFINE,
        "same1_norm1": LAYER,
        "same1_conv1": AFFINE,
        "same1_norm2": LAYER,
        "same1_conv2": AFFINE,
        "same2_norm1": LAYER,
        "same2_conv1": AFFINE,
        "same2_norm2": LAYER,
        "same2_conv2": AFFINE,
        "score": AFFINE,
    }


def test_resnet_norms_become_conditional_up_to_the_last():
    net = resnet.generator(
        (8, 8, 3), width=2, num_labels=3, conditioning="batch_norm"
    )
    assert net.get_layer("output_norm").gamma.shape == (3, 2)


def test_without_norm_the_resnet_critic_has_none():
    net = resnet.critic((16, 16, 3), width=2, norm="none")
    assert not any("norm" in v.path for v in net.weights)
    assert all("kernel" in v.path or "bias" in v.path for v in net.weights)


def test_spectral_norm_covers_all_but_the_class_head():
    for build in (resnet.critic, resnet_cifar.critic):
        net = build((8, 8, 3), width=2, num_labels=2, spectral_norm=True)
        kernels = {v.path.split("/")[0] for v in net.trainable_weights}
        vectors = {v.path.split("/")[0] for v in net.non_trainable_weights}
        plain = {name for name in kernels if "norm" in name}
        assert kernels - vectors - plain == {"class_logits"}


def test_channels_double_away_from_the_pixels_up_to_eight_widths():
    net = resnet.critic((128, 128, 3), width=2)
    found = [net.get_layer(f"down{i}_conv2").filters for i in range(1, 6)]
    assert found == [4, 8, 16, 16, 16]
    net = resnet.generator((128, 128, 3), width=2)
    found = [net.get_layer(f"up{i}_conv2").filters for i in range(5, 0, -1)]
    assert found == [16, 16, 8, 4, 2]


def test_cifar_first_block_sees_raw_pixels():
    """Negative pixels must reach the first convolution unrectified."""
    net = resnet_cifar.critic((8, 8, 1), width=1)
    inner = keras.Model(net.input, net.get_layer("down1_sum").output)
    center = np.zeros((3, 3, 1, 1), "float32")
    center[1, 1] = -1
    zero = np.zeros(1, "float32")
    inner.get_layer("down1_conv1").set_weights([center, zero])
    inner.get_layer("down1_conv2").set_weights([center, zero])
    inner.get_layer("down1_shortcut").set_weights([center[1:2, 1:2], zero])
    image = np.full((1, 8, 8, 1), -0.5, "float32")
    # Main: -relu(0.5); shortcut: 0.5.
    np.testing.assert_allclose(inner(image), 0, atol=1e-7)
    np.testing.assert_allclose(inner(-image), -0.5, atol=1e-7)
