"""Training with labels, from an unconditional source, and drawing by name."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.support.running import GENERATE, SMOKE, TRAIN
from tests.support.tagged import TAGS, train
from tfgan_transfer.trained import sampling, saved


@pytest.fixture(scope="module")
def moved(commands, pictures, unbroken, tmp_path_factory):
    """A conditional run that started from the unconditional one."""
    run_dir = tmp_path_factory.mktemp("runs") / "moved"
    finished = train(commands, run_dir, pictures, f"--source={unbroken}")
    assert finished.code == 0, finished.err
    return run_dir


def test_the_record_holds_what_generate_needs(moved):
    config = json.loads((moved / "config.json").read_text())
    assert config["generator"]["num_labels"] == 3
    assert config["generator"]["conditioning"] == "concat"
    assert config["flags"]["class_loss"] == "sigmoid"
    assert config["data"]["vocabulary"] == list(TAGS)
    assert sum(count for count, _ in config["data"]["label_prior"]) == 24


def test_a_conditional_run_starts_near_the_sources_images(moved, unbroken):
    """Rows of new labels are random, but small beside those of the latent."""
    first, last, elsewhere = (
        np.asarray(Image.open(path), float)
        for path in (
            moved / "samples" / "fakes_init.png",
            unbroken / "samples" / "ema-00000030.png",
            unbroken / "samples" / "real.png",
        )
    )
    assert 0 < np.abs(first - last).max() < 16
    assert np.abs(first - last).mean() < 0.1 * np.abs(elsewhere - last).mean()


def test_class_accuracies_are_logged(moved):
    rows = [
        json.loads(line)
        for line in (moved / "metrics.jsonl").read_text().splitlines()
    ]
    for name in ("class_accuracy_real", "class_accuracy_fake"):
        values = [row[name] for row in rows if name in row]
        assert values and all(0 <= value <= 1 for value in values)


def test_the_training_grid_is_what_generate_draws(moved):
    found = saved.find(str(moved))
    sampler = sampling.Sampler(
        saved.generator(found), found.manifest["run"], seed=0
    )
    grid = np.asarray(Image.open(moved / "samples" / "ema-00000006.png"))
    from tfgan_transfer import images

    drawn = images.grid(sampler.draw(9), gap=1)
    scale = images.readable_scale(8)
    expected = drawn[..., 0].repeat(scale, 0).repeat(scale, 1)
    # Another batch size may round to the neighbouring grey.
    assert np.abs(expected.astype(int) - grid).max() <= 1


def test_images_by_name(commands, moved, tmp_path):
    out = tmp_path / "out"
    finished = commands.run(
        GENERATE,
        f"--run_dir={moved}",
        "--tags=Striped left darks",
        f"--out={out}",
        "--num=3",
    )
    assert finished.code == 0, finished.err
    names = sorted(path.name for path in out.iterdir())
    assert names == [f"striped_left_dark_{i:03d}.png" for i in range(3)]
    found = saved.find(str(moved))
    sampler = sampling.Sampler(
        saved.generator(found), found.manifest["run"], seed=0
    )
    expected = sampler.draw(3, np.array([1, 0, 1], np.float32))
    for name, image in zip(names, expected, strict=True):
        np.testing.assert_array_equal(Image.open(out / name), image[..., 0])


def test_images_of_a_class_by_its_name(commands, moved, tmp_path):
    out = tmp_path / "out.npz"
    finished = commands.run(
        GENERATE, f"--run_dir={moved}", "--class=striped", f"--out={out}"
    )
    assert finished.code == 0, finished.err
    assert np.load(out)["images"].shape == (5, 8, 8, 1)


def test_a_row_per_class(commands, moved, tmp_path):
    out = tmp_path / "classes.png"
    finished = commands.run(
        GENERATE,
        f"--run_dir={moved}",
        "--grid=classes",
        f"--out={out}",
        "--num=4",
        "--cell=0",
    )
    assert finished.code == 0, finished.err
    assert Image.open(out).size == (4 * 9, 3 * 9)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--tags=green", "--out=x"], "error: --tags: 'green' is unknown"),
        (["--grid=classes"], "error: --grid=classes: expected --out=FILE.png"),
    ],
)
def test_generate_refuses(commands, moved, arguments, message):
    finished = commands.run(GENERATE, f"--run_dir={moved}", *arguments)
    assert finished.code == 2
    assert finished.err.strip().splitlines()[-1].startswith(message)


def test_images_without_labels_are_refused(commands, pictures, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in pictures.glob("*.png"):
        (bare / path.name).write_bytes(path.read_bytes())
    finished = train(commands, tmp_path / "run", bare)
    assert finished.code == 2
    assert "has no labels" in finished.err
    assert not (tmp_path / "run").exists()


def test_conditioning_needs_the_model(commands, tmp_path):
    finished = commands.run(
        TRAIN, SMOKE, f"--run_dir={tmp_path}/run", "--conditioning=batch_norm"
    )
    assert finished.code == 2
    assert "--conditioning: received batch_norm" in finished.err


def test_labels_that_drown_in_the_latent(commands, pictures, tmp_path):
    """A warning for 3 labels beside 200 numbers, none beside 100."""
    said = [
        train(
            commands,
            tmp_path / str(size),
            pictures,
            f"--latent_size={size}",
            "--steps=1",
        ).out
        for size in (100, 200)
    ]
    assert "labels    3 (tags), concat" in said[0]
    assert "hardly count" not in said[0]
    assert "3 labels beside a latent of 200 hardly count" in said[1]
