"""Kernel distance between feature distributions (Binkowski et al., 2018).

The squared maximum mean discrepancy under the kernel (x.y / D + 1)^3. Its
unbiased estimator has expectation 0 for equal laws at any sample size, which
is what makes it the metric for small sets. float64 throughout: float32 loses
the third digit of a good generator's value.
"""

import dataclasses

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.score import Score, check_pair

_CHUNK = 1024
# The jackknife leaves one out, and a variance needs two.
FEWEST = 3


@dataclasses.dataclass(frozen=True)
class _KernelSums:
    """Row and column sums of the three kernel matrices, own pairs left out."""

    real: np.ndarray
    fake: np.ndarray
    cross_real: np.ndarray
    cross_fake: np.ndarray

    @classmethod
    def of(cls, real: np.ndarray, fake: np.ndarray) -> "_KernelSums":
        real, fake = real.astype(np.float64), fake.astype(np.float64)
        cross_real, cross_fake = _sums(real, fake)
        return cls(_own_sums(real), _own_sums(fake), cross_real, cross_fake)

    def estimate(self) -> float:
        n, m = len(self.real), len(self.fake)
        return float(
            self.real.sum() / (n * (n - 1))
            + self.fake.sum() / (m * (m - 1))
            - 2 * self.cross_real.sum() / (n * m)
        )

    def standard_error(self) -> float:
        """Jackknife over both samples; for equal laws it errs upwards."""
        variance = _jackknife(
            self.real, self.cross_real, len(self.fake)
        ) + _jackknife(self.fake, self.cross_fake, len(self.real))
        return float(np.sqrt(variance))


def kid(real: np.ndarray, fake: np.ndarray) -> Score:
    """Kernel distance from all samples at once: least variance, no seed.

    Args:
        real: [N, D] features.
        fake: [M, D] features.

    Returns:
        The score `kid`; lower is better, 0 expected (and values below 0
        possible) for equal laws. The spread is a jackknife standard error.

    Raises:
        ValueError: Fewer than three vectors on a side, or unequal widths.
        UserError: Values that are not finite.

    Example:
        >>> import numpy as np
        >>> import tfgan_transfer as tt
        >>> real, fake = np.random.default_rng(0).normal(size=(2, 200, 8))
        >>> near = tt.metrics.kernel_inception_distance(real, fake)
        >>> far = tt.metrics.kernel_inception_distance(real, fake + 1)
        >>> near.value < 0.01 < far.value
        True
    """
    check_pair(real, fake)
    if min(len(real), len(fake)) < FEWEST:
        raise ValueError("the jackknife needs three vectors on each side")
    sums = _KernelSums.of(real, fake)
    return Score(
        "kid",
        sums.estimate(),
        sums.standard_error(),
        "standard error",
        len(real),
        len(fake),
        "kid/u-statistic, all samples",
    )


def kid_subsets(
    real: np.ndarray,
    fake: np.ndarray,
    subsets: int = 100,
    size: int = 1000,
    seed: int = 2020,
) -> Score:
    """Mean kernel distance over random subsets, as most papers report it.

    With the default seed the subsets are those of torch-fidelity.

    Args:
        real: [N, D] features.
        fake: [M, D] features.
        subsets: Number of subsets.
        size: Vectors per subset and side.
        seed: Seed of the subsets.

    Returns:
        The score `kid`. The spread is the standard deviation over subsets;
        they overlap, so it is *not* the uncertainty of the mean.

    Raises:
        UserError: Fewer vectors than `size` on a side, or not finite.
    """
    check_pair(real, fake)
    if min(len(real), len(fake)) < size:
        raise UserError(
            f"KID on subsets of {size} needs as many images on both sides, "
            f"received {len(real)} real and {len(fake)} generated; give more "
            f"with --num_images, or use the KID of all samples "
            f"(--metrics=kid)."
        )
    # The legacy generator, because published values are defined by it.
    rng = np.random.RandomState(seed)
    values = []
    for _ in range(subsets):
        one = real[rng.choice(len(real), size, replace=False)]
        other = fake[rng.choice(len(fake), size, replace=False)]
        values.append(_KernelSums.of(one, other).estimate())
    return Score(
        "kid",
        float(np.mean(values)),
        float(np.std(values)),
        "s.d. over subsets",
        len(real),
        len(fake),
        f"kid/{subsets} subsets of {size}, seed {seed}",
    )


def kid_blocks(real: np.ndarray, fake: np.ndarray, block: int = 1024) -> Score:
    """Mean kernel distance over disjoint blocks, TF-GAN's scheme.

    Both sides have to be in random order.

    Args:
        real: [N, D] features.
        fake: [M, D] features.
        block: Largest block.

    Returns:
        The score `kid`; the spread is the standard error over blocks, `None`
        with a single block.

    Raises:
        ValueError: Fewer than two vectors per block and side.
    """
    check_pair(real, fake)
    blocks = -(-max(len(real), len(fake)) // block)
    if min(len(real), len(fake)) < 2 * blocks:
        raise ValueError(f"fewer than two vectors in each of {blocks} blocks")
    values = np.array(
        [
            _KernelSums.of(one, other).estimate()
            for one, other in zip(
                _blocks(real, blocks), _blocks(fake, blocks), strict=True
            )
        ]
    )
    error = values.std(ddof=1) / np.sqrt(blocks) if blocks > 1 else None
    return Score(
        "kid",
        float(values.mean()),
        None if error is None else float(error),
        "standard error",
        len(real),
        len(fake),
        f"kid/{blocks} disjoint blocks",
    )


def _blocks(features: np.ndarray, blocks: int) -> list[np.ndarray]:
    """Nearly equal blocks, the longer ones last."""
    short, longer = divmod(len(features), blocks)
    sizes = [short] * (blocks - longer) + [short + 1] * longer
    return np.split(features, np.cumsum(sizes)[:-1])


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    base = one @ other.T
    base /= one.shape[1]
    base += 1
    return base * base * base


def _sums(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.empty(len(one)), np.zeros(len(other))
    for start in range(0, len(one), _CHUNK):
        block = _kernel(one[start : start + _CHUNK], other)
        rows[start : start + _CHUNK] = block.sum(axis=1)
        columns += block.sum(axis=0)
    return rows, columns


def _own_sums(features: np.ndarray) -> np.ndarray:
    norms = np.einsum("nd,nd->n", features, features)
    own = (norms / features.shape[1] + 1) ** 3
    return _sums(features, features)[0] - own


def _jackknife(own: np.ndarray, cross: np.ndarray, other: int) -> float:
    """Variance share of one side: the estimate without each vector in turn."""
    n = len(own)
    without = (own.sum() - 2 * own) / ((n - 1) * (n - 2))
    without -= 2 * (cross.sum() - cross) / ((n - 1) * other)
    return float((n - 1) * np.var(without))
