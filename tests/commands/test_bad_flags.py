"""Every mistake of a user: one line, exit code 2, nothing left behind."""

import json
import pathlib
import shutil

import pytest

from tests.support.running import GENERATE, SMOKE, TRAIN
from tfgan_transfer.training.run_directory import RunDirectory

# Arguments after the smoke configuration, and what the line has to contain.
# {tmp} is a directory with a regular file called `file` in it.
MISTAKES = {
    "no run directory": (["--run_dir="], "--run_dir: expected"),
    "below a file": (["--run_dir={tmp}/file/run"], "is not a directory"),
    "is a file": (["--run_dir={tmp}/file"], "is not a directory"),
    "unwritable": (["--run_dir=/proc/run"], "cannot write to '/proc/run'"),
    "no folder": (["--data=folder:{tmp}/none"], "no such folder"),
    "file for folder": (["--data=folder:{tmp}/file"], "found a file"),
    "no zip": (["--data=zip:{tmp}/none.zip"], "--data=zip:"),
    "not a zip": (["--data=zip:{tmp}/file"], "--data=zip:"),
    "unknown scheme": (["--data=floder:x"], "Did you mean 'folder'?"),
    "no scheme": (["--data={tmp}"], "did you mean --data=folder:"),
    "no data": (["--data="], "--data: expected a source of images"),
    "empty folder": (["--data=folder:{tmp}/empty"], "holds no images"),
    "run among images": (["--data=folder:{tmp}"], "lies inside --data="),
    "endless holdout": (["--holdout=inf"], "--holdout: expected a finite"),
    "no rate": (["--critic_lr=nan"], "--critic_lr: expected a finite"),
    "no time": (
        ["--hours=0"],
        "flag --hours=0: expected a number of at least 0.001",
    ),
    "a word for hours": (
        ["--hours=abc"],
        "flag --hours=abc: expected a number of at least 0.001, such as 0.5",
    ),
    "a comma in hours": (
        ["--hours=1,5"],
        "flag --hours=1,5: expected a number of at least 0.001, such as 1.5",
    ),
    "a word for a weight": (
        ["--r1=many"],
        "flag --r1=many: expected a number of at least 0, such as 0.5",
    ),
    "no step": (
        ["--steps=ten"],
        "flag --steps=ten: expected a whole number of at least 1",
    ),
    "huge seed": (["--seed=4294967296"], "--seed"),
    "huge batch": (["--batch_size=99999999999"], "--batch_size"),
    "unknown metric": (
        ["--eval_every=5", "--eval_metrics=kdi"],
        "--eval_metrics: unknown value 'kdi'",
    ),
    "metric left out": (
        ["--eval_every=5", "--eval_metrics=swd", "--best_metric=kid"],
        "--best_metric: kid is not among",
    ),
    "more than there is": (["--limit=2000"], "the source has 1797"),
    "no limit": (["--limit=0"], "--limit"),
    "all held out": (["--holdout=1797"], "--holdout"),
    "size": (["--size=big"], "--size: expected a side such as 64"),
    "small size": (["--size=7"], "8 to 1024 pixels, received '7'"),
    "odd size": (["--size=37"], "the nearest square is --size="),
    "batch 0": (["--batch_size=0"], "--batch_size"),
    "batch word": (["--batch_size=many"], "--batch_size"),
    "negative steps": (["--steps=-5"], "--steps"),
    "decay": (["--ema_decay=1"], "--ema_decay"),
    "rate": (["--generator_lr=0"], "--generator_lr: expected a rate above 0"),
    "misspelt recipe": (
        ["--recipe=few_image"],
        "flag --recipe=few_image: unknown value 'few_image', expected one of",
    ),
    "misspelt flag": (
        ["--stpes=3"],
        "error: unknown flag --stpes. Did you mean --steps or "
        "--steps_per_call?",
    ),
    "unknown flag": (
        ["--xyzzyq"],
        "error: unknown flag --xyzzyq; --help shows those that there are",
    ),
    "misspelt value": (["--network=dcgn"], "dcgan|resnet|resnet_cifar"),
    "misspelt dry run": (["--dry_run=jsn"], "text|full|json"),
    "missing flagfile": (["--flagfile={tmp}/none.flags"], "none.flags"),
    "value in flagfile": (["--flagfile={tmp}/bad.flags"], "--xla"),
    "flag in flagfile": (
        ["--flagfile={tmp}/worse.flags"],
        "/worse.flags, line 1: unknown flag --wdith. Did you mean --width?",
    ),
    "no such GPU": (["--devices=gpu:9"], "9 GPUs asked for"),
    "no CPU": (["--devices=cpu:0"], "N of at least 1, received 'cpu:0'"),
    "TPU": (["--devices=tpu:1"], "expected auto, cpu:N or gpu:N"),
    "uneven batch": (
        ["--devices=cpu:3"],
        "--batch_size: expected a multiple of the 3 replicas, received 8",
    ),
    "nothing to match": (
        ["--batch_size=1", "--feature_matching=2", "--critic=both"],
        "--feature_matching: compares the images of a batch with one another, "
        "received --batch_size=1, one image",
    ),
    "batch norm in XLA": (
        ["--devices=cpu:2", "--xla=on", "--sync_batch_norm"],
        "--sync_batch_norm: cannot be combined with XLA on 2 replicas",
    ),
    "no clip": (
        ["--adversarial_loss=wasserstein_clip", "--clip=0"],
        "--clip: --adversarial_loss=wasserstein_clip needs a bound",
    ),
    "no penalty": (["--gradient_penalty=0"], "--gradient_penalty:"),
    "transfer from nothing": (
        ["--transfer=both"],
        "--transfer: received both with --source=",
    ),
    "no source": (
        ["--source={tmp}/none"],
        "--source: no whole checkpoint in",
    ),
    "not in the zoo": (
        ["--source=zoo:anime_23"],
        "Did you mean 'zoo:anime_32'?",
    ),
    "another width than the source's": (
        ["--source=zoo:anime_32", "--size=32", "--channels=3"],
        "be matched, expected the source's --network, --width",
    ),
    "anchor in nothing": (["--anchor=ewc"], "--anchor: holds a generator"),
    "ada without holdout": (["--augment=ada"], "received --holdout=0"),
    "stage 2 alone": (
        ["--stage2_width=8"],
        "--stage2_width: is for --model=stack_gan, received it with --model="
        "wgan_gp; leave it out",
    ),
    "unknown augmentation": (["--augment=colour"], "'color'"),
    "frozen network": (["--freeze=encoder:0"], "--freeze: unknown value"),
    "frozen stage": (["--freeze=critic:7"], "its stages are 0 down1"),
    "all frozen": (["--freeze=generator:*"], "leaves nothing to train"),
    "positional": (["photos"], "unexpected argument 'photos'"),
}


