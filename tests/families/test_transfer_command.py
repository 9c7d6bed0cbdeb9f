"""The train command with a source: what it starts with, and exact resume."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.support.running import SMOKE, TRAIN


def weights(run_dir, step, group):
    path = run_dir / f"checkpoints/step-{step:08d}/{group}.npz"
    with np.load(path) as arrays:
        return dict(arrays)


def train(commands, run_dir, *arguments):
    return commands.run(TRAIN, SMOKE, f"--run_dir={run_dir}", *arguments)


@pytest.fixture(scope="module")
def moved(commands, unbroken, tmp_path_factory):
    """A run that starts from another, with everything switched on."""
    path = tmp_path_factory.mktemp("moved") / "run"
    finished = train(
        commands,
        path,
        f"--source={unbroken}",
        "--holdout=60",
        "--augment=ada",
        "--anchor=ewc",
        "--freeze=critic:0",
        "--critic_warmup=4",
        "--checkpoint_every=4",
        "--steps=20",
        "--keep_checkpoints=9",
    )
    assert finished.code == 0, finished.err
    return path, finished.out


def test_the_run_starts_with_the_images_of_its_source(moved, unbroken):
    path, _ = moved
    first = np.asarray(Image.open(path / "samples/fakes_init.png"))
    last = np.asarray(Image.open(unbroken / "samples/ema-00000030.png"))
    assert np.array_equal(first, last)


def test_what_became_of_the_weights_is_printed_and_kept(moved):
    path, out = moved
    kept = json.loads((path / "transfer.json").read_text())
    for name in ("generator", "critic"):
        rows = kept[name]
        assert {row["kind"] for row in rows} == {"copied"}
        total = sum(row["size"] for row in rows)
        assert f"100.0 % of {total:,} parameters" in out
    assert kept["step"] == 30
    config = json.loads((path / "config.json").read_text())
    assert config["source"]["manifest_sha256"] == kept["manifest_sha256"]


def test_only_the_critic_learns_at_first(moved, unbroken):
    path, _ = moved
    source = weights(unbroken, 30, "ema_generator")
    warm, after = (weights(path, n, "generator") for n in (4, 8))
    for name, value in source.items():
        if "moving" not in name:
            assert np.array_equal(warm[name], value), name
            assert not np.array_equal(after[name], value), name


def test_frozen_layers_keep_the_weights_of_the_source(moved, unbroken):
    path, out = moved
    source, last = weights(unbroken, 30, "critic"), weights(path, 20, "critic")
    kept = {n for n in source if np.array_equal(source[n], last[n])}
    assert {name for name in kept if name.endswith("kernel")} == {
        "down1_conv/kernel"
    }
    assert "down1_conv/bias" in kept
    assert "critic: frozen down1" in out


def test_the_continued_run_is_the_unbroken_one(commands, moved, tmp_path):
    path, _ = moved
    record = json.loads((path / "config.json").read_text())["flags"]
    again = tmp_path / "again"
    for steps in (5, 20):
        finished = train(
            commands,
            again,
            f"--source={record['source']}",
            "--holdout=60",
            "--augment=ada",
            "--anchor=ewc",
            "--freeze=critic:0",
            "--critic_warmup=4",
            f"--steps={steps}",
        )
        assert finished.code == 0, finished.err
    groups = {file.stem for file in (again / "checkpoints").glob("*20/*.npz")}
    assert {"augmentation", "regulariser", "generator_optimizer"} <= groups
    for group in groups:
        one, other = weights(path, 20, group), weights(again, 20, group)
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert np.array_equal(value, other[name]), (group, name)


@pytest.mark.parametrize("where", ["--devices=cpu:2", "--xla=on"])
def test_replicas_and_xla_start_from_the_source_too(
    commands, unbroken, tmp_path, where
):
    run_dir = tmp_path / "run"
    finished = train(
        commands,
        run_dir,
        f"--source={unbroken}",
        "--holdout=60",
        "--augment=ada",
        "--anchor=ewc",
        "--freeze=generator:all-but-norm",
        "--steps=2",
        where,
    )
    assert finished.code == 0, finished.err
    assert (run_dir / "samples/fakes_init.png").read_bytes() == (
        unbroken / "samples/ema-00000030.png"
    ).read_bytes()
    source = weights(unbroken, 30, "ema_generator")
    moved = weights(run_dir, 2, "generator")
    for name, value in source.items():
        trained = "norm" in name
        assert np.array_equal(moved[name], value) != trained, name


def test_a_source_that_does_not_fit_is_listed(commands, unbroken, tmp_path):
    finished = train(
        commands, tmp_path / "run", f"--source={unbroken}", "--width=5"
    )
    assert finished.code == 2
    assert "! output/kernel has shape (4, 4, 1, 5) in the target" in (
        finished.out
    )
    (line,) = finished.err.splitlines()
    assert "listed above" in line


def test_a_preview_shows_images_and_what_becomes_of_them(commands, tmp_path):
    file = tmp_path / "preview.png"
    run_dir = tmp_path / "run"
    wanted = f"--augment_preview={file}"
    finished = train(commands, run_dir, wanted, "--augment=cutout")
    assert finished.code == 0 and not run_dir.exists()
    sheet = np.asarray(Image.open(file).convert("L"))
    # Eight rows of an image and seven holes in it.
    assert sheet.shape[0] == sheet.shape[1]
    finished = train(commands, run_dir, wanted, "--augment=none")
    assert finished.code == 2 and "nothing is augmented" in finished.err


def test_half_of_a_model_can_be_moved(commands, unbroken, tmp_path):
    run_dir = tmp_path / "run"
    finished = train(
        commands,
        run_dir,
        f"--source={unbroken}",
        "--transfer=critic",
        "--seed=3",
        "--freeze=generator:0",
        "--steps=1",
        "--checkpoint_every=1",
        "--generator_lr=1e-9",
        "--critic_lr=1e-9",
    )
    assert finished.code == 0, finished.err
    assert "warning: --freeze keeps random weights: the generator" in (
        finished.out
    )
    source, moved = (
        weights(p, n, "critic") for p, n in ((unbroken, 30), (run_dir, 1))
    )
    for name, value in source.items():
        assert np.allclose(moved[name], value, atol=1e-6)
    fresh = weights(run_dir, 1, "generator")["output/kernel"]
    assert not np.allclose(
        fresh,
        weights(unbroken, 30, "ema_generator")["output/kernel"],
        atol=0.01,
    )
