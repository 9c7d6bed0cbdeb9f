"""What can be asked for with --augment, and a picture of what it does."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer import augment
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.errors import UserError


def test_policies():
    every = ("color", "translation", "cutout")
    assert augment.parse("none") == ((), 0.0)
    assert augment.parse("diff") == (every, 1.0)
    assert augment.parse("ada") == (every, 0.0)
    assert augment.parse("color") == (("color",), 1.0)
    assert augment.parse("cutout, color,cutout") == (("color", "cutout"), 1.0)
    assert Augmentation(("cutout", "color")).transforms == ("color", "cutout")


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "dif",
            "--augment: unknown value 'dif', expected one of none, diff, ada, "
            "color, translation, cutout. Did you mean 'diff'? Several "
            "transforms are separated by commas.",
        ),
        (
            "color,diff",
            "--augment: unknown value 'diff', expected one of color, "
            "translation, cutout. Several transforms are separated by commas.",
        ),
        ("colour,cutout", "Did you mean 'color'?"),
        ("", "unknown value ''"),
    ],
)
def test_an_unknown_policy_is_explained(text, message):
    with pytest.raises(UserError) as error:
        augment.parse(text)
    assert message in error.value.command_line


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"Received: transforms=\('flip',\)"):
        Augmentation(("flip",))
    with pytest.raises(ValueError, match=r"Received: transforms=\(\)"):
        Augmentation(())
    for probability in -0.1, 1.1, float("nan"):
        with pytest.raises(ValueError, match="Received: probability="):
            Augmentation(probability=probability)
    with pytest.raises(ValueError, match=r"10 columns .* noise.shape=\(2, 0\)"):
        Augmentation()(tf.zeros([2, 8, 8, 3]), tf.zeros([2, 0]))


def test_preview_shows_originals_and_strong_augmentations():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    never = Augmentation(probability=0.0)
    sheet = augment.preview(images, never, seed=4)
    assert sheet.shape == (24, 8, 8, 3) and sheet.dtype == np.uint8
    rows = sheet.reshape(3, 8, 8, 8, 3)
    np.testing.assert_array_equal(rows[:, 0], images)
    for row in rows:
        # Each differs from the original and from the others.
        assert len({version.tobytes() for version in row}) == 8
    np.testing.assert_array_equal(sheet, augment.preview(images, never, seed=4))
    assert np.any(sheet != augment.preview(images, never, seed=5))


def test_preview_keeps_the_values_of_pixels():
    images = np.full((2, 8, 8, 1), 200, np.uint8)
    # Light images with grey margins.
    sheet = augment.preview(images, Augmentation(("translation",)), seed=0)
    assert {*np.unique(sheet)} == {128, 200}
    # Black plus up to half of the range above black; less is still black.
    sheet = augment.preview(images * 0, Augmentation(("color",)), seed=0)
    assert sheet.min() == 0 and 32 < sheet.max() <= 64