def assert_one_line(finished, expected: str) -> None:
    assert finished.code == 2, finished
    (line,) = finished.err.splitlines()
    assert line.startswith("error: ")
    assert expected in line


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(commands, tmp_path, mistake):
    arguments, expected = MISTAKES[mistake]
    (tmp_path / "file").write_text("something")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.flags").write_text("# why not\n--xla=perhaps\n")
    (tmp_path / "worse.flags").write_text("--wdith=3\n")
    before = sorted(tmp_path.iterdir())
    finished = commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={tmp_path}/run",
        *(argument.format(tmp=tmp_path) for argument in arguments),
    )
    assert_one_line(finished, expected.format(tmp=tmp_path))
    # A run directory may have been made, but nothing is in it that looks
    # like a run, so that the corrected command can use it.
    assert set(tmp_path.iterdir()) - {tmp_path / "run"} == set(before)
    assert RunDirectory(tmp_path / "run").read_config() is None


@pytest.mark.parametrize("content", ["{", "[]", '{"flags": {}}'])
def test_a_corrupt_config(commands, tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={tmp_path}")
    assert_one_line(finished, "config.json cannot be read")


def test_checkpoints_that_lost_their_config(commands, unbroken, tmp_path):
    run = shutil.copytree(unbroken, tmp_path / "run")
    (run / "config.json").unlink()
    finished = commands.run(TRAIN, SMOKE, f"--run_dir={run}")
    assert_one_line(finished, "it is missing")


def damaged(unbroken: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    newest = unbroken / "checkpoints" / "step-00000030"
    copy = shutil.copytree(newest, tmp_path / "damaged")
    (copy / "ema_generator.npz").write_bytes(b"no archive")
    return copy


GENERATE_MISTAKES = {
    "nothing to open": (["--out={tmp}/out"], "--run_dir: expected"),
    "nothing to write": (["--run_dir={run}"], "--out: nothing to write"),
    "no run": (
        ["--run_dir={tmp}/none", "--out={tmp}/out"],
        "--run_dir: no whole",
    ),
    "not a run": (["--run_dir={tmp}", "--out={tmp}/out"], "no whole checkp"),
    "a file": (
        ["--checkpoint={tmp}/file", "--grid=x.png"],
        "--checkpoint: no whole check",
    ),
    "damaged": (
        ["--checkpoint={tmp}/damaged", "--grid={tmp}/x.png"],
        "--checkpoint: damaged: ema_generator.npz is not what was written",
    ),
    "no image": (["--run_dir={run}", "--num=0", "--out={tmp}/out"], "--num"),
    "suffix": (
        ["--run_dir={run}", "--out={tmp}/x.png"],
        "a folder or FILE.npz",
    ),
    "no suffix": (
        ["--run_dir={run}", "--grid={tmp}/x"],
        "--grid: expected FILE",
    ),
    "in a file": (
        ["--run_dir={run}", "--out={tmp}/file/x"],
        "--out: cannot be",
    ),
    "no animation": (
        ["--run_dir={run}", "--interpolate=2", "--out={tmp}/out"],
        "--interpolate: expected --out=FILE.gif, FILE.webp or FILE.mp4",
    ),
    "truncation": (
        ["--run_dir={run}", "--truncation=1.5", "--out={tmp}/out"],
        "--truncation",
    ),
    "training flag": (["--run_dir={run}", "--steps=5"], "steps"),
}


@pytest.mark.parametrize("mistake", GENERATE_MISTAKES)
def test_a_mistake_of_generate_is_one_line(
    commands, unbroken, tmp_path, mistake
):
    arguments, expected = GENERATE_MISTAKES[mistake]
    (tmp_path / "file").write_text("something")
    damaged(unbroken, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    finished = commands.run(
        GENERATE,
        *(
            argument.format(tmp=tmp_path, run=unbroken)
            for argument in arguments
        ),
    )
    assert_one_line(finished, expected)
    assert sorted(tmp_path.rglob("*")) == before


def test_uniform_latents_cannot_be_truncated(commands, unbroken, tmp_path):
    """The record says so; the sum is written anew to get this far."""
    from tfgan_transfer.training import checkpoint

    newest, _ = checkpoint.latest(unbroken / "checkpoints")
    record = {**newest.manifest["run"], "latent_prior": "uniform"}
    copy = checkpoint.save(
        tmp_path, 1, checkpoint.load(newest.path), run=record
    )
    assert (
        json.loads((copy.path / "manifest.json").read_text())["run"] == record
    )
    finished = commands.run(
        GENERATE,
        f"--checkpoint={copy.path}",
        "--truncation=0.5",
        f"--grid={tmp_path}/x.png",
    )
    assert_one_line(finished, "--truncation: this generator's latents are uni")
