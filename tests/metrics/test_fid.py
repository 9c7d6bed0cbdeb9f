import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.fid import (
    Gaussian,
    Moments,
    expected_bias,
    fid,
    fid_infinite,
)
from tfgan_transfer.metrics.inception import tfgan_module


def nuclear_norm_reference(real, fake):
    """From the samples themselves: no covariance, no factor of one."""
    m1, m2 = real.mean(axis=0), fake.mean(axis=0)
    x1 = (real - m1) / np.sqrt(len(real) - 1)
    x2 = (fake - m2) / np.sqrt(len(fake) - 1)
    overlap = np.linalg.svd(x1 @ x2.T, compute_uv=False).sum()
    total = np.sum(x1**2) + np.sum(x2**2) + np.sum((m1 - m2) ** 2)
    return total - 2 * overlap


def long_tail(seed, count, dims, floor=1e-9):
    """A few strong directions above a floor far below rounding's square."""
    rng = np.random.default_rng(seed)
    scales = np.where(np.arange(dims) < dims // 7, 1.0, floor)
    axes = np.random.default_rng(0).standard_normal((dims, 8))
    features = rng.standard_normal((count, dims)) * scales
    return features + features[:, :8] @ axes.T * floor + 0.1


@pytest.mark.parametrize("case", ["full", "near", "deficient", "lowrank"])
def test_agrees_with_sqrtm_and_torch_fidelity(golden, recipe, case):
    value = fid(*recipe.feature_sets()[case]).value
    expected = golden["fid"][case]
    assert value == pytest.approx(expected["sqrtm"], rel=1e-6)
    assert value == pytest.approx(expected["torch_fidelity"], rel=1e-6)


def test_agrees_with_tfgan(recipe):
    real, fake = recipe.feature_sets()["full"]
    tfgan = tfgan_module("classifier_metrics")
    expected = tfgan.frechet_classifier_distance_from_activations(
        tf.constant(real), tf.constant(fake)
    )
    assert fid(real, fake).value == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("counts", [(700, 600), (100, 90), (700, 90)])
def test_long_tails_and_few_samples_cost_no_digits(counts):
    real = long_tail(1, counts[0], 256)
    fake = long_tail(2, counts[1], 256) * 1.01
    expected = nuclear_norm_reference(real, fake)
    assert fid(real, fake).value == pytest.approx(expected, rel=1e-9)
    assert fid(fake, real).value == pytest.approx(expected, rel=1e-9)


def test_2048_dimensions_to_nine_digits():
    real, fake = long_tail(1, 2200, 2048), long_tail(2, 400, 2048)
    expected = nuclear_norm_reference(real, fake)
    assert fid(real, fake).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [40, 500])
def test_closed_forms(count):
    features = np.random.default_rng(0).standard_normal((count, 64))
    assert fid(features, features.copy()).value == pytest.approx(0, abs=1e-9)
    shift = np.linspace(-1, 1, 64)
    shifted = fid(features, features + shift).value
    assert shifted == pytest.approx(shift @ shift, rel=1e-9)
    # Scaling by s maps C to s^2 C: distance (1 - s)^2 (|m|^2 + tr C).
    moments = Moments.of(features)
    size = moments.mean @ moments.mean + np.trace(moments.covariance)
    assert fid(features, 3 * features).value == pytest.approx(
        4 * size, rel=1e-9
    )


def test_known_gaussians():
    # Exact moments instead of samples: diagonal covariances commute.
    first = Moments(11, np.zeros(3), np.diag([1.0, 4.0, 9.0]) * 10)
    second = Moments(21, np.array([2.0, 0, 0]), np.diag([4.0, 4.0, 1.0]) * 20)
    score = fid(first, second)
    assert score.value == pytest.approx(4 + 1 + 0 + 4, rel=1e-12)
    assert (score.n_real, score.n_fake) == (11, 21)


def test_moments_do_not_depend_on_batches_nor_cancel():
    features = np.random.default_rng(0).standard_normal((500, 7)) + 1e6
    whole = Moments.of(features)
    streamed = Moments.empty(7)
    for start in range(0, 300, 13):
        streamed.add(features[start : min(start + 13, 300)])
    rest = Moments.of(features[300:])
    streamed.merge(rest)
    for moments in (whole, streamed):
        assert moments.count == 500
        np.testing.assert_allclose(
            moments.covariance, np.cov(features.T), rtol=1e-8, atol=1e-8
        )
        np.testing.assert_allclose(moments.mean, features.mean(axis=0))
    rest.merge(Moments.empty(7))
    assert rest.count == 200


def test_moments_and_features_give_the_same_distance():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((300, 20)).astype(np.float32)
    fake = rng.standard_normal((15, 20)).astype(np.float32)
    direct = fid(real, fake).value
    fitted = Gaussian.of(real)
    assert fid(fitted, Moments.of(fake)).value == pytest.approx(
        direct, rel=1e-9
    )


@pytest.mark.parametrize("count", [16, 48, 400])
@pytest.mark.parametrize("tail", [8, 1000])
def test_the_expected_bias_is_the_mean_of_equal_laws(count, tail):
    rng = np.random.default_rng(0)
    scales = np.linspace(0.1, 2, 32)

    def draw(size):
        heavy = np.sqrt(tail / rng.chisquare(tail, (size, 1)))
        return rng.standard_normal((size, 32)) * scales * heavy

    draws = [fid(draw(count), draw(2 * count)).value for _ in range(30)]
    found = [
        expected_bias(draw(count), count, 2 * count, seed=i) for i in range(30)
    ]
    assert np.mean(found) == pytest.approx(np.mean(draws), rel=0.3)


def test_the_expected_bias_of_no_spread_and_of_too_few():
    assert expected_bias(np.ones([20, 3]), 20, 20) == 0
    with pytest.raises(ValueError, match="bias from 7"):
        expected_bias(np.ones([7, 3]), 7, 7)


def test_extrapolation_removes_the_bias():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((3000, 24))
    fake = rng.standard_normal((3000, 24)) + 0.1
    biased = fid(real, fake).value - 0.24
    score = fid_infinite(real, fake)
    assert biased > 0.1
    assert abs(score.value - 0.24) < max(4 * score.spread, 0.2 * biased)
    assert score.spread < 0.05
    again = fid_infinite(real, fake)
    assert again == score
    one_sided = fid_infinite(real, fake, vary="fake").value - 0.24
    assert one_sided == pytest.approx(biased / 2, rel=0.5)
    with pytest.raises(ValueError, match="vary"):
        fid_infinite(real, fake, vary="real")


def test_what_cannot_be_measured_is_refused():
    good = np.ones([4, 3])
    with pytest.raises(ValueError, match="N >= 2"):
        fid(good[:1], good)
    with pytest.raises(ValueError, match="widths"):
        fid(good, np.ones([4, 2]))
    with pytest.raises(ValueError, match="covariance of 1 vectors"):
        fid(Moments.of(good[:1]), good)
    with pytest.raises(UserError, match="NaN"):
        fid(good * np.nan, good)
