"""Images on their way out, down to the single pixel."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_transfer import images


def numbered(count: int, height=2, width=3, channels=1) -> np.ndarray:
    values = np.arange(1, count + 1, dtype=np.uint8)
    shape = [count, height, width, channels]
    return np.broadcast_to(values[:, None, None, None], shape).copy()


def test_grid_lays_out_row_by_row():
    sheet = images.grid(numbered(6), columns=3)
    assert sheet.shape == (4, 9, 1)
    np.testing.assert_array_equal(sheet[::2, ::3, 0], [[1, 2, 3], [4, 5, 6]])


def test_grid_keeps_every_pixel_in_place():
    batch = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    sheet = images.grid(batch, columns=2)
    np.testing.assert_array_equal(sheet[:, :3], batch[0])
    np.testing.assert_array_equal(sheet[:, 3:], batch[1])


@pytest.mark.parametrize(
    "count, rows, columns", [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3)]
)
def test_grid_is_nearly_square_and_white_where_empty(count, rows, columns):
    sheet = images.grid(numbered(count))
    assert sheet.shape == (2 * rows, 3 * columns, 1)
    flat = sheet[::2, ::3, 0].ravel()
    assert list(flat[:count]) == list(range(1, count + 1))
    assert (flat[count:] == 255).all()


def test_grid_leaves_white_gaps_right_and_below():
    sheet = images.grid(numbered(4), gap=1)
    assert sheet.shape == (6, 8, 1)
    np.testing.assert_array_equal(
        sheet[:3, :4, 0],
        [[1, 1, 1, 255], [1, 1, 1, 255], [255, 255, 255, 255]],
    )
    np.testing.assert_array_equal(sheet[3:5, 4:7, 0], np.full([2, 3], 4))


def test_gaps_and_places_without_an_image_may_be_anything():
    sheet = images.grid(numbered(3), columns=2, gap=1, fill=0)
    np.testing.assert_array_equal(sheet[:2, :3, 0], 1)
    assert sheet.sum() == 6 * (1 + 2 + 3)
    assert (sheet[3:, 4:] == 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trip(tmp_path, channels):
    image = np.random.default_rng(0).integers(
        0, 256, [5, 7, channels], np.uint8
    )
    path = tmp_path / "new folder" / "image.png"
    images.save(path, image)
    loaded = np.asarray(Image.open(path)).reshape(5, 7, channels)
    np.testing.assert_array_equal(loaded, image)


def test_scale_repeats_pixels(tmp_path):
    image = np.array([[[1], [2]], [[3], [4]]], np.uint8)
    images.save(tmp_path / "big.png", image, scale=3)
    loaded = np.asarray(Image.open(tmp_path / "big.png"))
    np.testing.assert_array_equal(
        loaded, np.kron(image[..., 0], np.ones([3, 3]))
    )


@pytest.mark.parametrize("side, scale", [(8, 8), (32, 2), (64, 1), (256, 1)])
def test_small_images_are_shown_larger(side, scale):
    assert images.readable_scale(side) == scale


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_animation_has_every_frame_and_never_ends(tmp_path, suffix):
    levels = [0, 80, 160, 255]
    frames = [np.full([4, 6, 3], level, np.uint8) for level in levels]
    path = tmp_path / f"walk.{suffix}"
    images.save_animation(path, frames, milliseconds=70)
    with Image.open(path) as animation:
        assert animation.n_frames == 4
        assert animation.info["loop"] == 0
        for i, level in enumerate(levels):
            animation.seek(i)
            shown = np.asarray(animation.convert("L")).astype(int)
            assert abs(shown - level).max() <= 3


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_has_the_bytes_of_an_exported_model(tmp_path, channels):
    """Encoders differ; the graph of an export has TensorFlow's."""
    image = numbered(1, 8, 8, channels)[0]

    @tf.function
    def exported(pixels):
        return tf.io.encode_png(pixels)

    images.save(tmp_path / "one.png", image)
    (encoded,) = exported(image[None]).numpy()
    assert (tmp_path / "one.png").read_bytes() == encoded
