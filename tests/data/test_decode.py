import io

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import decode as module
from tfgan_transfer.data.decode import DamagedImageError, decode
from tfgan_transfer.errors import UserError

RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def row(*pixels, mode="RGB"):
    image = Image.new(mode, (len(pixels), 1))
    image.putdata(pixels)
    return image


def test_equal_size_leaves_every_byte_untouched():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    for fit in ("crop", "squash", "pad"):
        result = decode(encoded(Image.fromarray(pixels)), (5, 7), 3, fit)
        np.testing.assert_array_equal(result, pixels)


@pytest.mark.parametrize(
    "orientation, expected",
    # Where the stored [red, blue] row ends up: (height, width) and pixels.
    [
        (1, [[RED, BLUE]]),
        (2, [[BLUE, RED]]),
        (3, [[BLUE, RED]]),
        (4, [[RED, BLUE]]),
        (5, [[RED], [BLUE]]),
        (6, [[RED], [BLUE]]),
        (7, [[BLUE], [RED]]),
        (8, [[BLUE], [RED]]),
    ],
)
def test_exif_rotation_is_applied(orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(row(RED, BLUE), exif=exif)
    expected = np.array(expected, np.uint8)
    result = decode(data, expected.shape[:2], 3, "crop")
    np.testing.assert_array_equal(result, expected)


def test_broken_exif_does_not_spoil_good_pixels():
    data = encoded(Image.new("RGB", (4, 4), RED), "JPEG", exif=b"Exif\0\0junk")
    assert decode(data, (4, 4), 3, "crop")[0, 0, 0] > 250


def test_transparency_is_composited_on_white():
    data = encoded(
        row((0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 102), mode="RGBA")
    )
    result = decode(data, (1, 3), 3, "crop")
    # 255 * (1 - 102 / 255) = 153.
    assert result[0, :, 0].tolist() == [0, 255, 153]
    grey = encoded(row((100, 255), (100, 0), mode="LA"))
    assert decode(grey, (1, 2), 1, "crop").ravel().tolist() == [100, 255]


def test_transparent_palette_entry_becomes_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    data = encoded(image, transparency=1)
    expected = [[list(RED), [255, 255, 255]]]
    assert decode(data, (1, 2), 3, "crop").tolist() == expected


def test_grey_is_repeated_and_colour_becomes_luma():
    grey = encoded(row(10, 200, mode="L"))
    assert decode(grey, (1, 2), 3, "crop").tolist() == [[[10] * 3, [200] * 3]]
    colour = encoded(row(RED, (0, 255, 0), BLUE))
    # ITU-R 601: 0.299, 0.587, 0.114 of 255.
    assert decode(colour, (1, 3), 1, "crop").ravel().tolist() == [76, 150, 29]


def test_sixteen_bits_are_scaled_to_eight():
    # 200 * 255 / 65535 = 0.78, which rounds to 1.
    deep = np.array([[0, 200, 128 * 257, 65535]], np.uint16)
    for format in ("PNG", "TIFF"):
        data = encoded(Image.fromarray(deep), format)
        result = decode(data, (1, 4), 1, "crop").ravel().tolist()
        assert result == [0, 1, 128, 255]
    array = decode(deep[..., None], (1, 4), 3, "crop")
    assert array[0, :, 2].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(
    "format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]
)
def test_every_format_opens(format):
    data = encoded(Image.new("RGB", (8, 6), (200, 40, 90)), format)
    result = decode(data, (6, 8), 3, "crop")
    assert np.abs(result.astype(int) - (200, 40, 90)).max() <= 6


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (2, 2), colour) for colour in (RED, BLUE)]
    for format in ("GIF", "WEBP"):
        data = encoded(
            frames[0], format, save_all=True, append_images=frames[1:]
        )
        assert decode(data, (2, 2), 3, "crop")[0, 0, 0] > 250


