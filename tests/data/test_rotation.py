"""Rotation against NumPy's quarter turns, by hand, and as a random draw."""

import numpy as np
import pytest

from tfgan_transfer.data import ImageSet, training_batches
from tfgan_transfer.data.rotation import rotate


def batches(images, steps, **options):
    dataset = training_batches(
        images, **{"batch_size": 4, "n_critic": 3, "latent_size": 5} | options
    )
    return list(dataset.take(steps).as_numpy_iterator())


def same(one, other):
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key], strict=True)


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def turn(images, *degrees):
    return rotate(images, np.float32(degrees)).numpy()


@pytest.mark.parametrize("side", [4, 5])
def test_quarter_turns_are_numpys(side):
    images = pixels(4, side, side, 3)
    out = turn(images, 0, 90, 180, -90)
    for image, result, quarters in zip(images, out, (0, 1, 2, -1), strict=True):
        np.testing.assert_array_equal(result, np.rot90(image, quarters))


def test_half_turns_of_oblongs():
    images = pixels(1, 4, 7, 1)
    np.testing.assert_array_equal(turn(images, 180), images[:, ::-1, ::-1])


def test_corners_are_mirrored_in():
    """Counterclockwise by 45 degrees, the ends lie off the image."""
    row = np.uint8([[10, 20, 30, 40]])[None, ..., None].repeat(4, 1)
    out = turn(row, 45.0)[0, ..., 0]
    c, s = np.cos(np.pi / 4), np.sin(np.pi / 4)
    for y, x in ((0, 0), (0, 3), (1, 2), (3, 0)):
        at = 1.5 + c * (x - 1.5) - s * (y - 1.5)
        # a b c d, and beyond its edges the same again backwards.
        at = -1 - at if at < -0.5 else (7 - at if at > 3.5 else at)
        expected = np.interp(at, range(4), row[0, 0, :, 0])
        assert abs(int(out[y, x]) - expected) <= 0.51, (y, x)


def test_flat_images_stay_what_they_are():
    flat = np.full((5, 6, 6, 3), 77, np.uint8)
    np.testing.assert_array_equal(turn(flat, -30, -7, 1, 13, 30), flat)


def line_set():
    """A bright bar through the centre, whose angle can be read back."""
    image = np.zeros((21, 21, 1), np.uint8)
    image[10] = 255
    return ImageSet(image[None], np.zeros((1, 0)), (), "none", ("x",))


def angle_of(image):
    y, x = np.indices((21, 21)) - 10.0
    inside = (y**2 + x**2 < 80) * (image[..., 0] + 1)
    return np.degrees(
        0.5
        * np.arctan2(
            -2 * np.sum(inside * x * y), np.sum(inside * (x**2 - y**2))
        )
    )


def test_angles_are_uniform_and_their_own_for_each_image():
    elements = batches(line_set(), 40, flip=False, rotation=30.0)
    angles = np.array(
        [angle_of(i) for e in elements for slot in e["image"] for i in slot]
    )
    assert len(np.unique(angles.round(3))) > 0.95 * len(angles)
    assert abs(angles).max() < 31
    # Quarters of 480 draws; five standard deviations are 47.
    counts, _ = np.histogram(angles, [-31, -15, 0, 15, 31])
    assert abs(counts - 120).max() < 47


def test_rotation_starts_and_divides_like_all_noise():
    images = ImageSet(
        pixels(7, 6, 6, 3), np.zeros((7, 0)), (), "none", ("x",) * 7
    )
    whole = batches(images, 4, rotation=30.0)
    same(whole[3], batches(images, 1, rotation=30.0, start_step=3)[0])
    shards = [
        batches(images, 1, rotation=30.0, shard=(k, 2))[0] for k in (0, 1)
    ]
    same(
        whole[0], {k: np.concatenate([s[k] for s in shards]) for k in whole[0]}
    )
    still = batches(images, 1)[0]
    assert (still["image"] != whole[0]["image"]).any()
    np.testing.assert_array_equal(still["latent"], whole[0]["latent"])
