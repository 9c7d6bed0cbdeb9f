"""`train --model=cyclegan` as a user runs it: resume, transfer, messages."""

import json
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from tests.support.running import TRAIN
from tfgan_transfer.training import checkpoint

SMOKE = "--flagfile=configs/smoke/cyclegan.flags"
NETWORKS = ("a2b", "b2a", "critic_a", "critic_b")


@pytest.fixture(scope="module")
def finished(commands, tmp_path_factory):
    """A finished run of the smoke configuration; copy before writing."""
    path = tmp_path_factory.mktemp("cyclegan") / "run"
    done = commands.run(TRAIN, SMOKE, f"--run_dir={path}")
    assert done.code == 0, done.err
    return path, done.out


def weights(run, step=12):
    return checkpoint.load(run / "checkpoints" / f"step-{step:08d}")


def rows(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{**json.loads(line), "timing": None} for line in lines]


def assert_same(groups, others):
    assert groups.keys() == others.keys()
    for name, arrays in groups.items():
        for path, array in arrays.items():
            np.testing.assert_array_equal(
                array, others[name][path], err_msg=f"{name}/{path}"
            )


def test_a_run_says_what_it_does_and_leaves_sheets(finished):
    run, out = finished
    lines = out.splitlines()
    begun = lines.index(f"run       {run}, new")
    assert lines[begun + 1 : begun + 4] == [
        "data A    shapes: 40 images of 18x18x3, 4 held out",
        "data B    shapes#outline: 40 images of 18x18x3, 4 held out",
        "networks  unet, width 2: each translator 6,351 and each critic "
        "295 parameters",
    ]
    assert [row["step"] for row in rows(run)] == [3, 6, 9, 12]
    for name in ("cycle_loss_a", "cycle_loss_b", "identity_loss"):
        assert all(0 < row[name] < 4 for row in rows(run))
    sheets = sorted(path.name for path in (run / "samples").iterdir())
    assert sheets == [
        f"{direction}-{step:08d}.png"
        for direction in ("a2b", "b2a")
        for step in (0, 6, 12)
    ]
    # Two examples, each with its translation and the way back, 4 times as big.
    first, last = (
        np.asarray(Image.open(run / "samples" / f"a2b-{step:08d}.png"))
        for step in (0, 12)
    )
    assert first.shape == (2 * 17 * 4, 3 * 17 * 4, 3)
    np.testing.assert_array_equal(first[:, : 17 * 4], last[:, : 17 * 4])
    assert not np.array_equal(first, last)


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    commands, finished, tmp_path
):
    """The pools are full by step 5, and part of what is compared."""
    whole, _ = finished
    run = tmp_path / "run"
    stop = (
        "import os, signal\n"
        "from tfgan_transfer.training.health import Health\n"
        "old = Health.on_train_batch_end\n"
        "def new(self, batch, logs=None):\n"
        "    old(self, batch, logs)\n"
        "    if self.start_step + batch + 1 == 8:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "Health.on_train_batch_end = new\n"
    )
    killed = commands.run(TRAIN, SMOKE, f"--run_dir={run}", setup=stop)
    assert killed.code == -signal.SIGKILL, killed.err
    done = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert done.code == 0, done.err
    assert "continuing at step 5" in done.out
    expected = weights(whole)
    assert expected["pool_a"]["filled"] == 5
    assert np.ptp(expected["pool_a"]["images"]) > 0.1
    assert_same(weights(run), expected)
    assert rows(run) == rows(whole)


def test_the_command_on_two_replicas(commands, finished, tmp_path):
    """Three steps: Adam makes much of what rounding has left of a zero."""
    run = tmp_path / "run"
    done = commands.run(TRAIN, SMOKE, f"--run_dir={run}", "--devices=cpu:2")
    assert done.code == 0, done.err
    mine, other = rows(run)[0], rows(finished[0])[0]
    for name in ("generator_loss", "critic_loss", "cycle_loss_a"):
        assert mine[name] == pytest.approx(other[name], rel=1e-4), name


