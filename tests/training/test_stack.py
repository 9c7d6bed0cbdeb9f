"""The second stage by command: stage 1 stays, resumes are exact, one model."""

import json
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from tests.support.comparing import assert_same_run, newest
from tests.support.crashes import crash
from tests.support.running import GENERATE, TRAIN
from tfgan_transfer.training import checkpoint

STACK = "--flagfile=configs/smoke/stack_gan.flags"


@pytest.fixture(scope="module")
def stacked(commands, unbroken, tmp_path_factory):
    """A finished stage 2, whose stage 1 has since been deleted."""
    folder = tmp_path_factory.mktemp("stack")
    source = folder / "stage1"
    shutil.copytree(unbroken, source)
    before = {
        path: path.read_bytes() for path in source.rglob("*") if path.is_file()
    }
    run = folder / "stage2"
    finished = commands.run(
        TRAIN, STACK, f"--source={source}", f"--run_dir={run}"
    )
    assert finished.code == 0, finished.err
    assert "stage 1   dcgan, 8x8, frozen" in finished.out
    assert before == {path: path.read_bytes() for path in before}
    source.rename(folder / "gone")
    return run


def stage_1_of(run, group):
    arrays = checkpoint.load(newest(run).path)[group]
    return {
        path: array
        for path, array in arrays.items()
        if not path.startswith("stage2_")
    }


def test_stage_1_is_unchanged_to_the_bit(stacked, unbroken):
    """In the generator and in its average, of stage 1's averaged weights."""
    expected = checkpoint.load(newest(unbroken).path)["ema_generator"]
    for group in ("generator", "ema_generator"):
        arrays = stage_1_of(stacked, group)
        assert arrays.keys() == expected.keys()
        for path, array in arrays.items():
            assert array.tobytes() == expected[path].tobytes(), path
    slots = checkpoint.load(newest(stacked).path)["generator_optimizer"]
    assert any("stage2" in path for path in slots)
    assert not any("up1" in path or "input_kernel" == path for path in slots)


def test_stage_2_has_learned(stacked):
    arrays = checkpoint.load(newest(stacked).path)["generator"]
    assert np.any(arrays["stage2_output/kernel"])
    start, end = (
        np.asarray(Image.open(stacked / "samples" / name), int)
        for name in ("fakes_init.png", "generator-00000012.png")
    )
    assert np.abs(start - end).max() > 0


def test_what_it_starts_with_is_stage_1_enlarged(stacked, unbroken):
    from tfgan_transfer import images
    from tfgan_transfer.layers.resizing import bilinear
    from tfgan_transfer.trained import sampling, saved

    found = saved.find(str(unbroken))
    sampler = sampling.Sampler(
        saved.generator(found), found.manifest["run"], seed=0
    )
    small = sampler.draw(9).astype(float)
    weights = bilinear(8, 12).astype(float)
    large = np.einsum("Hh,Ww,bhwc->bHWc", weights, weights, small)
    sheet = images.grid(np.rint(large).astype(np.uint8), gap=1)
    scale = images.readable_scale(12)
    expected = sheet[..., 0].repeat(scale, 0).repeat(scale, 1)
    shown = np.asarray(Image.open(stacked / "samples" / "fakes_init.png"), int)
    # 8 bits twice, and the brightest are held within 0.99.
    assert np.abs(shown - expected).max() <= 3


def test_killed_in_stage_2_and_resumed_without_stage_1(
    commands, stacked, unbroken, tmp_path
):
    source = tmp_path / "stage1"
    shutil.copytree(unbroken, source)
    run = tmp_path / "run"
    for moment in ("at_the_end_of_step(7)", "in_savez(10, 'critic.npz')"):
        arguments = [TRAIN, STACK, f"--run_dir={run}", f"--source={source}"]
        killed = commands.run(*arguments, setup=crash(moment))
        assert killed.code == -signal.SIGKILL, killed.err
    shutil.rmtree(source)
    finished = commands.run(*arguments)
    assert finished.code == 0, finished.err
    assert "continuing at step 5" in finished.out
    assert_same_run(run, stacked)


