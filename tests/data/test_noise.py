import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgan_transfer.data import latent, latents
from tfgan_transfer.errors import UserError

PRIORS = ("normal", "uniform", "truncated_normal")


@pytest.mark.parametrize("prior", PRIORS)
def test_a_row_depends_on_seed_and_index_only(prior):
    many = latents(7, 50, 16, prior).numpy()
    np.testing.assert_array_equal(latents(7, 3, 16, prior), many[:3])
    np.testing.assert_array_equal(latent(7, 41, 16, prior), many[41])
    assert not np.array_equal(latents(8, 3, 16, prior), many[:3])
    assert len(np.unique(many, axis=0)) == 50
    assert latents(7, 0, 16, prior).shape == (0, 16)


def test_in_a_graph_with_tensors_as_when_called():
    @tf.function(
        input_signature=[tf.TensorSpec([], tf.int32)] * 2, autograph=False
    )
    def sample(seed, count):
        return latents(seed, count, 8, "normal")

    np.testing.assert_array_equal(sample(3, 5), latents(3, 5, 8, "normal"))


@pytest.mark.parametrize(
    "prior, distribution",
    [
        ("normal", stats.norm()),
        ("uniform", stats.uniform()),
        ("truncated_normal", stats.truncnorm(-2, 2)),
    ],
)
def test_priors_have_their_distribution(prior, distribution):
    values = latents(0, 400, 64, prior).numpy().ravel()
    assert stats.kstest(values, distribution.cdf).pvalue > 1e-3
    neighbours = latents(0, 401, 64, prior).numpy()
    correlation = np.corrcoef(neighbours[1:].ravel(), neighbours[:-1].ravel())
    assert abs(correlation[0, 1]) < 0.03


def test_the_numbers_do_not_change():
    # Philox is counter-based: the same on every machine and version.
    row = latent(0, 0, 3, "normal").numpy()
    golden = [-1.6970340, -0.4813767, -0.6622369]
    np.testing.assert_allclose(row, golden, rtol=1e-6)


def test_unknown_prior():
    with pytest.raises(UserError, match="latent_prior.*[Dd]id you mean"):
        latents(0, 1, 2, "normall")
