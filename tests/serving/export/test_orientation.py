"""How a camera was held: exports turn pictures as `translate` does."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_transfer.data import decode
from tfgan_transfer.serving.export import image_file, translation

# Unlike in every turn and mirror image.
BLOCKS = np.array([[0, 60, 120], [200, 30, 250]], np.uint8)
PIXELS = BLOCKS.repeat(16, 0).repeat(16, 1)[..., None].repeat(3, -1)
TAG = 0x112


def jpeg(number=None, order="<", **options):
    exif = Image.Exif()
    exif.endian = order
    exif[0x10F] = "a maker of cameras"
    if number is not None:
        exif[TAG] = number
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(
        file, "JPEG", quality=98, exif=exif, subsampling=0, **options
    )
    return file.getvalue()


@pytest.fixture(scope="module")
def decoded():
    return tf.function(
        lambda file: translation.decode(file, (40, 40, 3), "squash"),
        input_signature=[tf.TensorSpec([], tf.string)],
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("number", range(1, 9))
def test_every_way_to_hold_a_camera(decoded, number, order):
    file = jpeg(number, order)
    assert int(image_file.orientation(tf.constant(file))) == number
    expected = decode.decode(file, (40, 40), 3, "squash").astype(float)
    assert np.abs(decoded(file).numpy() - expected).mean() < 1


@pytest.mark.parametrize("number", [None, 0, 9, 6000])
def test_what_is_not_said_is_upright(number):
    assert int(image_file.orientation(tf.constant(jpeg(number)))) == 1


def test_notes_behind_other_segments_and_files_without():
    assert (
        int(image_file.orientation(tf.constant(jpeg(6, comment=b"c" * 999))))
        == 6
    )
    png = io.BytesIO()
    Image.fromarray(PIXELS).save(png, "PNG")
    for file in (png.getvalue(), jpeg(6)[:30], b""):
        assert int(image_file.orientation(tf.constant(file))) == 1
