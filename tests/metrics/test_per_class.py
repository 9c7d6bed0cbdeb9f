import dataclasses

import numpy as np
import pytest

from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.per_class import FEWEST, mean_score, per_class


def test_each_class_meets_its_own_images():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((60, 4))
    classes = np.arange(60) % 3
    labels = np.eye(3)[classes]
    order = rng.permutation(60)
    shift = np.where(classes == 2, 2.0, 0.0)[:, None]
    found = per_class(fid, real, labels, (real + shift)[order], labels[order])
    values = [found.classes[c].value for c in range(3)]
    assert values == pytest.approx([0, 0, 16], abs=1e-9)
    assert found.average.value == pytest.approx(16 / 3)
    assert found.average.spread is None
    assert "mean over 3 classes" in found.average.protocol
    assert found.pooled.n_real == 60
    assert found.classes[1].n_fake == 20


def test_an_image_with_two_tags_counts_for_both():
    real = np.random.default_rng(1).standard_normal((40, 4))
    labels = np.zeros((40, 2))
    labels[:30, 0] = labels[20:, 1] = 1
    found = per_class(kid, real, labels, real, labels)
    assert [found.classes[c].n_real for c in (0, 1)] == [30, 20]
    one, two = found.classes.values()
    assert found.average.spread == np.hypot(one.spread, two.spread) / 2


def test_a_class_of_too_few_is_left_out():
    real = np.random.default_rng(2).standard_normal((20, 4))
    labels = np.zeros((20, 3))
    labels[FEWEST:, 0] = labels[:FEWEST, 1] = 1
    labels[: FEWEST - 1, 2] = 1
    found = per_class(kid, real, labels, real, labels)
    assert list(found.classes) == [0, 1]
    assert found.average.value == pytest.approx(
        np.mean([found.classes[c].value for c in (0, 1)])
    )
    none = per_class(kid, real, 0 * labels, real, labels)
    assert none.classes == {} and none.average is None


def test_a_mean_without_errors_has_none():
    score = kid(*np.random.default_rng(3).standard_normal((2, 9, 4)))
    assert mean_score([score, score]).spread == pytest.approx(
        score.spread / np.sqrt(2)
    )
    bare = dataclasses.replace(score, spread=None)
    assert mean_score([score, bare]).spread is None
    assert mean_score([]) is None
