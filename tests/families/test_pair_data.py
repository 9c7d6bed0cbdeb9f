"""Data of CycleGAN: one folder for both sets, and pieces of larger images."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.support.running import TRAIN
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.pair import plan
from tfgan_transfer.settings import config

EVALUATE = "tfgan_transfer.evaluate"
SMOKE = "--flagfile=configs/smoke/cyclegan.flags"


def fill(folder, count, first=0):
    folder.mkdir(parents=True)
    for i in range(count):
        rng = np.random.default_rng(first + i)
        pixels = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "pair"
    for i, (part, count) in enumerate(
        (("trainA", 7), ("trainB", 5), ("testA", 4), ("testB", 3))
    ):
        fill(root / part, count, 100 * i)
    return root


def settings(**explicit):
    explicit = {"model": "cyclegan", "size": "16", **explicit}
    return config.resolve(explicit, None, side=20, count=7)


@pytest.mark.parametrize(
    ("size", "smallest", "loaded"),
    [
        ("256", 300, "286"),
        ("64", 96, "72"),
        ("64x32", 96, "72x36"),
        # Enlarged images would be blurred ones.
        ("64", 64, None),
        ("128", 142, None),
    ],
)
def test_large_images_are_loaded_larger_than_they_are_cut(
    size, smallest, loaded
):
    assert plan._jittered({"size": size}, smallest) == loaded


def test_one_folder_for_both_sets(commands, folder, tmp_path):
    """Trained, continued by the same command, and evaluated."""
    run = tmp_path / "run"
    flags = (
        "--model=cyclegan",
        f"--data=folder:{folder}",
        f"--run_dir={run}",
        "--size=16",
        "--load_size=18",
        "--network=unet",
        "--width=2",
        "--critic_layers=1",
        "--lr_decay=none",
        "--batch_size=2",
        "--sample_grid=2",
    )
    for steps in (2, 3):
        done = commands.run(TRAIN, *flags, f"--steps={steps}")
        assert done.code == 0, done.err
    assert "continuing at step 2" in done.out
    assert f"data A    folder:{folder}#trainA: 7 images of 18x18x3, 4 held" in (
        done.out
    )
    stored = json.loads((run / "config.json").read_text())
    assert stored["data"]["holdout"] == 7
    assert stored["flags"]["data"] is None
    assert stored["flags"]["test_b"] == f"folder:{folder}#testB"
    sheet = Image.open(run / "samples" / "a2b-00000003.png")
    assert sheet.size == (3 * 17 * 4, 2 * 17 * 4)
    done = commands.run(EVALUATE, f"--run_dir={run}", "--metrics=swd", "--json")
    assert done.code == 0, done.err
    first = json.loads(done.out)["evaluation"][0]
    assert first["n_real"] == 3 and "held-out images of B" in first["protocol"]


def test_a_dry_run_counts_the_images_to_test_with(commands, folder, tmp_path):
    done = commands.run(
        TRAIN,
        "--model=cyclegan",
        f"--data=folder:{folder}",
        f"--run_dir={tmp_path / 'run'}",
        "--size=16",
        "--critic_layers=1",
        "--dry_run=json",
    )
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert plan["data_a"]["images_used"] == 7
    assert plan["data_a"]["images_held_out"] == 4
    assert plan["data_b"]["images_held_out"] == 3


def test_larger_images_are_trained_on_and_plain_ones_judged(folder):
    flags = settings(
        data_a=f"folder:{folder}#trainA",
        data_b=f"folder:{folder}#trainB",
        holdout=2,
        load_size="18x20",
    )
    split = pairs.load_data(flags)
    assert split.train.a.images.shape == (5, 18, 20, 3)
    assert split.holdout.a.images.shape == (2, 16, 16, 3)
    assert split.plain.a.images.shape == (5, 16, 16, 3)
    assert split.plain.a.names == split.train.a.names
    usual = pairs.load_data({**flags, "load_size": None})
    for name in ("holdout", "plain"):
        np.testing.assert_array_equal(
            getattr(split, name).b.images, getattr(usual, name).b.images
        )
    assert usual.train.a.images.shape == (5, 16, 16, 3)


def test_mistakes_end_in_one_line(commands, folder, tmp_path):
    run = f"--run_dir={tmp_path / 'run'}"
    pair = ("--model=cyclegan", f"--data=folder:{folder}", "--size=16", run)
    for flags, message in (
        ((*pair, "--data_a=shapes"), "--data: stands for --data_a, --data_b, "),
        ((*pair, "--holdout=2"), "--holdout: --test_a and --test_b are held"),
        ((*pair, "--load_size=12"), "--load_size: expected at least --size=16"),
        ((*pair, "--load_size=x"), "--load_size: expected a side"),
        (
            ("--model=cyclegan", f"--data=folder:{folder}#testA", run),
            "expected the folders trainA and trainB",
        ),
        ((SMOKE, "--holdout=0", "--test_a=shapes", run), "--test_b: expected"),
        (
            (SMOKE, "--holdout=0", "--test_a=shapes", "--test_b=shapez", run),
            "error: --test_b",
        ),
    ):
        done = commands.run(TRAIN, *flags)
        assert done.code == 2 and done.err.count("\n") == 1, done.err
        assert message in done.err


def test_other_models_have_one_set():
    with pytest.raises(UserError, match="load_size: is for model=cyclegan"):
        settings(model="wgan_gp", load_size="20")
