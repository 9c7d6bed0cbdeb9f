"""Blank pictures and pictures without colour."""

import io

import numpy as np
from PIL import Image

from tfgan_transfer.inspection import tones


def test_blank_is_one_colour_all_over(photographs):
    rng = np.random.default_rng(0)
    red = np.broadcast_to(np.uint8([200, 0, 0]), (128, 128, 3))
    scan = np.clip(rng.normal(240, 2, (128, 128, 3)), 0, 255)
    dot = red.copy()
    dot[60:80, 60:80] = 0
    images = np.stack([red, scan, dot, photographs[0]]).astype(np.uint8)
    assert tones.blank(images).tolist() == [True, True, False, False]


def test_equal_grey_in_other_colours_is_not_blank():
    """Red on a blue of the same luma: only single channels differ."""
    images = np.zeros((1, 8, 8, 3), np.uint8)
    images[0, :, :4, 0] = 97
    images[0, :, 4:, 2] = 255
    assert not tones.blank(images)[0]


def test_grey_survives_compression(photographs):
    grey = Image.fromarray(photographs[1]).convert("L").convert("RGB")
    content = io.BytesIO()
    grey.save(content, "JPEG", quality=60)
    stored = np.asarray(Image.open(content).convert("RGB"))
    images = np.stack([stored, photographs[1], np.asarray(grey)])
    assert tones.grey(images).tolist() == [True, False, True]


def test_a_small_spot_of_colour_counts():
    images = np.full((1, 100, 100, 3), 90, np.uint8)
    images[0, :11, :11, 0] = 200
    assert not tones.grey(images)[0]


def test_large_sets_are_judged_in_parts(photographs, monkeypatch):
    monkeypatch.setattr(tones, "_ROWS_AT_ONCE", 7)
    images = np.concatenate([photographs[:20], np.zeros_like(photographs[:1])])
    assert tones.blank(images).tolist() == [False] * 20 + [True]
    assert tones.blank(images[:0]).shape == (0,)
