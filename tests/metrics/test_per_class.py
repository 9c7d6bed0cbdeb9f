import numpy as np
import pytest

from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.per_class import per_class


def test_each_class_meets_its_own_images():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((60, 4))
    labels = np.arange(60) % 3
    order = rng.permutation(60)
    shift = np.where(labels == 2, 2.0, 0.0)[:, None]
    found = per_class(fid, real, labels, (real + shift)[order], labels[order])
    values = [found.classes[c].value for c in range(3)]
    assert values == pytest.approx([0, 0, 16], abs=1e-9)
    assert found.average == pytest.approx(16 / 3)
    assert found.pooled.n_real == 60
    assert found.classes[1].n_fake == 20
    with pytest.raises(ValueError, match="class 1"):
        per_class(fid, real, labels, real, 0 * labels)
