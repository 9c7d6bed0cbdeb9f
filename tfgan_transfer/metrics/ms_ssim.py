"""Multi-scale structural similarity between pairs of images.

Wang et al. (2003) with the convention of Google's image-compression code,
which AC-GAN (Odena et al., 2017) used: always five scales, and where an image
is smaller than the window, the window shrinks with it. It works at any side
from 16 pixels, where `tf.image.ssim_multiscale` needs 161. Contrast terms
below 0, common between unrelated images, count as 0.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.score import Row, Score, over_seeds

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_WINDOW = 11
_SIGMA = 1.5
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
_PAIRS_AT_ONCE = 64
# Pixels of a side, and images of a set.
SMALLEST = 16
FEWEST = 2


def ms_ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Similarity of each image to its partner.

    Args:
        first: [N, H, W, C], levels 0 to 255.
        second: Same shape.

    Returns:
        [N] float64 in [0, 1]; 1 for equal images.

    Raises:
        ValueError: Shapes differ or are not images.
        UserError: Images smaller than 16 pixels.
    """
    if first.shape != second.shape or first.ndim != 4:
        raise ValueError(f"pairs of shapes {first.shape}, {second.shape}")
    if min(first.shape[1:3]) < SMALLEST:
        raise UserError(
            f"MS-SSIM needs images of at least {SMALLEST} x {SMALLEST} "
            f"pixels, received {first.shape[1]} x {first.shape[2]}; for the "
            f"variety of smaller ones use recall (--metrics=precision_recall)."
        )
    parts = [
        _similarity(
            first[start : start + _PAIRS_AT_ONCE],
            second[start : start + _PAIRS_AT_ONCE],
        )
        for start in range(0, len(first), _PAIRS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def mean_ms_ssim(images: np.ndarray, pairs: int = 100, seed: int = 0) -> Score:
    """Mean similarity of random pairs within one set: high means alike.

    Args:
        images: [N, H, W, C], levels 0 to 255, all of one class or one set.
        pairs: Pairs of two different images, drawn without repetition; all
            there are where that is fewer.
        seed: Seed of the pairs.

    Returns:
        The score `ms_ssim` in [0, 1] with the standard error of the mean.

    Raises:
        ValueError: Fewer than two images.
        UserError: Images smaller than 16 pixels.

    Example:
        >>> import numpy as np
        >>> import tfgan_transfer as tt
        >>> alike = np.full((4, 16, 16, 3), 99, np.uint8)
        >>> tt.metrics.mean_ms_ssim(alike).value
        1.0
    """
    if len(images) < FEWEST:
        raise ValueError(f"pairs of {len(images)} image")
    first, second = _draw_pairs(len(images), pairs, seed)
    values = ms_ssim(images[first], images[second])
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0
    height, width = images.shape[1:3]
    return Score(
        "ms_ssim",
        float(values.mean()),
        float(error),
        "standard error",
        0,
        len(images),
        f"ms_ssim/shrink, {height} x {width}, {len(values)} pairs, seed {seed}",
    )


@dataclasses.dataclass(frozen=True)
class Diversity:
    """Similarity within each class, generated and real.

    Attributes:
        fake: Score of each class of generated images, by its column.
        real: Score of the same class of real images.
        as_diverse: Share of classes whose samples are at most as alike as
            the real images (84.7 % for AC-GAN on ImageNet).
        suspects: Classes whose samples are more alike than the most uniform
            real class; AC-GAN's sign of collapse.
    """

    fake: dict[int, Score]
    real: dict[int, Score]
    as_diverse: float
    suspects: tuple[int, ...]


def intra_class_ms_ssim(
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
    pairs: int = 100,
    seed: int = 0,
) -> Diversity:
    """AC-GAN's diversity protocol: pairs within each class, on both sides.

    Args:
        real: [N, H, W, C], levels 0 to 255.
        real_labels: [N, L], 0 or 1.
        fake: [M, H, W, C], levels 0 to 255.
        fake_labels: [M, L], the labels asked for.
        pairs: Pairs per class and side.
        seed: Seed of the pairs.

    Returns:
        The scores of the classes with at least two images on both sides, by
        column, and what follows from them.

    Raises:
        ValueError: No class has two images on both sides.
        UserError: Images smaller than 16 pixels.
    """
    sides = [
        (images, labels == 1)
        for images, labels in ((real, real_labels), (fake, fake_labels))
    ]
    enough = [members.sum(axis=0) >= FEWEST for _, members in sides]
    classes = np.flatnonzero(enough[0] & enough[1]).tolist()
    if not classes:
        raise ValueError("no class with two images on both sides")
    reals, fakes = (
        {c: mean_ms_ssim(images[m[:, c]], pairs, seed) for c in classes}
        for images, m in sides
    )
    uniform = max(score.value for score in reals.values())
    wins = [fakes[c].value <= reals[c].value for c in classes]
    suspects = tuple(c for c in classes if fakes[c].value > uniform)
    return Diversity(fakes, reals, float(np.mean(wins)), suspects)


def ms_ssim_rows(run: Evidence) -> Iterator[Row]:
    """Similarity of an evaluation's samples, beside that of real images."""
    scores = [mean_ms_ssim(samples) for samples in run.samples]
    floor = mean_ms_ssim(run.real) if len(run.real) >= FEWEST else None
    yield Row(over_seeds(scores), floor)


def _draw_pairs(
    count: int, pairs: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Different unordered pairs i < j, by their number in the triangle."""
    total = count * (count - 1) // 2
    rng = np.random.default_rng(seed)
    numbers = rng.choice(total, min(pairs, total), replace=False)
    larger = ((1 + np.sqrt(1 + 8 * numbers)) / 2).astype(np.int64)
    smaller = numbers - larger * (larger - 1) // 2
    return smaller, larger


def _similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = first.astype(np.float64), second.astype(np.float64)
    result = np.ones(len(first))
    for scale, weight in enumerate(_WEIGHTS):
        luminance, contrast = _terms(first, second)
        last = scale == len(_WEIGHTS) - 1
        term = luminance * contrast if last else contrast
        # Means over pixels and channels of one pair, before the power.
        result *= np.maximum(term.mean(axis=(1, 2, 3)), 0) ** weight
        first, second = _halve(first), _halve(second)
    return result


def _terms(
    first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    mean_1, mean_2 = _blur(first), _blur(second)
    variances = _blur(first * first + second * second)
    variances -= mean_1 * mean_1 + mean_2 * mean_2
    covariance = _blur(first * second) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + _C1) / (mean_1**2 + mean_2**2 + _C1)
    return luminance, (2 * covariance + _C2) / (variances + _C2)


def _blur(images: np.ndarray) -> np.ndarray:
    """Gaussian window, valid positions only, as two banded products."""
    height, width = images.shape[1:3]
    size = min(_WINDOW, height, width)
    rows = _window_matrix(size, height)
    columns = _window_matrix(size, width)
    # [N, H, W, C] -> [N, C, H, W] so that both products are plain matmuls.
    planes = rows @ np.moveaxis(images, -1, 1) @ columns.T
    return np.moveaxis(planes, 1, -1)


def _window_matrix(size: int, side: int) -> np.ndarray:
    sigma = _SIGMA * size / _WINDOW
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-0.5 * (offsets / sigma) ** 2)
    window /= window.sum()
    matrix = np.zeros((side - size + 1, side))
    for row in range(len(matrix)):
        matrix[row, row : row + size] = window
    return matrix


def _halve(images: np.ndarray) -> np.ndarray:
    """2 x 2 means with stride 2; an odd last line is repeated."""
    odd = [(0, 0), *((0, side % 2) for side in images.shape[1:3]), (0, 0)]
    images = np.pad(images, odd, mode="edge")
    return (
        images[:, ::2, ::2]
        + images[:, 1::2, ::2]
        + images[:, ::2, 1::2]
        + images[:, 1::2, 1::2]
    ) / 4
