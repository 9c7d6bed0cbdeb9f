"""Geometry, argument checks and the residual block."""

import keras
import numpy as np
import pytest
from scipy.signal import correlate

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import NETWORKS, blocks


@pytest.mark.parametrize(
    ("side", "count", "base"),
    [
        (8, 2, 2),
        (16, 3, 2),
        (24, 3, 3),
        (28, 2, 7),
        (32, 4, 2),
        (48, 4, 3),
        (64, 4, 4),
        (96, 4, 6),
        (128, 5, 4),
        (256, 6, 4),
    ],
)
def test_resnet_blocks_are_as_near_to_four_as_fits(side, count, base):
    assert blocks.doublings((side, side, 3), (2, 7)) == (count, (base, base))


@pytest.mark.parametrize(
    ("side", "count", "base"),
    [(8, 1, 4), (28, 2, 7), (32, 3, 4), (48, 3, 6), (64, 4, 4), (256, 6, 4)],
)
def test_default_base_is_four_to_seven(side, count, base):
    assert blocks.doublings((side, side, 1)) == (count, (base, base))


def test_shorter_side_decides():
    assert blocks.doublings((32, 48, 3)) == (3, (4, 6))
    assert blocks.doublings((96, 32, 3)) == (3, (12, 4))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            (100, 100, 3),
            "--size: one power of two must divide both sides and leave 4 to 7 "
            "px of the shorter, received 100x100 px; the nearest square is "
            "--size=96.",
        ),
        (
            (32, 36, 3),
            "--size: one power of two must divide both sides and leave 4 to 7 "
            "px of the shorter, received 32x36 px; the nearest square is "
            "--size=32.",
        ),
        (
            (4, 4, 3),
            "--size: the networks draw images of 8 to 256 px, received 4x4 px; "
            "choose a --size in that range.",
        ),
        (
            (64, 512, 3),
            "--size: the networks draw images of 8 to 256 px, received 64x512 "
            "px; choose a --size in that range.",
        ),
        ((64, 64, 0), "Images need at least one channel, received 0."),
    ],
)
def test_impossible_shapes_are_refused(shape, message):
    with pytest.raises(UserError) as error:
        blocks.doublings(shape)
    assert error.value.command_line == message


def test_suggested_size_is_accepted():
    for side in range(8, 257):
        try:
            blocks.doublings((side, side, 3), (2, 7))
        except UserError as error:
            suggestion = int(str(error).split("=")[-1].rstrip("."))
            blocks.doublings((suggestion, suggestion, 3), (2, 7))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "--width: expected at least 1, received 0."),
        (
            {"latent_size": 0},
            "--latent_size: expected at least 1, received 0.",
        ),
        (
            {"conditioning": "concat"},
            "conditioning: expected 'none' without labels and 'concat', "
            "'batch_norm' or 'embedding' with labels, received 'concat' with "
            "num_labels=0.",
        ),
        (
            {"num_labels": 5},
            "conditioning: expected 'none' without labels and 'concat', "
            "'batch_norm' or 'embedding' with labels, received 'none' with "
            "num_labels=5.",
        ),
        (
            {"num_labels": 5, "conditioning": "batchnorm"},
            "conditioning: unknown value 'batchnorm', expected one of none, "
            "concat, batch_norm, embedding. Did you mean 'batch_norm'?",
        ),
    ],
)
def test_generator_refuses_wrong_arguments(network, arguments, message):
    with pytest.raises(UserError) as error:
        NETWORKS[network].generator((32, 32, 3), **arguments)
    assert error.value.command_line == message


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": -1}, "--width: expected at least 1, received -1."),
        ({"num_labels": -1}, "num_labels: expected 0 or more, received -1."),
        (
            {"norm": "layr"},
            "norm: unknown value 'layr', expected one of layer, batch, none. "
            "Did you mean 'layer'?",
        ),
    ],
)
def test_critic_refuses_wrong_arguments(network, arguments, message):
    with pytest.raises(UserError) as error:
        NETWORKS[network].critic((32, 32, 3), **arguments)
    assert error.value.command_line == message


def block(shape, channels, resample, norm="none", **arguments):
    x = keras.Input(shape)
    y = blocks.residual(
        x, "b", channels, blocks.critic_norm(norm), resample, **arguments
    )
    return keras.Model(x, y)


def pixel_kernel(value):
    """A 3x3 kernel that multiplies one channel by a value."""
    kernel = np.zeros((3, 3, 1, 1), "float32")
    kernel[1, 1] = value
    return kernel


def set_weights(net, **weights):
    """Sets a layer's kernel, or kernel and bias."""
    for name, values in weights.items():
        net.get_layer(f"b_{name}").set_weights(
            [np.array(value, "float32") for value in values]
        )


