"""Sheets that training wrote, cut and put together again."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.support.html_page import Page
from tfgan_transfer import images
from tfgan_transfer.reports import pictures


def batch(count, height, width, channels, seed=0):
    shape = (count, height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (32, 32), (24, 40), (64, 64)])
def test_a_sheet_is_cut_into_what_it_was_made_of(tmp_path, size, channels):
    made = batch(6, *size, channels)
    path = tmp_path / "ema-00000001.png"
    scale = images.readable_scale(size[0])
    images.save(path, images.grid(made, columns=3, gap=1), scale)
    cut = pictures.cells(pictures.read(path), [(16, 16), size])
    np.testing.assert_array_equal(cut, made.reshape(2, 3, *size, channels))


def test_another_picture_is_no_sheet():
    assert pictures.cells(batch(1, 66, 66, 3)[0], [(32, 32)]) is None
    assert pictures.cells(batch(1, 10, 10, 3)[0], [(32, 32)]) is None


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"text"])
def test_a_damaged_picture_is_none(tmp_path, data):
    path = tmp_path / "x.png"
    path.write_bytes(data)
    assert pictures.read(path) is None
    assert pictures.read(tmp_path / "nothing.png") is None


def test_a_mosaic_has_holes_where_nothing_is():
    made = batch(3, 4, 5, 1)
    sheet = pictures.mosaic(made, 2)
    assert sheet.shape == (2 * 5 - 1, 2 * 6 - 1, 4)
    np.testing.assert_array_equal(sheet[:4, 6:, :3], made[1].repeat(3, axis=-1))
    alpha = np.zeros((9, 11), int)
    alpha[:4, :5] = alpha[:4, 6:] = alpha[5:, :5] = 255
    np.testing.assert_array_equal(sheet[..., 3], alpha)


def test_a_small_picture_keeps_every_pixel_and_is_enlarged_by_a_whole_factor():
    sheet = pictures.mosaic(batch(4, 30, 30, 3), 2)
    page = Page(pictures.still(sheet, "four", wide=200))
    [found] = page.of("img")
    assert (found["width"], found["height"]) == ("183", "183")
    assert found["class"] == "crisp" and found["alt"] == "four"
    [shown] = page.pictures()
    # What nobody sees behind a hole may be of any colour.
    seen = sheet[..., 3] > 0
    np.testing.assert_array_equal(np.asarray(shown)[seen], sheet[seen])


def test_pictures_of_a_middle_size_are_enlarged_smoothly():
    sheet = pictures.mosaic(batch(4, 120, 124, 3), 2)
    [found] = Page(pictures.still(sheet, "four", wide=500)).of("img")
    assert (found["width"], found["height"]) == ("500", "484")
    assert "class" not in found


def test_a_large_picture_is_neither_enlarged_nor_heavy():
    smooth = np.linspace(0, 255, 600 * 600 * 3).reshape(600, 600, 3)
    page = Page(pictures.still(smooth.astype(np.uint8), "one"))
    [found] = page.of("img")
    assert found["width"] == "600" and "class" not in found
    assert len(found["src"]) < 60_000


def test_an_animation_stands_still_for_who_asks_for_it():
    frames = [np.full((6, 6, 3), 20 * i, np.uint8) for i in range(5)]
    page = Page(pictures.moving(frames, "grey", wide=60))
    [shown] = page.pictures()
    assert shown.n_frames == 5 and shown.info["loop"] == 0
    [calm] = page.of("source")
    assert calm["media"] == "(prefers-reduced-motion: reduce)"
    still = base64.b64decode(calm["srcset"].split(",")[1])
    assert Image.open(io.BytesIO(still)).n_frames == 1


@pytest.mark.parametrize(
    ("most", "chosen"),
    [(3, [0, 5, 10]), (2, [0, 10]), (11, [*range(11)]), (50, [*range(11)])],
)
def test_the_first_and_the_last_are_kept(most, chosen):
    assert pictures.spread(list(range(11)), most) == chosen
