"""Tagged pictures, and tiny trainings of them."""

import numpy as np
import pytest
from PIL import Image

from tests.support.running import SMOKE, TRAIN

TAGS = ("left_dark", "right_dark", "striped")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder whose tags.csv says what is on each picture."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    lines = ["file,tags"]
    for i in range(24):
        image = random.integers(150, 255, (8, 8), dtype=np.uint8)
        image[:, slice(0, 4) if i % 2 else slice(4, 8)] = 20
        tags = [TAGS[0] if i % 2 else TAGS[1]]
        if i % 3 == 0:
            image[::2] = 90
            tags.append(TAGS[2])
        Image.fromarray(image).save(folder / f"{i:02d}.png")
        lines.append(f"{i:02d}.png,{' '.join(tags)}")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n")
    return folder


def train(commands, run_dir, pictures, *arguments, setup=""):
    return commands.run(
        TRAIN,
        SMOKE,
        f"--run_dir={run_dir}",
        "--model=acgan",
        f"--data=folder:{pictures}",
        "--limit=24",
        "--steps=6",
        "--sample_every=3",
        "--checkpoint_every=3",
        *arguments,
        setup=setup,
    )
