"""Frechet distance between feature distributions (Heusel et al., 2017).

    d^2 = |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2)

With factors C = S S^T the last trace is the sum of the singular values of
S1^T S2. No square root of a product of covariances is ever formed: near-zero
eigenvalues of such a product carry errors of order sqrt(eps), which is what
limits the usual formulas when n < D or the spectrum has a long tail.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from scipy.linalg import lapack

from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.score import Row, Score, check_features

_CHUNK = 1024
# Two vectors have a covariance; of the smallest subset of an extrapolation,
# and of the quarters that show the bias, there have to be two as well.
FEWEST = 2
FEWEST_TO_EXTRAPOLATE = 6
FEWEST_FOR_BIAS = 8


@dataclasses.dataclass
class Moments:
    """Count, mean and scatter of feature vectors, accumulated in float64.

    Batches are merged by the pairwise update of Chan, Golub and LeVeque
    (1983), which does not cancel however far the features are from zero.

    Attributes:
        count: Number of vectors seen.
        mean: [D] float64.
        scatter: [D, D] float64, sum of outer products about the mean.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def empty(cls, dims: int) -> "Moments":
        """Returns the moments of no vectors of `dims` dimensions."""
        return cls(0, np.zeros(dims), np.zeros((dims, dims)))

    @classmethod
    def of(cls, features: np.ndarray) -> "Moments":
        """Returns the moments of `features` [N, D]."""
        moments = cls.empty(features.shape[1])
        for start in range(0, len(features), _CHUNK):
            moments.add(features[start : start + _CHUNK])
        return moments

    def add(self, features: np.ndarray) -> None:
        """Adds a batch [N, D] of any float type, in place."""
        batch = np.asarray(features, np.float64)
        mean = batch.mean(axis=0)
        rows = np.vstack([batch - mean, self._shift_row(mean, len(batch))])
        self.scatter += rows.T @ rows
        self._move_mean(mean, len(batch))

    def merge(self, other: "Moments") -> None:
        """Adds all vectors of `other`, in place."""
        row = self._shift_row(other.mean, other.count)
        self.scatter += other.scatter
        self.scatter += np.outer(row, row)
        self._move_mean(other.mean, other.count)

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance [D, D]."""
        return self.scatter / (self.count - 1)

    def _shift_row(self, mean: np.ndarray, count: int) -> np.ndarray:
        weight = self.count * count / max(self.count + count, 1)
        return np.sqrt(weight) * (mean - self.mean)

    def _move_mean(self, mean: np.ndarray, count: int) -> None:
        self.count += count
        self.mean = self.mean + (mean - self.mean) * (count / self.count)


@dataclasses.dataclass(frozen=True)
class Gaussian:
    """Mean and a factor of the covariance; what the distance is made of.

    Attributes:
        count: Number of vectors it was fitted to.
        mean: [D] float64.
        root: [D, r] float64 with covariance = root root^T.
        trace: Trace of the covariance.
    """

    count: int
    mean: np.ndarray
    root: np.ndarray
    trace: float

    @classmethod
    def of(cls, features: "np.ndarray | Moments | Gaussian") -> "Gaussian":
        """Fits features [N, D], or takes what was fitted before.

        With N <= D the centred features themselves are the factor, and no
        D x D matrix is needed. Otherwise it is the Cholesky factor with
        pivoting, which stops at the numerical rank; it is as accurate as
        eigenvectors and ten times as fast.

        Args:
            features: Features [N, D], their moments, or a finished fit.

        Returns:
            The fit.

        Raises:
            ValueError: Fewer than two vectors.
            UserError: Values that are not finite.
        """
        if isinstance(features, Gaussian):
            return features
        if isinstance(features, Moments):
            check_features(features.scatter, "moment")
            return cls._of_moments(features)
        check_features(features, "given")
        count, dims = features.shape
        if count > dims:
            return cls._of_moments(Moments.of(features))
        mean = np.mean(features, axis=0, dtype=np.float64)
        root = ((features - mean) / np.sqrt(count - 1)).T
        return cls(count, mean, root, float(np.sum(root * root)))

    @classmethod
    def _of_moments(cls, moments: Moments) -> "Gaussian":
        if moments.count < 2:
            raise ValueError(f"a covariance of {moments.count} vectors")
        factor, pivots, rank, _ = lapack.dpstrf(moments.scatter, lower=1)
        root = np.empty((len(factor), rank))
        root[pivots - 1] = np.tril(factor)[:, :rank]
        root /= np.sqrt(moments.count - 1)
        trace = float(np.trace(moments.scatter)) / (moments.count - 1)
        return cls(moments.count, moments.mean, root, trace)


Features = np.ndarray | Moments | Gaussian


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Returns the squared Frechet distance between two Gaussians."""
    shift = first.mean - second.mean
    overlap = np.linalg.svd(first.root.T @ second.root, compute_uv=False)
    value = shift @ shift + first.trace + second.trace - 2 * overlap.sum()
    return max(float(value), 0.0)


