"""Sizes and pixels of images as their source has them."""

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import decode, originals


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (30, 50, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=turned)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return tmp_path


def test_sizes_are_upright_and_the_unreadable_missing(folder):
    names = ["broken.png", "turned.jpg", "wide.png"]
    found = originals.sizes(f"folder:{folder}", names)
    assert found == {"turned.jpg": (50, 30), "wide.png": (30, 50)}
    for name, size in found.items():
        content = (folder / name).read_bytes()
        assert decode.decode(content, None, 3, "squash").shape[:2] == size


def test_pictures_keep_their_shape_and_are_scaled_down_only(folder):
    names = ["wide.png", "turned.jpg", "broken.png", "unknown.png"]
    found = originals.pictures(f"folder:{folder}", names, 25)
    assert {n: p.shape for n, p in found.items()} == {
        "turned.jpg": (25, 15, 3),
        "wide.png": (15, 25, 3),
    }
    whole = originals.pictures(f"folder:{folder}", ["wide.png"], 100)
    stored = np.asarray(Image.open(folder / "wide.png"))
    np.testing.assert_array_equal(whole["wide.png"], stored)


def test_deep_images_are_shown_too(tmp_path):
    deep = np.full((8, 8), 40_000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    found = originals.pictures(f"folder:{tmp_path}", ["deep.png"], 8)
    assert found["deep.png"].shape == (8, 8, 3)
