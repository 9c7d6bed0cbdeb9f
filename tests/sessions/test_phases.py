"""Phases of a run: which there are, and that each starts from the last."""

import json
import shutil

import numpy as np
import pytest

from tests.support.running import TRAIN
from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.sessions import phases
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved
from tfgan_transfer.training import checkpoint

SCHEDULE = "network:4,both:4"
FLAGS = (
    "--data=digits --size=8 --channels=1 --width=4 --latent_size=8 "
    "--n_critic=1 --adversarial_loss=relativistic --r1=0.05 --r2=0.05 "
    "--augment=translation,cutout --lr_decay=linear --limit=200 "
    "--devices=cpu:1 --precision=float32 --feature_size=32 "
    "--feature_norm=batch "
    "--checkpoint_every=2 --keep_checkpoints=9 --sample_every=0 "
    f"--log_every=2 --batch_size=4 --critic_schedule={SCHEDULE}"
).split()


def resolve(**explicit):
    given = {"steps": 100, **explicit}
    return config.resolve(given, None, side=8, count=40)


def grown(settings):
    return [(p.start, p.end, p.config["size"]) for p in phases.of(settings)]


def test_sizes_and_critics_divide_a_run_together():
    settings = resolve(grow="16:6,32:4", critic_schedule="network:3,both:7")
    assert (settings["size"], settings["steps"]) == ("32x32", 10)
    assert grown(settings) == [
        (0, 3, "16x16"),
        (3, 6, "16x16"),
        (6, 10, "32x32"),
    ]
    assert [s[2] for s in seen(settings)] == ["network", "both", "both"]
    with pytest.raises(UserError, match="as many steps as grow has, 10"):
        resolve(grow="16:6,32:4", critic_schedule="network:3,both:6")


def seen(settings):
    return [
        (p.start, p.end, p.config["critic"], p.moved)
        for p in phases.of(settings)
    ]


def test_a_run_without_a_schedule_is_one_phase():
    settings = resolve(critic="both")
    [only] = phases.of(settings)
    assert (only.start, only.end) == (0, 100)
    assert only.config is settings and only.built == settings


def test_a_schedule_says_who_judges_and_how_long():
    settings = resolve(
        critic_schedule="network:10, both:5,projected:7",
        adversarial_loss="hinge",
        critic_warmup=3,
    )
    assert settings["steps"] == 22 and settings["critic"] == "projected"
    assert seen(settings) == [
        (0, 10, "network", "both"),
        (10, 15, "both", "both"),
        (15, 22, "projected", "generator"),
    ]
    first, second, _ = phases.of(settings)
    assert (first.built["steps"], first.built["critic_warmup"]) == (10, 3)
    assert (second.built["steps"], second.built["critic_warmup"]) == (5, 0)


def test_other_numbers_of_steps_change_the_last_phases():
    settings = resolve(critic_schedule=SCHEDULE)
    assert [s[:2] for s in seen({**settings, "steps": 20})] == [(0, 4), (4, 20)]
    assert [s[:2] for s in seen({**settings, "steps": 6})] == [(0, 4), (4, 6)]
    starts = [p.start for p in phases.after(settings, 3)]
    assert starts == [0, 4]
    assert [p.start for p in phases.after(settings, 4)] == [4]
    assert [p.start for p in phases.after(settings, 8)] == [4]


@pytest.mark.parametrize("text", ["both", "both:0", "neither:3", "both:3,"])
def test_a_schedule_that_says_nothing(text):
    with pytest.raises(UserError, match="critic_schedule: expected"):
        resolve(critic_schedule=text)


@pytest.fixture(scope="module")
def whole(commands, tmp_path_factory):
    run = tmp_path_factory.mktemp("phases") / "run"
    finished = commands.run(TRAIN, *FLAGS, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    return run


def arrays(run, step):
    return {
        f"{file.stem}/{path}": value
        for file in (run / f"checkpoints/step-{step:08d}").glob("*.npz")
        for path, value in np.load(file).items()
    }


@pytest.mark.parametrize("step", [2, 4, 6])
def test_it_goes_on_as_if_it_had_never_stopped(commands, whole, tmp_path, step):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for later in range(step + 2, 9, 2):
        shutil.rmtree(run / f"checkpoints/step-{later:08d}")
    finished = commands.run(TRAIN, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    expected, found = arrays(whole, 8), arrays(run, 8)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_each_part_has_its_own_critics(whole):
    groups = [
        {name.split("/")[0] for name in arrays(whole, step)} for step in (4, 6)
    ]
    features = {"feature_critic", "feature_critic_optimizer"}
    assert groups[1] - groups[0] == features
    record = json.loads((whole / "config.json").read_text())
    assert len(record["features_sha256"]) == 64
    assert record["flags"]["critic"] == "both"
    manifest = whole / "checkpoints/step-00000004/manifest.json"
    assert json.loads(manifest.read_text())["run"]["flags"]["critic"] == (
        "network"
    )


def test_other_features_are_refused_on_resume(commands, whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    finished = commands.run(
        TRAIN,
        f"--run_dir={run}",
        setup=(
            "from tfgan_transfer.networks import features\n"
            "features.fingerprint = lambda name: 64 * '0'\n"
        ),
    )
    assert finished.code == 2
    assert "features: lite0 has the sha256 000000000000" in finished.err
    assert finished.err.count("\n") == 1


GROWING = (
    "--data=digits --size=12 --grow=8:4,12:4 --channels=1 --width=4 "
    "--latent_size=8 --n_critic=1 --adversarial_loss=relativistic --r1=0.05 "
    "--r2=0.05 --limit=200 --devices=cpu:1 --precision=float32 "
    "--checkpoint_every=2 --keep_checkpoints=9 --sample_every=4 "
    "--log_every=2 --batch_size=4"
).split()


@pytest.fixture(scope="module")
def larger(commands, tmp_path_factory):
    run = tmp_path_factory.mktemp("growing") / "run"
    finished = commands.run(TRAIN, *GROWING, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    return run


def pictures(run, step):
    found = checkpoint.verify(run / f"checkpoints/step-{step:08d}")
    generator = saved.generator(found)
    latents = data.latents(3, 5, 8, "normal")
    return generator(latents, training=False).numpy()


def test_a_run_grows(larger):
    assert pictures(larger, 4).shape == (5, 8, 8, 1)
    assert pictures(larger, 6).shape == (5, 12, 12, 1)
    manifest = larger / "checkpoints/step-00000006/manifest.json"
    record = json.loads(manifest.read_text())["run"]
    assert record["generator"]["grown_from"] == [[8, 8]]
    assert record["critic"]["grown_from"] == [[8, 8]]
    whole = json.loads((larger / "config.json").read_text())
    assert whole["flags"]["grow"] == "8:4,12:4"
    assert whole["generator"]["image_shape"] == [12, 12, 1]


@pytest.mark.parametrize("step", [2, 4, 6])
def test_growing_goes_on_as_if_it_had_never_stopped(
    commands, larger, tmp_path, step
):
    run = tmp_path / "run"
    shutil.copytree(larger, run)
    for later in range(step + 2, 9, 2):
        shutil.rmtree(run / f"checkpoints/step-{later:08d}")
    finished = commands.run(TRAIN, f"--run_dir={run}")
    assert finished.code == 0, finished.err
    expected, found = arrays(larger, 8), arrays(run, 8)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
