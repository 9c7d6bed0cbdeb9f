"""The stream of two sets without pairs."""

import dataclasses

import numpy as np
import pytest

from tfgan_transfer.data import unpaired
from tfgan_transfer.data.image_set import ImageSet
from tfgan_transfer.errors import UserError


def numbered(count, first=0):
    """Images [count, 2, 4, 1] whose left half says which they are."""
    pixels = np.zeros((count, 2, 4, 1), np.uint8)
    pixels[:, :, :2] = (first + np.arange(count))[:, None, None, None]
    return ImageSet(
        images=pixels,
        labels=np.zeros((count, 0), np.float32),
        label_mode="none",
        vocabulary=(),
        names=tuple(map(str, range(count))),
    )


def take(dataset, count):
    return list(dataset.take(count).as_numpy_iterator())


def shown(batches, name):
    """Numbers of the images, in the order in which they were drawn."""
    pixels = np.concatenate([b[f"image_{name}"] for b in batches])
    values = np.rint((pixels + 1) * 127.5).astype(int).max(axis=(2, 3, 4))
    return values.ravel().tolist()


def stream(a=None, b=None, **options):
    a = a or numbered(7, 1)
    b = numbered(5, 101) if b is None else b
    options = {"batch_size": 2, "seed": 3, **options}
    return unpaired.training_batches(a, b, **options)


def test_layout():
    (batch,) = take(stream(n_critic=3), 1)
    shapes = {name: values.shape for name, values in batch.items()}
    assert shapes == {
        "image_a": (2, 3, 2, 4, 1),
        "image_b": (2, 3, 2, 4, 1),
        "pool": (2, 3, 2, 2),
        "mix": (2, 3, 2, 1, 1, 1),
    }
    for values in batch.values():
        assert values.dtype == "float32"
    for name in ("pool", "mix"):
        assert 0 <= batch[name].min() and batch[name].max() < 1


def test_each_set_is_passed_through_without_repeats():
    batches = take(stream(), 35)
    for name, numbers in (("a", range(1, 8)), ("b", range(101, 106))):
        drawn = shown(batches, name)
        size = len(numbers)
        for start in range(0, len(drawn), size):
            assert sorted(drawn[start : start + size]) == [*numbers]


def test_sets_of_one_size_are_shuffled_apart():
    batches = take(stream(numbered(9, 1), numbered(9, 101)), 45)
    pairs = {*zip(shown(batches, "a"), shown(batches, "b"), strict=True)}
    # 90 draws: 9 pairs if the orders were one, about 54 if independent.
    assert len(pairs) > 35


def test_a_set_smaller_than_a_batch():
    batches = take(stream(numbered(1, 1), numbered(3, 101), batch_size=4), 3)
    assert shown(batches, "a") == [1] * 12
    assert sorted(shown(batches, "b")) == [101] * 4 + [102] * 4 + [103] * 4


def test_it_starts_anywhere_and_shards_make_the_batch():
    whole = take(stream(batch_size=4, n_critic=2), 5)
    late = take(stream(batch_size=4, n_critic=2, start_step=3), 2)
    halves = [
        take(stream(batch_size=4, n_critic=2, shard=(k, 2)), 5) for k in (0, 1)
    ]
    for name in whole[0]:
        for i in (0, 1):
            np.testing.assert_array_equal(late[i][name], whole[3 + i][name])
        for i, batch in enumerate(whole):
            joined = np.concatenate([half[i][name] for half in halves])
            np.testing.assert_array_equal(joined, batch[name])


def test_about_half_are_mirrored_each_side_by_itself():
    batches = take(stream(batch_size=8), 50)
    right = {
        name: np.concatenate([b[f"image_{name}"] for b in batches])[
            :, 0, 0, 3, 0
        ]
        > -1
        for name in "ab"
    }
    for mirrored in right.values():
        assert 0.4 < mirrored.mean() < 0.6
    assert 0.4 < (right["a"] == right["b"]).mean() < 0.6
    plain = take(stream(batch_size=8, flip=False), 5)
    assert all((b["image_a"][..., 3, 0] == -1).all() for b in plain)


def test_what_cannot_be_drawn_from_is_refused():
    with pytest.raises(UserError, match="check data_b"):
        stream(b=numbered(0))
    with pytest.raises(UserError, match="multiple of the 2 workers"):
        stream(batch_size=3, shard=(0, 2))


def sloping(count, height, width):
    """Images whose pixel (y, x) is 16 y + x."""
    pixels = 16 * np.arange(height)[:, None] + np.arange(width)
    pixels = np.tile(pixels[None, :, :, None], (count, 1, 1, 1))
    return dataclasses.replace(numbered(count), images=pixels.astype(np.uint8))


def test_pieces_are_cut_out_at_places_of_their_own():
    """3x4 places of a 4x6 image for a piece of 2x3."""
    options = {"flip": False, "size": (2, 3), "batch_size": 8}
    batches = take(stream(sloping(5, 4, 6), sloping(5, 4, 6), **options), 60)
    pixels = {
        name: np.concatenate(
            [b[f"image_{name}"][:, 0, ..., 0] for b in batches]
        )
        for name in "ab"
    }
    corners = {}
    for name, values in pixels.items():
        values = np.rint((values + 1) * 127.5).astype(int)
        assert values.shape == (480, 2, 3)
        corners[name] = values[:, 0, 0]
        np.testing.assert_array_equal(
            values - values[:, :1, :1],
            np.broadcast_to([[0, 1, 2], [16, 17, 18]], values.shape),
        )
        places, counts = np.unique(corners[name], return_counts=True)
        assert places.tolist() == [
            16 * y + x for y in range(3) for x in range(4)
        ]
        # 40 each, with a standard deviation of 6.
        assert 15 < counts.min() and counts.max() < 65
    assert (corners["a"] == corners["b"]).mean() < 0.2
    again = take(
        stream(sloping(5, 4, 6), sloping(5, 4, 6), start_step=59, **options),
        1,
    )
    np.testing.assert_array_equal(again[0]["image_a"], batches[59]["image_a"])


def test_images_of_the_size_are_taken_whole():
    whole = take(stream(flip=False), 3)
    cut = take(stream(flip=False, size=(2, 4)), 3)
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one["image_a"], other["image_a"])