def test_generate_sees_one_model(commands, stacked, tmp_path):
    small = tmp_path / "small"
    for arguments, side in (
        ((f"--out={tmp_path / 'large'}",), 12),
        ((f"--out={small}", "--resize=8"), 8),
    ):
        finished = commands.run(
            GENERATE, f"--run_dir={stacked}", "--num=3", *arguments
        )
        assert finished.code == 0, finished.err
        folder = tmp_path / ("large" if side == 12 else "small")
        sizes = {Image.open(path).size for path in folder.iterdir()}
        assert sizes == {(side, side)}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--size=8"], "--size: stage 2 draws larger images than stage 1"),
        (["--latent_size=9"], "--latent_size: stage 1 was trained with 8"),
        (["--channels=3"], "--channels: stage 1 was trained with 1"),
        (["--transfer=both"], "--transfer: stage 1 is part of the generator"),
        (["--conditioning=concat"], "--conditioning: stage 1 knows no labels"),
        (["--source=nowhere"], "--source: no whole checkpoint in 'nowhere'"),
    ],
)
def test_refusals_come_before_the_run(
    commands, unbroken, tmp_path, arguments, message
):
    run = tmp_path / "run"
    finished = commands.run(
        TRAIN, STACK, f"--source={unbroken}", f"--run_dir={run}", *arguments
    )
    assert finished.code == 2
    assert (
        finished.err.strip().splitlines()[-1].startswith(f"error: {message}")
    ), finished.err
    assert not run.exists()


def test_a_stack_needs_a_stage_1_that_is_no_stack(commands, stacked, tmp_path):
    for source, message in (
        ([], "--source: --model=stack_gan draws over the images"),
        ([f"--source={stacked}", "--size=16"], f"--source: {stacked} is"),
    ):
        finished = commands.run(
            TRAIN, STACK, f"--run_dir={tmp_path / 'run'}", *source
        )
        assert finished.code == 2
        assert f"error: {message}" in finished.err


@pytest.fixture(scope="module")
def tagged(commands, tmp_path_factory):
    """A stack that knows labels, both stages from drawn shapes."""
    folder = tmp_path_factory.mktemp("tagged")
    few = ["--data=shapes", "--limit=40", "--steps=4", "--batch_size=8"]
    few += ["--n_critic=1", "--width=4", "--sample_every=4"]
    for arguments in (
        ["--model=acgan", "--size=8", "--latent_size=6", "one"],
        ["--model=stack_gan", "--size=12", f"--source={folder / 'one'}", "two"],
    ):
        *arguments, name = arguments
        finished = commands.run(
            TRAIN, *few, *arguments, f"--run_dir={folder / name}"
        )
        assert finished.code == 0, finished.err
    return folder / "two"


def test_labels_go_through_both_stages(commands, tagged, tmp_path):
    config = json.loads((tagged / "config.json").read_text())
    vocabulary = config["data"]["vocabulary"]
    assert config["flags"]["conditioning"] == "concat"
    assert config["generator"]["stage1"]["generator"]["num_labels"] == len(
        vocabulary
    )
    row = (tagged / "metrics.jsonl").read_text().splitlines()[-1]
    assert "generator_class_loss" in json.loads(row)
    folder = tmp_path / "named"
    finished = commands.run(
        GENERATE,
        f"--run_dir={tagged}",
        f"--class={vocabulary[0]}",
        f"--out={folder}",
        "--num=2",
    )
    assert finished.code == 0, finished.err
    assert len(list(folder.iterdir())) == 2
    sheet = tmp_path / "classes.png"
    finished = commands.run(
        GENERATE,
        f"--run_dir={tagged}",
        "--grid=classes",
        f"--out={sheet}",
        "--num=2",
        "--cell=0",
    )
    assert finished.code == 0, finished.err
    assert Image.open(sheet).size == (2 * 13, len(vocabulary) * 13)


def test_other_labels_are_refused(commands, tagged, tmp_path):
    finished = commands.run(
        TRAIN,
        "--data=digits",
        "--model=stack_gan",
        "--size=12",
        f"--source={tagged.parent / 'one'}",
        f"--run_dir={tmp_path / 'run'}",
    )
    assert finished.code == 2
    assert "error: --data: stage 1 knows the labels" in finished.err
