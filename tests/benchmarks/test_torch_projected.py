"""A peer's features are ours."""

import importlib
import pathlib
import sys

import numpy as np
import pytest

from tfgan_transfer.networks import lite0, lite0_weights

torch = pytest.importorskip("torch", reason="the peers need PyTorch")
BENCHMARKS = str(pathlib.Path(__file__).parents[2] / "benchmarks")


@pytest.fixture(scope="module")
def torch_projected():
    sys.path.insert(0, BENCHMARKS)
    yield importlib.import_module("torch_projected")
    sys.path.remove(BENCHMARKS)


@pytest.mark.parametrize("side", [64, 96])
def test_its_maps_are_those_of_lite0_turned(torch_projected, side):
    layers = lite0.folded(lite0_weights.load())
    layers.popitem()
    features = torch_projected.Features(side)
    torch_projected.learned(features, layers.values())
    images = np.random.default_rng(0).uniform(-1, 1, (2, side, side, 3))
    images = images.astype(np.float32)
    turned = torch.from_numpy(images).permute(0, 3, 1, 2).flip(2, 3)
    found = features.maps(turned)
    expected = lite0.maps(images, tuple(lite0.CHANNELS))
    for theirs, ours in zip(found, expected.values(), strict=True):
        theirs = theirs.flip(2, 3).permute(0, 2, 3, 1).numpy()
        np.testing.assert_allclose(theirs, ours, atol=1e-4 * np.abs(ours).max())
