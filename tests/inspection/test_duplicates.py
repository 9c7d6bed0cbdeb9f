"""Planted copies are found, and nothing else is."""

import io

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.inspection import duplicates
from tfgan_transfer.inspection.duplicates import Pair


def _mirrored(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _compressed(image):
    content = io.BytesIO()
    image.save(content, "JPEG", quality=60)
    return Image.open(content)


def _halved(image):
    return image.resize((64, 60))


COPIES = {
    "copied": lambda image: image,
    "mirrored": _mirrored,
    "rescaled": _halved,
    "re-encoded": _compressed,
    "all": lambda image: _compressed(_halved(_mirrored(image))),
    "darker": lambda image: image.point(lambda level: int(0.8 * level)),
}


def _planted(photographs, change):
    """The photographs, then changed copies of rows 3, 20 and 41."""
    copies = [
        np.asarray(change(Image.fromarray(photographs[row])).resize((128, 128)))
        for row in (3, 20, 41)
    ]
    return np.concatenate([photographs, copies])


@pytest.mark.parametrize("kind", COPIES)
def test_a_changed_copy_is_found(photographs, kind):
    found = duplicates.pairs(_planted(photographs, COPIES[kind]))
    mirrored = kind in ("mirrored", "all")
    assert found == [
        Pair(n, 60 + i, mirrored) for i, n in enumerate((3, 20, 41))
    ]


def test_different_pictures_are_no_pair(photographs):
    assert duplicates.pairs(photographs) == []


def test_other_paint_makes_another_picture(photographs, monkeypatch):
    """All but colour says that it is the same."""
    picture = photographs[0].astype(int)
    rng = np.random.default_rng(0)
    pattern = rng.normal(0, 6, (8, 8, 1)).repeat(16, 0).repeat(16, 1)
    painted = np.clip(picture // 2 + 60 + pattern, 0, 255)
    both = np.stack([picture, painted]).astype(np.uint8)
    assert duplicates.pairs(both) == []
    first, second = duplicates.RULES[:2]
    alike = first._replace(colour=second.colour)
    monkeypatch.setattr(duplicates, "RULES", (alike,))
    assert duplicates.pairs(both) == [Pair(0, 1, False)]


def test_smooth_pictures_are_pairs_only_if_they_are_the_same():
    ramp = np.linspace(40, 200, 128)[:, None, None]
    sky = np.broadcast_to(ramp, (128, 128, 3))
    other = np.broadcast_to(0.9 * ramp + 12, (128, 128, 3))
    images = np.stack([sky, other, sky]).astype(np.uint8)
    assert duplicates.pairs(images) == [Pair(0, 2, False)]


def test_pairs_become_groups():
    found = [Pair(1, 5, False), Pair(2, 3, True), Pair(5, 7, False)]
    assert duplicates.groups(found, 9) == [[1, 5, 7], [2, 3]]
    assert duplicates.groups([], 9) == []


def test_pairs_move_with_their_pictures():
    found = [Pair(0, 2, True), Pair(1, 3, False)]
    places = np.array([5, 1, 4, 0])
    assert duplicates.moved(found, places) == [
        Pair(0, 1, False),
        Pair(4, 5, True),
    ]


def test_pairs_far_apart_in_a_large_set_are_found(photographs, monkeypatch):
    monkeypatch.setattr(duplicates, "_ROWS_AT_ONCE", 7)
    found = duplicates.pairs(_planted(photographs, _mirrored))
    assert [pair[:2] for pair in found] == [(3, 60), (20, 61), (41, 62)]


def test_mirror_images_are_told_from_copies(photographs):
    """Rows 1 and 4 of a group show it as row 0 does, rows 2 and 3 do not."""
    turned = photographs[3][:, ::-1]
    images = [photographs[3], photographs[3], turned, turned, photographs[3]]
    found = duplicates.pairs(np.stack([*images, photographs[4]]))
    assert duplicates.groups(found, 6) == [[0, 1, 2, 3, 4]]
    assert duplicates.mirrored(found) == {2, 3}


def test_a_mirror_image_of_a_mirror_image_is_none():
    """Of a chain whose ends were not compared, and of another group."""
    chain = [Pair(1, 2, True), Pair(2, 6, True), Pair(2, 5, False)]
    assert duplicates.mirrored([*chain, Pair(3, 4, True)]) == {2, 5, 4}
    assert duplicates.mirrored([]) == frozenset()