IMAGE = np.array([[1.0, -2.0], [3.0, 4.0]], "float32").reshape(1, 2, 2, 1)


def test_down_block_by_hand():
    net = block((2, 2, 1), 1, "down")
    set_weights(
        net,
        conv1=[pixel_kernel(2)],
        conv2=[pixel_kernel(3), [0.5]],
        shortcut=[[[[[-1.0]]]], [0.25]],
    )
    # Main: mean of 3 * 2 * (1, 0, 3, 4) + 0.5; shortcut: 0.25 - mean.
    assert net(IMAGE).numpy().item() == 12.5 + 0.25 - 1.5


def test_up_block_by_hand():
    net = block((2, 2, 1), 1, "up", first_bias=True)
    set_weights(
        net,
        conv1=[pixel_kernel(2), [-1.0]],
        conv2=[pixel_kernel(3), [0.5]],
        shortcut=[[[[[-1.0]]]], [0.25]],
    )
    # Main: 3 * relu(2 * relu(x) - 1) + 0.5; shortcut: 0.25 - x.
    expected = np.kron(
        np.array([[3.5 - 0.75, 0.5 + 2.25], [15.5 - 2.75, 21.5 - 3.75]]),
        np.ones((2, 2)),
    )
    np.testing.assert_allclose(net(IMAGE)[0, :, :, 0], expected)


def test_same_block_without_weights_is_the_identity():
    net = block((2, 2, 1), 1, "same")
    set_weights(net, conv2=[pixel_kernel(0), [0.0]])
    np.testing.assert_array_equal(net(IMAGE), IMAGE)
    assert "b_shortcut" not in [layer.name for layer in net.layers]
    wider = block((2, 2, 1), 5, "same")
    assert wider.output_shape == (None, 2, 2, 5)
    assert wider.get_layer("b_shortcut").kernel.shape == (1, 1, 1, 5)


def numpy_norm(x, gamma, beta):
    x = x - x.mean()
    return x / np.sqrt((x**2).mean() + 1e-5) * gamma + beta


def numpy_conv(x, kernel, bias=0.0):
    """Zero-padded "same" convolution of one image [H, W, C]."""
    maps = [
        sum(
            correlate(x[..., i], kernel[..., i, o], mode="same")
            for i in range(x.shape[-1])
        )
        for o in range(kernel.shape[-1])
    ]
    return np.stack(maps, -1) + bias


def numpy_pool(x):
    return x.reshape(2, 2, 2, 2, -1).mean(axis=(1, 3))


def test_down_block_with_layer_norm_equals_numpy():
    net = block((4, 4, 2), 3, "down", "layer")
    random = np.random.default_rng(0)
    for weight in net.weights:
        weight.assign(random.normal(size=weight.shape))
    w = {v.path: np.float64(v.numpy()) for v in net.weights}
    x = random.normal(size=(4, 4, 2))
    y = numpy_norm(x, w["b_norm1/gamma"], w["b_norm1/beta"])
    y = numpy_conv(np.maximum(y, 0), w["b_conv1/kernel"])
    y = numpy_norm(y, w["b_norm2/gamma"], w["b_norm2/beta"])
    y = numpy_conv(np.maximum(y, 0), w["b_conv2/kernel"], w["b_conv2/bias"])
    shortcut = numpy_pool(x) @ w["b_shortcut/kernel"][0, 0]
    expected = numpy_pool(y) + shortcut + w["b_shortcut/bias"]
    np.testing.assert_allclose(net(x[None])[0], expected, rtol=1e-4)


def test_grow_repeats_and_shrink_averages():
    x = keras.Input((2, 2, 1))
    net = keras.Model(x, [blocks.grow(x, "grow"), blocks.shrink(x, "shrink")])
    grown, shrunk = net(IMAGE)
    np.testing.assert_array_equal(
        grown[0, :, :, 0],
        [[1, 1, -2, -2], [1, 1, -2, -2], [3, 3, 4, 4], [3, 3, 4, 4]],
    )
    assert shrunk.numpy().item() == 1.5


def test_initial_variances():
    net = block((2, 2, 128), 256, "up")
    for name, fan in (("conv1", 9 * 192), ("conv2", 9 * 256)):
        kernel = net.get_layer(f"b_{name}").kernel.numpy()
        assert kernel.var() == pytest.approx(2 / fan, rel=0.02)
        # Uniform: the largest value is sqrt(3) standard deviations.
        assert abs(kernel).max() == pytest.approx(np.sqrt(6 / fan), rel=0.02)
    shortcut = net.get_layer("b_shortcut").kernel.numpy()
    assert shortcut.var() == pytest.approx(1 / 192, rel=0.02)
