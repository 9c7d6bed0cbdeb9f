import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import load as load_spec


def _picture(index):
    return np.full((8, 8, 3), (index % 256, index // 256, 9), np.uint8)


@pytest.fixture(scope="session")
def picture():
    """Function from a number to the pixels of its image."""
    return _picture


@pytest.fixture(scope="session")
def fill_folder():
    """Function that saves images 0000.png, 0001.png, ... in a folder."""

    def fill(folder, count):
        folder.mkdir(exist_ok=True)
        for index in range(count):
            image = Image.fromarray(_picture(index))
            image.save(folder / f"{index:04d}.png")
        return folder

    return fill


@pytest.fixture(scope="session")
def loaded():
    """Function that loads such a folder."""
    return lambda folder, **options: load_spec(
        f"folder:{folder}", **{"size": (8, 8)} | options
    )


@pytest.fixture(scope="session")
def check_contents():
    """Function that checks every image of a set against its name."""

    def check(images):
        for name, pixels in zip(images.names, images.images, strict=True):
            np.testing.assert_array_equal(pixels, _picture(int(name[:4])))

    return check
