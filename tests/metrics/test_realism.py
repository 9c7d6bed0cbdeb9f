"""The realism score at numbers worked out by hand."""

import numpy as np
import pytest

from tfgan_transfer.metrics.realism import realism


def test_by_hand():
    """Of points 0, 1, 3, 7, 15 the balls of 0, 1 and 3 are kept, k = 1."""
    real = np.array([[0.0], [1], [3], [7], [15]])
    # Radii 1, 1, 2, 4, 8; the median is 2.
    fake = np.array([[0.5], [2], [5], [8]])
    found = realism(real, fake, k=1)
    # 1/0.5; 2/1 of point 3 beats 1/1 of point 1; 2/2; 2/5.
    np.testing.assert_allclose(found, [2, 2, 1, 0.4])


def test_a_copy_is_as_real_as_can_be():
    real = np.random.default_rng(0).normal(size=(50, 4))
    radius = np.sort(np.linalg.norm(real[:, None] - real, axis=2), axis=1)[:, 3]
    copy = real[[radius.argmin()]]
    found = realism(real, np.concatenate([copy, copy + 30]))
    assert found[0] > 1e3 and found[1] < 1


def test_agrees_with_the_definition():
    rng = np.random.default_rng(1)
    real, fake = rng.normal(size=(60, 5)), rng.normal(size=(40, 5))
    between = np.linalg.norm(real[:, None] - real, axis=2)
    radii = np.sort(between, axis=1)[:, 3]
    kept = radii <= np.median(radii)
    apart = np.linalg.norm(real[kept][:, None] - fake, axis=2)
    wanted = (radii[kept][:, None] / apart).max(axis=0)
    np.testing.assert_allclose(realism(real, fake), wanted)


def test_too_few_real_images():
    with pytest.raises(ValueError, match="k=3 with 3 real"):
        realism(np.eye(3), np.eye(3))
