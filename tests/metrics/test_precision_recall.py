import numpy as np
import pytest

from tfgan_transfer.metrics.distances import Neighbours, squared_distances
from tfgan_transfer.metrics.precision_recall import precision_recall


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("case", ["full", "near", "deficient", "lowrank"])
def test_agrees_with_torch_fidelity_and_prdc(golden, recipe, case, k):
    found = precision_recall(*recipe.feature_sets()[case], k)
    precision, recall = golden["prc"][f"{case}/{k}"]
    # torch-fidelity averages in float32.
    assert found.precision.value == pytest.approx(precision, rel=1e-6)
    assert found.recall.value == pytest.approx(recall, rel=1e-6)
    for name, value in golden["prdc"][f"{case}/{k}"].items():
        assert getattr(found, name).value == pytest.approx(value, rel=1e-12)


def test_expectations_for_equal_laws():
    n, m, k = 260, 180, 3
    rng = np.random.default_rng(0)
    runs = [
        precision_recall(
            rng.standard_normal((n, 5)), rng.standard_normal((m, 5)), k
        )
        for _ in range(25)
    ]
    coverage = 1 - np.prod([(n - i) / (m + n - i) for i in range(1, k + 1)])
    found = [run.coverage.value for run in runs]
    error = np.std(found) / 5
    assert abs(np.mean(found) - coverage) < 3.5 * error
    density = [run.density.value for run in runs]
    assert abs(np.mean(density) - 1) < 3.5 * np.std(density) / 5


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_copies_lie_on_surfaces_and_count_as_inside(offset):
    real = np.random.default_rng(0).standard_normal((200, 6)) + offset
    found = precision_recall(real, real[::-1].copy(), 3)
    assert found.precision.value == found.recall.value == 1
    # Each ball holds its own centre's copy and those of k neighbours.
    assert found.density.value == pytest.approx(4 / 3, rel=1e-12)


def test_duplicates_have_balls_of_radius_zero():
    real = np.repeat(np.random.default_rng(0).random((40, 6)), 5, axis=0)
    found = precision_recall(real, real.copy(), 3)
    assert found.precision.value == found.coverage.value == 1


def test_collapse_and_noise_show_on_different_sides():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((400, 6))
    collapsed = real[:5].repeat(60, axis=0)
    collapsed += 0.01 * rng.standard_normal(collapsed.shape)
    found = precision_recall(real, collapsed)
    assert found.precision.value > 0.95
    assert found.recall.value < 0.05
    noise = precision_recall(real, real + 3 * rng.standard_normal(real.shape))
    assert noise.precision.value < 0.3
    with pytest.raises(ValueError, match="k=3 with 3 real"):
        precision_recall(real[:3], real)


def test_blocks_of_distances():
    rng = np.random.default_rng(0)
    one, other = rng.random((2100, 3)), rng.random((50, 3))
    whole = np.concatenate([b for _, b in squared_distances(one, other)])
    expected = ((one[:, None] - other) ** 2).sum(axis=-1)
    np.testing.assert_allclose(whole, expected, atol=1e-12)


def test_nearest_is_exact_far_from_the_origin():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((3000, 20)) + 300
    queries = np.concatenate([points[:50], points[50:90] + 1e-6])
    index = Neighbours(points)
    distances, indices, _ = index.nearest(queries[None])
    np.testing.assert_array_equal(indices, np.arange(90))
    assert not distances[:50].any()
    np.testing.assert_allclose(distances[50:], 1e-6 * np.sqrt(20), rtol=1e-5)
    others, _, _ = index.nearest(points[None, :9], own=np.arange(9))
    expected = np.linalg.norm(points[:9, None] - points, axis=-1)
    np.testing.assert_allclose(others, np.sort(expected)[:, 1])
