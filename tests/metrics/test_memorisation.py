import numpy as np
import pytest

from tfgan_transfer.metrics.memorisation import (
    memorisation_in_features,
    memorisation_in_pixels,
    pairs_picture,
)


@pytest.fixture(scope="module")
def photos():
    """Smooth random colour images 32 px: train, held out, fresh."""
    from scipy import ndimage

    noise = np.random.default_rng(0).standard_normal((900, 32, 32, 3))
    smooth = ndimage.gaussian_filter(noise, (0, 3, 3, 0), mode="wrap")
    images = np.clip(128 + 50 * smooth / smooth.std(), 0, 255)
    return np.split(images.astype(np.uint8), 3)


def test_copies_mirrors_and_shifts_are_flagged_in_pixels(photos):
    train, held_out, fresh = photos
    fake = fresh.copy()
    fake[10:20] = train[110:120]
    fake[20:30] = train[120:130, :, ::-1]
    fake[30:40] = np.roll(train[130:140], (2, -1), axis=(1, 2))
    noise = np.random.default_rng(0).integers(-6, 7, (10, 32, 32, 3))
    fake[40:50] = np.clip(train[140:150].astype(int) + noise, 0, 255)
    found = memorisation_in_pixels(fake, train, held_out)
    flagged = set(found.flagged.tolist())
    assert set(range(10, 50)) <= flagged
    assert len(flagged) <= 40 + 9
    np.testing.assert_array_equal(found.matches[10:50], np.arange(110, 150))
    assert not found.distances[10:40].any()
    assert found.mirrored[20:30].all() and not found.mirrored[10:20].any()
    assert found.alarm
    assert found.share.value == len(flagged) / 300
    # Copies come first, so the picture shows them.
    picture = pairs_picture(fake, train, found, rows=20)
    assert picture.shape == (64, 20 * 32, 3)
    np.testing.assert_array_equal(picture[:32], picture[32:])


def test_honest_images_are_not_flagged(photos):
    train, held_out, fresh = photos
    found = memorisation_in_pixels(fresh, train, held_out)
    assert not found.alarm
    assert found.share.value < 0.03
    assert abs(found.copying.value) < 3
    assert 0.3 < found.authenticity.value < 0.9
    assert pairs_picture(fresh, train, found).shape == (64, 8 * 32, 3)


def test_digits_in_features_and_pixels(digits):
    fresh, train, held_out = digits.fresh, digits.train, digits.held_out
    honest = memorisation_in_features(
        fresh.features, train.features, held_out.features
    )
    assert not honest.alarm
    assert abs(honest.copying.value) < 3
    assert 0.3 < honest.authenticity.value < 0.7
    copies = memorisation_in_features(
        train.features[:300], train.features, held_out.features
    )
    assert copies.alarm and len(copies.flagged) == 300
    assert copies.copying.value < -10
    assert copies.authenticity.value == 0
    mirrored = train.images[:300, :, ::-1]
    in_pixels = memorisation_in_pixels(mirrored, train.images, held_out.images)
    assert in_pixels.alarm and len(in_pixels.flagged) == 300
    assert in_pixels.mirrored.mean() > 0.9


def test_a_far_generator_is_not_called_a_copier(digits):
    noise = np.random.default_rng(0).random((200, 64)) * 3
    found = memorisation_in_features(
        noise, digits.train.features, digits.held_out.features
    )
    assert found.copying.value > 3
    assert len(found.flagged) == 0 and not found.alarm


def test_larger_images_are_compared_at_32_pixels(photos):
    train, held_out, fresh = (
        p.repeat(2, axis=1).repeat(2, axis=2) for p in photos
    )
    fake = fresh[:20].copy()
    fake[0] = train[7]
    found = memorisation_in_pixels(fake, train[:50], held_out[:50])
    small = memorisation_in_pixels(
        fake[:, ::2, ::2], train[:50, ::2, ::2], held_out[:50, ::2, ::2]
    )
    np.testing.assert_allclose(found.distances, small.distances, atol=1e-4)
    assert found.matches[0] == 7
    with pytest.raises(ValueError, match="32, 32"):
        memorisation_in_pixels(photos[0], train, held_out)