def test_crop_takes_the_centre():
    wide = encoded(row(RED, (1, 2, 3), BLUE))
    assert decode(wide, (1, 1), 3, "crop").ravel().tolist() == [1, 2, 3]
    tall = np.zeros((8, 2, 3), np.uint8)
    tall[3:5] = 77
    result = decode(encoded(Image.fromarray(tall)), (2, 2), 3, "crop")
    np.testing.assert_array_equal(result, 77)


def test_squash_averages_over_the_whole_image():
    half = np.zeros((4, 16, 1), np.uint8)
    half[:, 8:] = 200
    result = decode(half, (4, 2), 1, "squash")
    assert result[0, 0, 0] < 20 and result[0, 1, 0] > 180
    # Antialiased: the mean is kept where nearest-neighbour would lose it.
    stripes = np.tile(np.array([0, 200], np.uint8), (16, 8))[..., None]
    result = decode(stripes, (4, 4), 1, "squash")
    assert np.abs(result.astype(int) - 100).max() <= 8


def test_pad_repeats_the_outermost_pixels():
    image = encoded(row(RED, BLUE))
    result = decode(image, (4, 2), 3, "pad")
    np.testing.assert_array_equal(result, [[RED, BLUE]] * 4)
    result = decode(encoded(row(5, mode="L")), (3, 5), 1, "pad")
    np.testing.assert_array_equal(result, np.full((3, 5, 1), 5))


def test_extreme_aspects_do_not_vanish():
    sliver = np.full((1, 400, 3), 9, np.uint8)
    for fit in ("crop", "squash", "pad"):
        assert decode(sliver, (8, 8), 3, fit).shape == (8, 8, 3)


def damaged(kind):
    jpeg = encoded(
        Image.effect_noise((64, 64), 90).convert("RGB"), "JPEG", quality=95
    )
    png = encoded(Image.effect_noise((64, 64), 90))
    return {
        "empty": b"",
        "text": b"hello, this is no picture",
        "truncated jpeg": jpeg[: len(jpeg) // 2],
        "truncated png": png[: len(png) // 2],
        "header only": png[:20],
        "flipped bytes": png[:60] + bytes(60) + png[120:],
        "float": encoded(Image.new("F", (2, 2)), "TIFF"),
    }[kind]


@pytest.mark.parametrize(
    "kind, phrase",
    [
        ("empty", "empty file"),
        ("text", "not an image"),
        ("truncated jpeg", "truncated"),
        ("truncated png", "truncated"),
        ("header only", "truncated|cannot be decoded"),
        ("flipped bytes", "broken|damaged|cannot"),
        ("float", "floating-point"),
    ],
)
def test_damage_is_named_in_one_phrase(kind, phrase):
    with pytest.raises(DamagedImageError, match=phrase) as caught:
        decode(damaged(kind), (8, 8), 3, "crop")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 120


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    bomb = encoded(Image.new("1", (12_000, 8_000)))
    assert len(bomb) < 100_000
    monkeypatch.setattr(
        Image.Image, "load", lambda self: pytest.fail("was decoded")
    )
    with pytest.raises(DamagedImageError, match="more than 89478485 pixels"):
        decode(bomb, (8, 8), 3, "crop")


def test_formats_that_start_programs_are_not_opened():
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"
    with pytest.raises(DamagedImageError, match="not an image"):
        decode(script, (8, 8), 3, "crop")


def test_header_size_is_height_then_width():
    assert module.header_size(encoded(Image.new("L", (7, 3)))) == (3, 7)


@pytest.mark.parametrize(
    "size, channels, fit, flag",
    [
        ((0, 8), 3, "crop", "--size"),
        ((8, 8), 4, "crop", "--channels"),
        ((8, 8), 3, "corp", "did you mean"),
    ],
)
def test_unknown_values_are_refused(size, channels, fit, flag):
    with pytest.raises(UserError, match="(?i)" + flag.lstrip("-")):
        module.check(size, channels, fit)
