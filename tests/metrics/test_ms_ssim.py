import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage, signal

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.ms_ssim import (
    intra_class_ms_ssim,
    mean_ms_ssim,
    ms_ssim,
)


def smooth_images(seed, count, side, channels=3):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, side, side, channels))
    smooth = ndimage.gaussian_filter(noise, (0, 2, 2, 0), mode="wrap")
    smooth = 128 + 60 * smooth / smooth.std()
    return np.clip(smooth, 0, 255).astype(np.uint8)


def reference(first, second):
    """One pair, by 2-D convolutions and an explicit loop over scales."""
    weights = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    x, y = first.astype(np.float64), second.astype(np.float64)
    value = 1.0
    for scale, weight in enumerate(weights):
        size = min(11, *x.shape[:2])
        axis = np.arange(size) - (size - 1) / 2
        line = np.exp(-(axis**2) / (2 * (1.5 * size / 11) ** 2))
        window = np.outer(line, line)[:, :, None] / line.sum() ** 2

        def blur(image, window=window):
            return signal.convolve(image, window, mode="valid")

        mx, my = blur(x), blur(y)
        vx, vy = blur(x * x) - mx**2, blur(y * y) - my**2
        c1, c2 = 2.55**2, 7.65**2
        cs = (2 * (blur(x * y) - mx * my) + c2) / (vx + vy + c2)
        ssim = cs * (2 * mx * my + c1) / (mx**2 + my**2 + c1)
        value *= max((ssim if scale == 4 else cs).mean(), 0) ** weight
        box = np.ones((2, 2, 1)) / 4
        x, y = (ndimage.convolve(i, box)[::2, ::2] for i in (x, y))
    return value


@pytest.mark.parametrize("side", [16, 32, 45, 64, 96, 128])
def test_agrees_with_a_plain_implementation_at_all_sizes(side):
    first = smooth_images(0, 3, side)
    noise = np.random.default_rng(1).integers(-25, 26, first.shape)
    second = np.clip(first.astype(int) + noise, 0, 255).astype(np.uint8)
    second[2] = smooth_images(2, 1, side)[0]
    expected = [reference(a, b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(ms_ssim(first, second), expected, rtol=1e-9)
    np.testing.assert_allclose(ms_ssim(first, first), 1, rtol=1e-12)


def test_agrees_with_tensorflow_where_it_works():
    first = smooth_images(0, 2, 176, channels=1)
    second = np.roll(first, 2, axis=1)
    expected = tf.image.ssim_multiscale(
        tf.constant(first), tf.constant(second), 255
    )
    np.testing.assert_allclose(ms_ssim(first, second), expected, rtol=2e-4)


def test_pairs_are_different_and_distinct():
    same = smooth_images(0, 1, 16).repeat(6, axis=0)
    score = mean_ms_ssim(same, pairs=1000)
    assert score.value == pytest.approx(1)
    assert "15 pairs" in score.protocol
    # Two copies of each of three images: 3 of the 15 pairs are alike.
    twins = smooth_images(1, 3, 16).repeat(2, axis=0)
    other = mean_ms_ssim(twins, pairs=15)
    singles = mean_ms_ssim(twins[::2], pairs=3).value
    assert other.value == pytest.approx((3 + 12 * singles) / 15)


def test_a_collapsed_class_is_named():
    images = smooth_images(0, 40, 32)
    labels = np.eye(3)[np.arange(40) % 2]
    labels[:, 2] = labels[:, 1]
    labels[2:, 2] = 0  # A single image of the third class.
    fake = images.copy()
    fake[labels[:, 1] == 1] = fake[1]
    found = intra_class_ms_ssim(images, labels, fake, labels, pairs=20)
    assert found.suspects == (1,)
    assert found.fake[1].value == pytest.approx(1)
    assert found.as_diverse == 0.5
    itself = intra_class_ms_ssim(images, labels, images, labels, pairs=20)
    assert itself.as_diverse == 1 and itself.suspects == ()
    assert list(found.fake) == [0, 1]
    with pytest.raises(ValueError, match="no class with two"):
        intra_class_ms_ssim(images, labels, fake[:1], labels[:1])


def test_too_small_is_a_sentence():
    tiny = np.zeros((2, 8, 8, 1), np.uint8)
    with pytest.raises(UserError, match="at least 16 x 16 .* 8 x 8"):
        ms_ssim(tiny, tiny)
    with pytest.raises(ValueError, match="shapes"):
        ms_ssim(tiny, tiny[:1])
    with pytest.raises(ValueError, match="pairs of 1"):
        mean_ms_ssim(tiny[:1])
