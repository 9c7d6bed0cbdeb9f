"""Images in overlapping tiles: nothing is lost, and no seam is left."""

import numpy as np
import pytest

from tfgan_transfer.trained import tiles

TILE = (16, 12)


@pytest.mark.parametrize("sides", [(16, 12), (17, 12), (40, 71), (16, 100)])
def test_a_translator_that_does_nothing_gives_the_image(sides):
    image = np.random.default_rng(0).normal(size=(*sides, 3)).astype("float32")
    made = tiles.translated(lambda pieces: pieces, image, TILE)
    np.testing.assert_allclose(made, image, atol=1e-6)
    assert made.dtype == np.float32


@pytest.mark.parametrize("side", [16, 17, 24, 25, 100])
def test_tiles_cover_a_side_and_share_half(side):
    first, *rest = begun = tiles.starts(side, 16)
    assert first == 0 and begun[-1] == side - 16
    assert all(0 < b - a <= 8 for a, b in zip(begun, rest, strict=False))


def test_what_tiles_disagree_about_leaves_no_seam():
    """Tiles of black and of white: a cut would be a step of 1."""
    made = []

    def translate(pieces):
        made.extend(pieces)
        colours = np.arange(len(made) - len(pieces), len(made)) % 2
        return np.ones_like(pieces) * colours[:, None, None, None]

    image = np.zeros((16, 64, 1), np.float32)
    found = tiles.translated(translate, image, (16, 16))
    assert len(made) == 7
    assert found.min() < 0.05 and found.max() > 0.95
    # Where two windows of Hann share, the steepest slope is pi / side.
    assert np.abs(np.diff(found, axis=1)).max() < 1.01 * np.pi / 16


def test_what_is_cut_into_tiles():
    assert tiles.fits((16, 13), TILE) and tiles.fits((30, 30), TILE)
    assert not tiles.fits(TILE, TILE)
    assert not tiles.fits((100, 11), TILE)


def test_grey_from_colour():
    image = np.ones((20, 20, 3), np.float32)
    made = tiles.translated(lambda x: x.mean(-1, keepdims=True), image, TILE)
    assert made.shape == (20, 20, 1)
