"""Euclidean distances between many vectors, in blocks.

Products |x|^2 + |y|^2 - 2 x.y are fast and lose small distances to rounding.
Whoever needs those takes the nearest few of them and recomputes them exactly,
as `Neighbours` does; whoever compares distances allows for `rounding`.
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


class Neighbours:
    """Finds nearest points exactly.

    Candidates come from a float32 product, their distances are recomputed in
    float64, so that an exact copy has distance 0.
    """

    def __init__(self, points: np.ndarray):
        """Prepares the search.

        Args:
            points: [M, D].
        """
        self._points = points
        self._centre = points.mean(axis=0, dtype=np.float64)
        self._centred = (points - self._centre).astype(np.float32)
        self._half_norms = np.einsum("md,md->m", *2 * [self._centred]) / 2

    def nearest(
        self, variants: np.ndarray, own: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Finds the nearest point of each query over all its variants.

        Args:
            variants: [V, N, D], V forms of each of N queries.
            own: Optional [N] index of a point each query may not be matched
                to, e.g. itself.

        Returns:
            Distances [N] float64, indices of the points [N], and which
            variant each match is of [N].
        """
        parts = [
            self._nearest(
                variants[:, start : start + _ROWS],
                None if own is None else own[start : start + _ROWS],
            )
            for start in range(0, variants.shape[1], _ROWS)
        ]
        distances, indices, chosen = zip(*parts, strict=True)
        return tuple(map(np.concatenate, (distances, indices, chosen)))

    def _nearest(self, variants, own):
        queries = np.arange(variants.shape[1])
        keep = min(_CANDIDATES, len(self._points))
        costs, points = [], []
        for variant in variants:
            moved = (variant - self._centre).astype(np.float32)
            cost = self._half_norms - moved @ self._centred.T
            # The variants of a query differ in length.
            cost += np.einsum("nd,nd->n", moved, moved)[:, None] / 2
            if own is not None:
                cost[queries, own] = np.inf
            found = np.argpartition(cost, keep - 1, axis=1)[:, :keep]
            costs.append(np.take_along_axis(cost, found, axis=1))
            points.append(found)
        costs, points = (np.concatenate(a, axis=1) for a in (costs, points))
        best = np.full(len(queries), np.inf)
        indices, chosen = np.zeros((2, len(queries)), np.int64)
        for column in np.argsort(costs, axis=1)[:, :keep].T:
            point, variant = points[queries, column], column // keep
            exact = self._distances(variants[variant, queries], point)
            if own is not None:
                exact[point == own] = np.inf
            closer = exact < best
            best[closer] = exact[closer]
            indices[closer], chosen[closer] = point[closer], variant[closer]
        return best, indices, chosen

    def _distances(self, queries, indices):
        difference = queries.astype(np.float64) - self._points[indices]
        return np.sqrt(np.einsum("nd,nd->n", difference, difference))