def fid(real: Features, fake: Features) -> Score:
    """Frechet distance between real and generated features.

    A single measurement has no spread: measure several sampling seeds. Its
    bias is another matter, see `expected_bias`.

    Args:
        real: Features [N, D], or `Moments` or a `Gaussian` of them. Fit the
            real side once with `Gaussian.of` where it is used again.
        fake: The same for generated images.

    Returns:
        The score `fid`; lower is better, at least 0.

    Raises:
        ValueError: Fewer than two vectors on a side, or unequal widths.
        UserError: Values that are not finite.

    Example:
        >>> import numpy as np
        >>> import tfgan_transfer as tt
        >>> real = np.random.default_rng(0).normal(size=(200, 8))
        >>> shifted = tt.metrics.frechet_inception_distance(real, real + 0.5)
        >>> round(shifted.value, 6)
        2.0
    """
    first, second = Gaussian.of(real), Gaussian.of(fake)
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            f"features of widths {first.mean.shape}, {second.mean.shape}"
        )
    value = frechet_distance(first, second)
    return Score(
        "fid", value, None, "", first.count, second.count, "fid/unbiased-cov"
    )


def expected_bias(
    real: np.ndarray, n_real: int, n_fake: int, splits: int = 3, seed: int = 0
) -> float:
    """FID that sampling alone produces between sets of the same law.

    Measured, not modelled: the FID between two disjoint halves of the real
    set, and between two quarters, give a local power law in
    1/n_real + 1/n_fake. Its exponent is 1 for many more vectors than
    dimensions and smaller below. Within about a quarter of the truth at any
    size, also for heavy tails, where the second-order formula for Gaussians
    comes out at half.

    Args:
        real: [N >= 8, D] real features; as many as there are.
        n_real: Size of the real set of the measurement.
        n_fake: Number of generated images of the measurement.
        splits: Random splits to average over.
        seed: Seed of the splits.

    Returns:
        The expected FID of a perfect generator.

    Raises:
        ValueError: Fewer than 8 vectors.
    """
    if len(real) < FEWEST_FOR_BIAS:
        raise ValueError(f"the bias from {len(real)} vectors")
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(real)) for _ in range(splits)]

    def between_parts(size: int) -> float:
        values = [
            fid(real[order[:size]], real[order[size : 2 * size]]).value
            for order in orders
        ]
        return float(np.mean(values))

    half, quarter = (between_parts(len(real) // parts) for parts in (2, 4))
    if half == 0 or quarter == 0:
        return half
    rate = (1 / n_real + 1 / n_fake) * (len(real) // 2) / 2
    return float(half * rate ** np.log2(quarter / half))


def fid_infinite(
    real: np.ndarray,
    fake: np.ndarray,
    points: int = 10,
    smallest: float = 0.25,
    vary: str = "both",
    seed: int = 0,
) -> Score:
    """FID extrapolated to infinitely many samples.

    The bias of FID is c (1/n_real + 1/n_fake) for large n, so a straight line
    in that quantity, fitted to the FID of random subsets, is read off at 0
    (Chong and Forsyth, 2020, who vary the generated side only). Both sides
    are varied here by default, since with few images both are biased. The
    line is only straight for subsets of more vectors than dimensions.

    Args:
        real: [N, D] features.
        fake: [M, D] features.
        points: Number of subset sizes.
        smallest: Smallest subset, as a share of the whole.
        vary: `"both"` sides, or `"fake"` with all real features at each
            point; then the bias of the real side remains.
        seed: Seed of the subsets.

    Returns:
        The score `fid_inf`; its spread is the standard error of the
        intercept.

    Raises:
        ValueError: `vary` is neither of the two, or fewer than 3 points.
    """
    if vary not in ("both", "fake") or points < 3:
        raise ValueError(f"vary={vary!r}, points={points}")
    rng = np.random.default_rng(seed)
    whole = Gaussian.of(real) if vary == "fake" else None
    rates, values = [], []
    for share in np.linspace(smallest, 1, points):
        subset = whole or _random_rows(real, share, rng)
        score = fid(subset, _random_rows(fake, share, rng))
        rate_real = 1 / score.n_real if vary == "both" else 0.0
        rates.append(rate_real + 1 / score.n_fake)
        values.append(score.value)
    intercept, error = _intercept(np.array(rates), np.array(values))
    return Score(
        "fid_inf",
        intercept,
        error,
        "standard error of the fit",
        len(real),
        len(fake),
        f"fid_inf/{vary}, {points} points from {smallest:g} n, seed {seed}",
    )


def fid_rows(run: Evidence) -> Iterator[Row]:
    """FID of an evaluation, and how much of it is bias."""
    row = run.compare(fid, FEWEST)
    known = run.real_side
    if len(run.other) > len(run.real):
        known = run.other_side
    small = min(row.score.n_real, row.score.n_fake)
    note = ""
    if len(known) < FEWEST_FOR_BIAS:
        note = "nearly all of this may be bias of so few images; use kid"
    else:
        bias = expected_bias(known, row.score.n_real, row.score.n_fake)
        if bias > 0.1 * row.score.value or small < known.shape[1]:
            note = (
                f"about {bias:.3g} of this is bias of the sample sizes alone; "
                + ("compare with the floor, or " if row.floor else "")
                + "use kid"
            )
    yield dataclasses.replace(row, note=note)


def _random_rows(
    features: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    count = round(share * len(features))
    return features[rng.choice(len(features), count, replace=False)]


def _intercept(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Least-squares intercept of y over x, and its standard error."""
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    intercept = y.mean() - slope * x.mean()
    residual = y - intercept - slope * x
    variance = residual @ residual / (len(x) - 2)
    scale = 1 / len(x) + x.mean() ** 2 / (centred @ centred)
    return float(intercept), float(np.sqrt(variance * scale))
