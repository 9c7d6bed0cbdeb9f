"""Labels, an anchor and adaptive augmentation in one run, and its resume."""

import numpy as np
import pytest

from tests.support.running import SMOKE, TRAIN

# The controller looks at the critic after 16 steps.
STEPS = 20
STOP = 17
# Even this critic counts as one that knows its images by heart.
STRICT = (
    "from tfgan_transfer.training.adaptive_augment import AdaptiveAugment\n"
    "AdaptiveAugment.__init__.__kwdefaults__['target'] = -1.0\n"
)


def train(commands, run_dir, source, steps):
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run_dir}",
        f"--source={source}",
        "--model=acgan",
        "--anchor=ewc",
        "--augment=ada",
        "--holdout=60",
        f"--steps={steps}",
        setup=STRICT,
    )
    assert finished.code == 0, finished.err


def groups(run_dir):
    """Group -> path -> array, of the last checkpoint."""
    found = {}
    for file in run_dir.glob(f"checkpoints/step-{STEPS:08d}/*.npz"):
        with np.load(file) as arrays:
            found[file.stem] = dict(arrays)
    return found


@pytest.fixture(scope="module")
def whole(commands, unbroken, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("labelled") / "run"
    train(commands, run_dir, unbroken, STEPS)
    return run_dir


def test_all_three_have_an_effect(whole, unbroken):
    kept = groups(whole)
    assert kept["augmentation"]["probability"] > 0
    regulariser = kept["regulariser"]
    anchors = {n for n in regulariser if n.startswith("anchor/")}
    weighted = [
        np.abs(regulariser[name.replace("anchor", "importance", 1)]).max()
        for name in anchors
    ]
    assert anchors and min(weighted) >= 0 and max(weighted) > 0
    source = np.load(unbroken / "checkpoints/step-00000030/ema_generator.npz")
    # The last axis has the eight of the latent, which the source had, and ten
    # for the labels.
    name = "input/kernel"
    begun = regulariser[f"anchor/{name}"]
    np.testing.assert_array_equal(begun[..., :8], source[name])
    assert begun.shape[-1] == 18
    assert regulariser[f"importance/{name}"][..., 8:].max() > 0


def test_the_continued_run_is_the_unbroken_one(
    commands, whole, unbroken, tmp_path
):
    run_dir = tmp_path / "run"
    for steps in (STOP, STEPS):
        train(commands, run_dir, unbroken, steps)
    one, other = groups(whole), groups(run_dir)
    assert one.keys() == other.keys()
    assert {"augmentation", "regulariser", "critic_optimizer"} <= one.keys()
    for group, arrays in one.items():
        assert arrays.keys() == other[group].keys()
        for name, value in arrays.items():
            assert value.tobytes() == other[group][name].tobytes(), name
