"""Files are refused by their headers, and cut to their first picture."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_transfer.data import decode as training
from tfgan_transfer.pixels import MOST_PIXELS
from tfgan_transfer.serving.export import translation

SHAPE = (6, 5, 3)
TOO_LARGE = f"image: expected at most {MOST_PIXELS} pixels, received:"


@pytest.fixture(scope="module")
def decode():
    """As in a graph that is served; lossless, for the size is the model's."""
    return tf.function(
        lambda file: translation.decode(file, SHAPE, "crop"),
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )


def encoded(kind, *images, **options):
    stream = io.BytesIO()
    first, *rest = [Image.fromarray(image) for image in images]
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(stream, kind, **more, **options)
    return stream.getvalue()


def picture(seed, height=SHAPE[0], width=SHAPE[1]):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def png_of(width, height):
    """The first chunk of a PNG and nothing else."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + crc


def with_size(file, place, layout, *size):
    """The file with another width and height in its header."""
    size = struct.pack(layout, *size)
    return file[:place] + size + file[place + len(size) :]


def large():
    """Files of each kind that claim to hold 400,000,000 pixels or so."""
    jpeg = encoded("JPEG", picture(0))
    start = jpeg.index(b"\xff\xc0") + 5
    gif = encoded("GIF", picture(0))
    frame = gif.index(b"\x2c", 13 + 3 * 2 ** (gif[10] % 8 + 1))
    lossy = encoded("WEBP", picture(0))
    lossless = encoded("WEBP", picture(0), lossless=True)
    packed = struct.pack("<I", 16382 | 16382 << 14)
    moving = encoded("WEBP", picture(0), picture(1), lossless=True)
    return {
        "png": png_of(20_000, 20_000),
        "thin png": png_of(2**31 - 1, 1),
        "jpeg": with_size(jpeg, start, ">HH", 20_000, 20_000),
        "gif": with_size(gif, 6, "<HH", 20_000, 20_000),
        "gif's picture": with_size(gif, frame + 5, "<HH", 20_000, 20_000),
        "bmp": with_size(encoded("BMP", picture(0)), 18, "<ii", 20_000, 20_000),
        "bmp from above": with_size(
            encoded("BMP", picture(0)), 18, "<ii", 20_000, -20_000
        ),
        "webp": with_size(lossy, 26, "<HH", 16_383, 16_383),
        "lossless webp": lossless[:21] + packed + lossless[25:],
        "moving webp": moving[:24] + b"\x1f\x4e\x00\x1f\x4e\x00" + moving[30:],
    }


@pytest.mark.parametrize("name", large())
def test_too_many_pixels(decode, name):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        decode(large()[name])
    assert TOO_LARGE in str(error.value)


def test_the_limit_is_that_of_training(decode):
    assert training._MAX_PIXELS == MOST_PIXELS
    for width, refused in ((MOST_PIXELS, False), (MOST_PIXELS + 1, True)):
        with pytest.raises(tf.errors.InvalidArgumentError) as error:
            decode(png_of(width, 1))
        assert (TOO_LARGE in str(error.value)) == refused


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_pictures_of_the_size_are_kept(decode, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    expected = picture(3)
    found = decode(encoded(kind, expected, **options)).numpy()
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("commented", [False, True])
def test_only_the_first_picture_of_many_is_read(decode, commented):
    """A table of colours, comments and parts of 255 bytes included."""
    images = [picture(i) for i in range(40)]
    file = encoded(
        "GIF", *images, comment=b"c" * 700 if commented else b"", loop=0
    )
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    np.testing.assert_array_equal(decode(file).numpy(), expected)
    kept = _kept(file)
    assert len(kept) < len(file) / 5
    assert Image.open(io.BytesIO(kept)).n_frames == 1
    noise = encoded("GIF", picture(1, 90, 90), picture(2, 90, 90))
    whole = Image.open(io.BytesIO(_kept(noise)))
    whole.load()
    assert (whole.size, whole.n_frames) == ((90, 90), 1)


def _kept(file):
    from tfgan_transfer.serving.export import image_file

    return tf.function(image_file.checked)(tf.constant(file)).numpy()


@pytest.mark.parametrize("length", [0, 1, 6, 10, 13, 40, 800])
def test_cut_off_files_are_refused(decode, length):
    noise = picture(0, 30, 30)
    for kind in ("GIF", "PNG", "JPEG", "WEBP", "BMP"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            decode(encoded(kind, noise)[:length])


@pytest.mark.parametrize("mode", ["LA", "RGBA", "L", "RGB"])
@pytest.mark.parametrize("channels", [1, 3])
def test_opacity_and_grey_are_as_in_training(mode, channels):
    size = {"LA": (2,), "RGBA": (4,), "L": (), "RGB": (3,)}[mode]
    random = np.random.default_rng(1)
    image = random.integers(0, 256, (16, 16, *size), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(image, mode).save(stream, "PNG")
    file = stream.getvalue()
    found = translation.decode(tf.constant(file), (16, 16, channels), "crop")
    expected = training.decode(file, (16, 16), channels, "crop")
    # Pillow's own rounding of opacity is one level off here and there.
    assert np.abs(found.numpy() - expected).max() <= (mode in ("LA", "RGBA"))


def test_no_picture(decode):
    for file, said in (
        (b"", "Input is empty"),
        (b"\x01\x02", "Unknown image file format. One of JPEG, PNG"),
        (b"II*\x00" + b"\x00" * 60, "Unknown image file format"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError) as error:
            decode(file)
        assert said in str(error.value)
