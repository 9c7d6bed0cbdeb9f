"""Spectra by hand, and the game that has them compared."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import compiled, make_batch, tensors
from tfgan_transfer import spectrum
from tfgan_transfer.gans import step

SIDE = 8


def stripes(period: int, height: float = 1.0) -> np.ndarray:
    """A grey image [1, 8, 8, 1] that repeats after `period` columns."""
    wave = np.cos(2 * np.pi * np.arange(SIDE) / period)
    rows = np.broadcast_to(height * wave, (SIDE, SIDE))
    return rows[None, :, :, None].astype(np.float32)


def noise(count: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, SIDE, SIDE, 3)).astype(np.float32)


@pytest.mark.parametrize("period", [8, 4, 2])
def test_stripes_have_power_at_their_frequency_only(period):
    """Parseval: half of their 64 values' power, twice as much at the end."""
    found = spectrum.power(stripes(period)).numpy()
    expected = np.zeros((SIDE, SIDE // 2 + 1))
    expected[0, SIDE // period] = 64 if period == 2 else 16
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_white_noise_is_flat():
    found = spectrum.power(noise(4000))
    np.testing.assert_allclose(found, np.ones((8, 5)), rtol=0.05)


def test_power_is_a_mean_over_images_and_channels():
    images = noise(2)
    parts = [
        spectrum.power(images[i : i + 1, ..., c : c + 1])
        for i in range(2)
        for c in range(3)
    ]
    found = spectrum.power(images)
    np.testing.assert_allclose(found, np.mean(parts, axis=0), rtol=1e-5)


def test_distance_by_hand():
    images = noise()
    assert float(spectrum.distance(images, images[::-1])) < 1e-9
    louder = float(spectrum.distance(images, images * np.sqrt(np.e)))
    assert louder == pytest.approx(1, rel=1e-5)


def test_where_things_are_does_not_matter_and_a_lattice_does():
    images = noise()
    moved = np.roll(images, (3, 2), axis=(1, 2))
    assert float(spectrum.distance(images, moved)) < 1e-9
    lattice = images + stripes(2, 0.5)
    # 16 of power on top of 1, at 1 of 40 frequencies.
    expected = np.log(17) ** 2 / 40
    found = float(spectrum.distance(images, lattice))
    assert found == pytest.approx(expected, rel=0.2)


def test_flat_images_have_a_finite_gradient():
    flat = tf.zeros([2, SIDE, SIDE, 1])
    with tf.GradientTape() as tape:
        tape.watch(flat)
        value = spectrum.distance(noise(), flat)
    assert np.isfinite(value) and np.isfinite(tape.gradient(value, flat)).all()


@pytest.mark.parametrize("weight", [0.0, 0.7])
def test_the_generator_learns_it(weight):
    model, batch = compiled(spectrum_weight=weight), tensors(make_batch())
    slot = step.critic_slot(batch, model.n_critic)
    without, before = compiled().generator_gradients(slot)
    gradients, log = model.generator_gradients(slot)
    with tf.GradientTape() as tape:
        unlike = spectrum.distance(slot["image"], model.draw(slot))
    weights = model.generator.trainable_variables
    added = tape.gradient(unlike, [w.value for w in weights])
    for found, own, more in zip(gradients, without, added, strict=True):
        np.testing.assert_allclose(found, own + weight * more, atol=1e-6)
    loss = before["generator_loss"] + weight * unlike
    np.testing.assert_allclose(log["generator_loss"], loss, rtol=1e-5)
    assert ("spectral_distance" in log) == (weight > 0)


def test_a_weight_below_zero_is_refused():
    with pytest.raises(ValueError, match="spectrum_weight"):
        compiled(spectrum_weight=-1.0)
