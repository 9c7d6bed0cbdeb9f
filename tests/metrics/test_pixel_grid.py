"""Traces of a pixel grid: of patterns whose spectra are known."""

import numpy as np
import pytest

from tfgan_transfer.metrics.pixel_grid import SMALLEST, pixel_grid, ridge


def noise(side=32, count=200, seed=0):
    pixels = np.random.default_rng(seed).normal(128, 20, (count, side, side, 1))
    return pixels.round().clip(0, 255).astype(np.uint8)


def test_white_noise_has_no_grid():
    # Each of the means is over 200 * 32 values of a spread as large as they.
    assert ridge(noise()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("axis", [1, 2])
def test_stripes_stand_out_by_their_power(period, axis):
    """Stripes of +-a of period 2 put (a n^2)^2 into one of n frequencies."""
    images = noise()
    wave = np.zeros(32)
    wave[::period], wave[period // 2 :: period] = 6, -6
    shape = [1, 32, 1, 1] if axis == 1 else [1, 1, 32, 1]
    striped = (images + wave.reshape(shape)).clip(0, 255).astype(np.uint8)
    # At that frequency n^2 * 20^2 of noise in each of 32 bins, in one of them
    # n^4 * power of the wave beside it, of which half is at minus it.
    power = np.mean(wave**2) / (1 if period == 2 else 2)
    expected = 1 + 32**2 * power / (32 * 20**2)
    assert ridge(striped) == pytest.approx(expected, rel=0.1)


def test_a_photograph_has_none():
    """Power that falls as 1 / f^2 is no ridge."""
    rng = np.random.default_rng(0)
    f = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    spectrum = np.fft.fft2(rng.normal(size=(100, 64, 64))) / np.maximum(f, 0.02)
    images = np.fft.ifft2(spectrum).real
    pixels = 128 + 40 * images / images.std()
    pixels = pixels.clip(0, 255).astype(np.uint8)[..., None]
    assert ridge(pixels) == pytest.approx(1, abs=0.15)


def test_the_score_says_what_it_is_of():
    score = pixel_grid("pixel_grid/a2b", noise(SMALLEST, 5), "these")
    assert (score.name, score.n_fake) == ("pixel_grid/a2b", 5)
    assert score.protocol.endswith(", these")
    assert np.isfinite(pixel_grid("x", np.zeros((2, 16, 16, 3)), "").value)
