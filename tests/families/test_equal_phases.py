"""The train command with kernels that leave flat maps flat."""

import numpy as np
import pytest

from tests.support.running import SMOKE, TRAIN


def unevenness(path, step):
    """Of each kernel of stride 2, how far its phases' sums are apart."""
    weights = np.load(path / f"checkpoints/step-{step:08d}/generator.npz")
    kernels = {
        name: value
        for name, value in weights.items()
        if value.shape[:2] == (4, 4) and not name.startswith("input")
    }
    assert len(kernels) >= 2
    return {
        name: np.ptp(
            [k[a::2, b::2].sum((0, 1)) for a in (0, 1) for b in (0, 1)], axis=0
        ).max()
        for name, k in kernels.items()
    }


def test_each_step_leaves_equal_phases(commands, tmp_path):
    options = (SMOKE, "--size=16", "--steps=4", "--checkpoint_every=2")
    for name, flags in (("even", ("--equal_phases",)), ("free", ())):
        path = tmp_path / name
        done = commands.run(TRAIN, *options, f"--run_dir={path}", *flags)
        assert done.code == 0, done.err
    for step in (2, 4):
        assert max(unevenness(tmp_path / "even", step).values()) < 1e-6
        assert min(unevenness(tmp_path / "free", step).values()) > 1e-3
    # A run that has begun without goes on without, and says so.
    refused = commands.run(
        TRAIN, *options, f"--run_dir={tmp_path / 'free'}", "--equal_phases"
    )
    assert refused.code == 2 and "equal_phases" in refused.err


@pytest.mark.parametrize("network", ["resnet", "resnet_cifar"])
def test_a_network_without_such_kernels_is_named(network, commands, tmp_path):
    done = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={tmp_path / 'run'}",
        f"--network={network}",
        "--steps=1",
        "--equal_phases",
    )
    assert done.code == 0, done.err
    words = f"--network={network} has no transposed convolutions, so it changes"
    assert words in done.out
