"""What is far from the bulk, in vectors made by hand and in real features."""

import numpy as np
import pytest

from tfgan_transfer.inspection import outliers


def _set(count, rng):
    """Vectors as long as the features, of twenty degrees of freedom."""
    mixing = np.random.default_rng(1).normal(size=(20, 432))
    return rng.normal(size=(count, 20)) @ mixing + rng.normal(size=(count, 432))


@pytest.mark.parametrize("count", [60, 100, 400])
def test_a_small_set_has_no_outliers_of_its_own(count):
    """Its vectors are longer than it is large."""
    above = outliers.oddness(_set(count, np.random.default_rng(0)))
    assert (above > outliers.FAR).sum() <= count // 50


@pytest.mark.parametrize("count", [100, 400])
def test_foreign_pictures_do_not_excuse_one_another(count):
    rng = np.random.default_rng(0)
    foreign = 12 * rng.normal(size=432) + 0.1 * rng.normal(size=(5, 432))
    vectors = np.concatenate([_set(count, rng), foreign])
    far = np.flatnonzero(outliers.oddness(vectors) > outliers.FAR)
    assert {*range(count, count + 5)} <= {*far}
    assert len(far) <= 5 + count // 50


def test_the_order_of_pictures_changes_little():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([_set(200, rng), 4 * rng.normal(size=(1, 432))])
    first = outliers.oddness(vectors)
    turned = outliers.oddness(vectors[::-1])[::-1]
    assert first.argmax() == turned.argmax() == 200
    assert np.corrcoef(first, turned)[0, 1] > 0.9


def test_a_handful_has_no_bulk():
    vectors = np.random.default_rng(0).normal(size=(29, 432))
    assert not outliers.oddness(vectors).any()


def test_copies_of_one_picture_are_not_odd():
    assert not outliers.oddness(np.ones((40, 432))).any()


def test_noise_among_photographs_is_found(photographs):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 128, 128, 3)).astype(np.uint8)
    vectors = outliers.features(np.concatenate([photographs, noise]))
    assert vectors.shape == (62, 432)
    lengths = np.linalg.norm(vectors[:, :112], axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    above = outliers.oddness(vectors)
    assert {*np.argsort(above)[-2:]} == {60, 61}
    assert above[60:].min() > outliers.FAR
