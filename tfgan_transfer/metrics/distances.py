"""Euclidean distances between many vectors, in blocks.

Products |x|^2 + |y|^2 - 2 x.y are fast and lose small distances to rounding.
Whoever needs those takes the nearest few of them and recomputes them exactly,
as `nearest` does; whoever compares distances allows for `rounding`.
"""

from collections.abc import Iterator

import numpy as np

_ROWS = 1024
_CANDIDATES = 8


def squared_distances(
    one: np.ndarray, other: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields blocks of the matrix of squared distances, float64.

    Args:
        one: [N, D].
        other: [M, D].

    Yields:
        A slice of the rows of `one` and their block [rows, M].
    """
    centre = other.mean(axis=0, dtype=np.float64)
    other = other - centre
    norms = np.einsum("md,md->m", other, other)
    for start in range(0, len(one), _ROWS):
        rows = slice(start, min(start + _ROWS, len(one)))
        part = one[rows] - centre
        block = part @ other.T
        block *= -2
        block += np.einsum("nd,nd->n", part, part)[:, None]
        block += norms
        yield rows, np.maximum(block, 0, out=block)


def rounding(*sets: np.ndarray) -> float:
    """Bound on the error of a squared distance between vectors of the sets."""
    centre = sets[0].mean(axis=0, dtype=np.float64)
    largest = max(np.max(np.sum((s - centre) ** 2, axis=1)) for s in sets)
    return float(1e-12 * largest)


def squared_radii(points: np.ndarray, k: int) -> np.ndarray:
    """Returns the squared distance of each point to its k-th neighbour.

    Args:
        points: [N, D], N > k.
        k: Which neighbour, not counting the point itself.

    Returns:
        [N] float64.
    """
    radii = np.empty(len(points))
    for rows, block in squared_distances(points, points):
        own = np.arange(rows.start, rows.stop)
        block[own - rows.start, own] = np.inf
        radii[rows] = np.partition(block, k - 1, axis=1)[:, k - 1]
    return radii


def nearest(
    queries: np.ndarray, points: np.ndarray, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest point of each query.

    Candidates come from a float32 product, their distances are recomputed in
    float64, so that an exact copy has distance 0.

    Args:
        queries: [N, D].
        points: [M, D].
        own: Optional [N] index of a point each query may not be matched to,
            e.g. itself.

    Returns:
        Distances [N] float64 and indices [N] into `points`.
    """
    centre = points.mean(axis=0, dtype=np.float64)
    centred = (points - centre).astype(np.float32)
    half_norms = np.einsum("md,md->m", centred, centred) / 2
    distances = np.empty(len(queries))
    indices = np.empty(len(queries), np.int64)
    keep = min(_CANDIDATES, len(points) - 1)
    for start in range(0, len(queries), _ROWS):
        rows = slice(start, start + _ROWS)
        part = queries[rows]
        order = half_norms - (part - centre).astype(np.float32) @ centred.T
        if own is not None:
            order[np.arange(len(part)), own[rows]] = np.inf
        found = np.argpartition(order, keep, axis=1)[:, : keep + 1]
        exact = _distances_to(part, points, found)
        if own is not None:
            exact[found == own[rows][:, None]] = np.inf
        best = exact.argmin(axis=1)[:, None]
        distances[rows] = np.take_along_axis(exact, best, axis=1)[:, 0]
        indices[rows] = np.take_along_axis(found, best, axis=1)[:, 0]
    return distances, indices


def _distances_to(
    queries: np.ndarray, points: np.ndarray, indices: np.ndarray
) -> np.ndarray:
    """Exact distances [N, k] of each query to its own k points."""
    exact = np.empty(indices.shape)
    for column in range(indices.shape[1]):
        difference = queries.astype(np.float64) - points[indices[:, column]]
        exact[:, column] = np.sqrt(
            np.einsum("nd,nd->n", difference, difference)
        )
    return exact
