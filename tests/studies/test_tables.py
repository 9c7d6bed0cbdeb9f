"""The configs of the tagged-anime report and of AC-GAN's paper, resolved."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.support.running import TRAIN
from tfgan_transfer.families.single import watching

REPORT = {
    "model": "acgan",
    "size": "64",
    "latent_prior": "uniform",
    "latent_size": 100,
    "batch_size": 64,
    "gradient_penalty": 10.0,
    "generator_lr": 1e-4,
    "critic_lr": 1e-4,
    "class_on_fake": True,
    "class_weight_critic": 1.0,
    "class_weight_generator": 1.0,
    "conditioning": "concat",
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two faces with 23 tags between them."""
    folder = tmp_path_factory.mktemp("pictures")
    tags = [f"tag{i:02d}" for i in range(23)]
    lines = ["file,tags"]
    for i, some in enumerate((tags[:12], tags[12:])):
        Image.fromarray(np.full((96, 96, 3), i, np.uint8)).save(
            folder / f"{i}.png"
        )
        lines.append(f"{i}.png,{' '.join(some)}")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder


def resolved(commands, pictures, tmp_path, name):
    finished = commands.run(
        TRAIN,
        f"--flagfile=configs/acgan/{name}.flags",
        f"--data=folder:{pictures}",
        "--holdout=0",
        f"--run_dir={tmp_path / 'run'}",
        "--dry_run=json",
    )
    assert finished.code == 0, finished.err
    return json.loads(finished.out)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("anime_a", {"flip": False, "rotate": 0.0, "augment": "none"}),
        ("anime_b", {"flip": True, "rotate": 30.0, "augment": "none"}),
        ("anime_b_diff", {"rotate": 0.0, "augment": "diff"}),
        ("anime_d", {"rotate": 30.0, "latent_size": 4096}),
    ],
)
def test_the_reports_experiments(commands, pictures, tmp_path, name, own):
    plan = resolved(commands, pictures, tmp_path, name)
    expected = {**REPORT, **own}
    assert {key: plan["flags"][key] for key in expected} == expected
    # Its networks, with two statistics per channel of the norms.
    more = (expected["latent_size"] - 100) * 4 * 4 * 512
    assert plan["parameters"] == {
        "generator": 3_768_003 + more,
        "critic": 2_953_176,
    }
    passes = 2000 if name == "anime_d" else 500
    drawn = plan["flags"]["steps"] * 64 * plan["flags"]["n_critic"]
    assert drawn / 10_418 == pytest.approx(passes, abs=0.02)


def test_the_papers_networks(commands, pictures, tmp_path):
    plan = resolved(commands, pictures, tmp_path, "paper_128")
    # 23 labels here and 10 in the paper's table.
    assert plan["parameters"] == {
        "generator": 16_533_635 + 13 * 8 * 8 * 768,
        "critic": 3_018_539 + 13 * (16 * 16 * 512 + 1),
    }
    assert plan["flags"]["dropout"] == 0.5


@pytest.mark.parametrize(
    ("labels", "latent", "conditioning", "warns"),
    [
        (23, 4096, "concat", True),
        (23, 100, "concat", False),
        (23, 4096, "batch_norm", False),
        (23, 4096, "embedding", False),
        (2, 100, "concat", False),
        (1, 100, "concat", True),
    ],
)
def test_when_labels_drown(labels, latent, conditioning, warns):
    config = {
        "model": "acgan",
        "conditioning": conditioning,
        "latent_size": latent,
    }
    lines = watching.label_lines(config, ("x",) * labels, "tags")
    assert ("hardly count" in " ".join(lines)) == warns


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--network=dcgan", "--dropout=0.5"],
            "--dropout: the critic of --network=acgan has it",
        ),
        (
            ["--critic_norm=batch"],
            "--critic_norm: batch norm mixes the images",
        ),
        (
            ["--rotate=-3"],
            "flag --rotate=-3: expected a number of at least 0 and at most 180",
        ),
        (
            ["--model=acgan", "--conditioning=none"],
            "--conditioning: received none with --model=acgan",
        ),
    ],
)
def test_what_does_not_go_together(
    commands, pictures, tmp_path, flags, message
):
    finished = commands.run(
        TRAIN,
        f"--data=folder:{pictures}",
        f"--run_dir={tmp_path / 'run'}",
        *flags,
    )
    assert finished.code == 2
    assert message in finished.err
    assert not (tmp_path / "run").exists()