def test_dry_run_agrees_with_the_run(commands, finished, tmp_path):
    run, _ = finished
    done = commands.run(
        TRAIN, SMOKE, f"--run_dir={tmp_path / 'run'}", "--dry_run=json"
    )
    assert done.code == 0, done.err
    assert not list(tmp_path.iterdir())
    plan = json.loads(done.out)
    groups = weights(run)
    count = {n: sum(a.size for a in groups[n].values()) for n in NETWORKS}
    assert plan["parameters"]["translator"] == count["a2b"] == count["b2a"]
    assert plan["parameters"]["critic"] == count["critic_a"]
    assert plan["data_a"]["images_used"] == 40
    assert plan["data_b"]["passes"] == 12 * 2 / 40
    stored = json.loads((run / "config.json").read_text())["flags"]
    assert plan["flags"] == {**stored, "run_dir": str(tmp_path / "run")}


def start_from(commands, source, run, *flags):
    return commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run}",
        f"--source={source}",
        "--steps=1",
        *flags,
    )


def test_another_pair_starts_from_this_one(commands, finished, tmp_path):
    source, _ = finished
    run = tmp_path / "run"
    done = start_from(
        commands,
        source,
        run,
        "--source_domains=b-",
        "--freeze=critic_a:0",
        "--seed=7",
    )
    assert done.code == 0, done.err
    old, new = weights(source), weights(run, 0)
    for name, origin in (
        ("a2b", "ema_b2a"),
        ("ema_a2b", "ema_b2a"),
        ("b2a", "ema_a2b"),
        ("critic_a", "critic_b"),
    ):
        assert_same({name: new[name]}, {name: old[origin]})
    fresh = new["critic_b"]["down1/kernel"]
    for name in ("critic_a", "critic_b"):
        assert not np.allclose(fresh, old[name]["down1/kernel"])
    assert new["pool_a"]["filled"] == 0
    after = weights(run, 1)
    frozen = {
        path: np.array_equal(array, new["critic_a"][path])
        for path, array in after["critic_a"].items()
    }
    assert {path for path, same in frozen.items() if same} == {
        "down1/kernel",
        "down1/bias",
    }
    record = json.loads((run / "transfer.json").read_text())
    assert {"a2b", "b2a", "critic_a"} <= record.keys()
    assert "critic_b" not in record
    assert (run / "samples" / "init-a2b.png").exists()


def test_a_source_that_does_not_fit_is_listed(commands, finished, tmp_path):
    done = start_from(commands, finished[0], tmp_path / "run", "--width=3")
    assert done.code == 2
    assert "cannot be matched" in done.err and done.err.count("\n") == 1
    assert "! down1/kernel has shape" in done.out


def test_mistakes_end_in_one_line(commands, finished, tmp_path):
    run = f"--run_dir={tmp_path / 'run'}"
    for flags, message in (
        (
            ("--model=cyclegan", "--data_a=shapes"),
            "error: --data_b: --model=cyclegan needs a source of images for "
            "each side, received none; add for example --data_b=folder:b"
            "\n",
        ),
        (
            (SMOKE, "--size=18"),
            "error: --size: unet takes sides of at least 8 px that 8 "
            "divides, received 18x18 px.\n",
        ),
        (
            (SMOKE, "--freeze=critic:0"),
            "error: --freeze: unknown value 'critic', expected one of a2b, "
            "b2a, critic_a, critic_b. Did you mean 'critic_b'?\n",
        ),
    ):
        done = commands.run(TRAIN, run, *flags)
        assert (done.code, done.err) == (2, message)
    missing = commands.run(TRAIN, run, SMOKE, "--data_b=folder:nowhere")
    assert missing.code == 2
    assert missing.err.startswith("error: --data_b") and "nowhere" in (
        missing.err
    )


def test_other_images_are_not_gone_on_with(commands, finished, tmp_path):
    run = shutil.copytree(finished[0], tmp_path / "run")
    done = commands.run(
        TRAIN, f"--run_dir={run}", "--data_b=shapes", "--log_every=6"
    )
    assert done.code == 2
    assert "not those that the run" in done.err
