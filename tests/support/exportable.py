"""A small run of each family of models that can be exported."""

import functools
import pathlib

import numpy as np
import pytest
from PIL import Image

from tests.support.running import TRAIN, Commands

# Large steps, so that labels count and averaged weights differ from others.
FEW = (
    "--limit=24 --steps=3 --batch_size=8 --n_critic=1 --width=4"
    " --latent_size=6 --sample_grid=4 --sample_every=3"
    " --generator_lr=0.05 --ema_decay=0.5"
).split()
TAGS = ("dark_left", "dark_right", "striped")


def tagged_pictures(folder: pathlib.Path) -> pathlib.Path:
    """A folder whose tags.csv says what is on each picture."""
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = ["file,tags"]
    for i in range(24):
        image = random.integers(150, 255, (8, 8), dtype=np.uint8)
        image[:, slice(0, 4) if i % 2 else slice(4, 8)] = 20
        tags = [TAGS[i % 2 == 0]] + [TAGS[2]] * (i % 3 == 0)
        Image.fromarray(image).save(folder / f"{i:02d}.png")
        lines.append(f"{i:02d}.png,{' '.join(tags)}")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder


@functools.cache
def trained(
    commands: Commands, folder: pathlib.Path
) -> dict[str, pathlib.Path]:
    """Name -> run directory of models with labels.

    One class for each image beside the latent, tags in the batch norms, and a
    second stage on the first.
    """
    pictures = tagged_pictures(folder / "tagged_pictures")
    acgan = ["--model=acgan", "--network=dcgan", "--size=8"]
    settings = {
        "concat": [*acgan, "--data=shapes", "--conditioning=concat"],
        "tags": [
            *acgan,
            f"--data=folder:{pictures}",
            "--conditioning=batch_norm",
        ],
        "stack": [
            "--model=stack_gan",
            "--data=shapes",
            "--size=12",
            f"--source={folder / 'concat'}",
        ],
    }
    for name, flags in settings.items():
        run = f"--run_dir={folder / name}"
        finished = commands.run(TRAIN, *FEW, *flags, run)
        assert finished.code == 0, finished.err
    return {name: folder / name for name in settings}


@pytest.fixture(scope="session")
def families(commands, unbroken, tmp_path_factory):
    """Name -> run directory of each family."""
    folder = tmp_path_factory.getbasetemp()
    return {"wgan_gp": unbroken, **trained(commands, folder)}
