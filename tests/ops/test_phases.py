"""Kernels that leave flat maps flat, against sums in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import small_networks as small
from tfgan_transfer.gans import step
from tfgan_transfer.layers.convolution import TransposedConvolution
from tfgan_transfer.networks import growth
from tfgan_transfer.ops import phases

SHAPES = pytest.mark.parametrize(
    ("sides", "strides"),
    [((4, 4), (2, 2)), ((5, 5), (2, 2)), ((5, 4), (2, 2)), ((6, 6), (3, 3))],
)


def kernel(sides, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(*sides, 3, 2)).astype("float32")


def sums(values, strides):
    """Of each phase, `[strides..., O, I]`."""
    down, across = strides
    return np.array(
        [
            [values[a::down, b::across].sum((0, 1)) for b in range(across)]
            for a in range(down)
        ]
    )


@SHAPES
def test_all_phases_have_the_mean_of_their_sums(sides, strides):
    before = kernel(sides)
    after = phases.equalised(tf.constant(before), strides).numpy()
    mean = sums(before, strides).mean((0, 1))
    np.testing.assert_allclose(
        sums(after, strides), np.broadcast_to(mean, (*strides, 3, 2)), atol=1e-5
    )
    # It is the nearest one: what is taken from a phase is the same for all
    # its taps, and a second time nothing is taken.
    taken = before - after
    for a in range(strides[0]):
        for b in range(strides[1]):
            part = taken[a :: strides[0], b :: strides[1]]
            assert np.ptp(part, axis=(0, 1)).max() < 1e-6
    again = phases.equalised(tf.constant(after), strides).numpy()
    np.testing.assert_allclose(again, after, atol=1e-6)
    assert abs(taken).max() > 0.1


def test_without_a_stride_nothing_changes():
    before = kernel((3, 3))
    after = phases.equalised(tf.constant(before), (1, 1)).numpy()
    np.testing.assert_allclose(after, before, atol=1e-6)


@SHAPES
def test_a_flat_map_stays_flat_but_for_its_edges(sides, strides):
    layer = TransposedConvolution(3, sides, strides, padding="same")
    flat = np.ones((1, 8, 8, 2), "float32") * np.array([1.0, -2.0], "float32")
    layer.build(flat.shape)
    layer.kernel.assign(kernel(sides))
    inside = (slice(None), slice(6, -6), slice(6, -6))
    assert np.ptp(layer(flat).numpy()[inside], axis=(1, 2)).min() > 0.1
    layer.kernel.assign(phases.equalised(layer.kernel.value, strides))
    np.testing.assert_allclose(
        np.ptp(layer(flat).numpy()[inside], axis=(1, 2)), 0, atol=1e-5
    )


def test_of_a_network_all_that_enlarges_and_trains_is_equalised():
    ends = small.ends((16, 16, 3))
    net = growth.generator(small.generator("dcgan", ends), (32, 32, 3), 4)
    net.get_layer("up2_conv").trainable = False
    before = {weight.path: weight.numpy() for weight in net.weights}
    step.equalise_phases(net)
    changed = {
        w.path for w in net.weights if np.any(w.numpy() != before[w.path])
    }
    assert changed == {"output/kernel", "grown32_features/kernel"}
    for path in changed:
        values = next(w.numpy() for w in net.weights if w.path == path)
        assert np.ptp(sums(values, (2, 2)), axis=(0, 1)).max() < 1e-5
    assert isinstance(net.get_layer("output"), keras.layers.Conv2DTranspose)
