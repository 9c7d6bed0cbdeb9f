"""Does the generator copy training images?

Every sample is compared with its nearest training image, and the distances
with those of held-out real images, which are as close to the training set as
an honest image of that kind is. In feature space, and in pixel space where
mirrored and shifted copies are looked for as well. FID cannot tell: a
generator that copies the training set has the best one.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from scipy.stats import mannwhitneyu

from tfgan_transfer.metrics.distances import Neighbours
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.score import Row, Score, check_pair

# Beside an image there has to be another one to be nearest to it.
FEWEST = 2

_SIDE = 32
_SHIFTS = 16
_UNCHANGED = 0
_AT_ONCE = 128
_SIGMAS = 3.0


@dataclasses.dataclass(frozen=True)
class Memorisation:
    """Samples against the training set, and held-out images beside them.

    Attributes:
        space: `"features"` or `"pixels"`.
        distances: [N] of each sample to its nearest training image; feature
            units, or root mean square grey levels.
        matches: [N] indices of those training images.
        mirrored: [N] whether the match is to the mirrored sample.
        held_out: [M] distances of held-out images to the training set.
        threshold: Distance up to which a sample is flagged: the `quantile`
            of the held-out distances.
        flagged: Indices of flagged samples, the closest first.
        share: Score `memorised`: share of flagged samples, with the binomial
            error of an honest generator's share (which is the quantile).
        alarm: The share exceeds the quantile by three such errors.
        authenticity: Share of samples farther from their training image than
            that image is from its own nearest one (Alaa et al., 2022); about
            one half for an honest generator, 0 for copies.
        copying: z-score of the Mann-Whitney comparison of sample and held-out
            distances (Meehan et al., 2020, one cell): below -3 is copying,
            above 3 underfitting.
    """

    space: str
    distances: np.ndarray
    matches: np.ndarray
    mirrored: np.ndarray
    held_out: np.ndarray
    threshold: float
    flagged: np.ndarray
    share: Score
    alarm: bool
    authenticity: Score
    copying: Score


def memorisation_in_features(
    fake: np.ndarray,
    train: np.ndarray,
    held_out: np.ndarray,
    quantile: float = 0.01,
) -> Memorisation:
    """Nearest training image of each sample in feature space.

    Args:
        fake: [N, D] features of samples.
        train: [T, D] features of the training images.
        held_out: [M, D] features of real images the generator has not seen.
        quantile: Share of held-out images that is allowed to be flagged.

    Returns:
        The comparison.

    Raises:
        ValueError: Widths differ, or fewer than two vectors in a set.
        UserError: Values that are not finite.
    """
    check_pair(train, fake)
    check_pair(train, held_out)
    index = Neighbours(train)
    distances, matches, _ = index.nearest(fake[None])
    own, _, _ = index.nearest(train[matches][None], own=matches)
    baseline, _, _ = index.nearest(held_out[None])
    mirrored = np.zeros(len(fake), bool)
    return _compare(
        "features", distances, matches, mirrored, own, baseline, quantile
    )


def memorisation_in_pixels(
    fake: np.ndarray,
    train: np.ndarray,
    held_out: np.ndarray,
    quantile: float = 0.01,
) -> Memorisation:
    """Nearest training image of each sample in pixels, at 32 px or less.

    Each sample is also mirrored, and shifted by up to 1/16 of its side in
    both directions; the border that a shift loses is left out on all sides.

    Args:
        fake: [N, H, W, C] uint8 samples.
        train: [T, H, W, C] uint8 training images.
        held_out: [M, H, W, C] uint8 real images the generator has not seen.
        quantile: Share of held-out images that is allowed to be flagged.

    Returns:
        The comparison.

    Raises:
        ValueError: Shapes differ.

    Example:
        >>> import tfgan_transfer as tt
        >>> train = tt.load_images("shapes", size=16, limit=30, holdout=9)
        >>> held_out = train.split.holdout.images
        >>> mirrored = train.images[:4, :, ::-1]
        >>> found = tt.metrics.memorisation_in_pixels(
        ...     mirrored, train.images, held_out
        ... )
        >>> found.share.value
        1.0
    """
    if not fake.shape[1:] == train.shape[1:] == held_out.shape[1:]:
        raise ValueError(f"{fake.shape}, {train.shape}, {held_out.shape}")
    fake, train, held_out = (_shrink(s) for s in (fake, train, held_out))
    index = Neighbours(_variants(train)[_UNCHANGED])
    distances, matches, mirrored = _search(index, fake)
    own, _, _ = _search(index, train[matches], matches)
    baseline, _, _ = _search(index, held_out)
    return _compare(
        "pixels", distances, matches, mirrored, own, baseline, quantile
    )


def pairs_picture(
    fake: np.ndarray, train: np.ndarray, report: Memorisation, rows: int = 8
) -> np.ndarray:
    """Draws the closest pairs: samples above, their training images below.

    Args:
        fake: [N, H, W, C] uint8 samples of the report.
        train: [T, H, W, C] uint8 training images of the report.
        report: Where the pairs come from; if nothing is flagged, the closest
            samples are shown all the same.
        rows: Pairs at most, side by side.

    Returns:
        uint8 [2 H, pairs * W, C].
    """
    chosen = np.argsort(report.distances, kind="stable")[:rows]
    above = [
        fake[i][:, ::-1] if report.mirrored[i] else fake[i] for i in chosen
    ]
    below = [train[report.matches[i]] for i in chosen]
    return np.concatenate(
        [np.concatenate(above, axis=1), np.concatenate(below, axis=1)]
    )


def memorisation_rows(run: Evidence) -> Iterator[Row]:
    """Of the first samples in pixels, and in features if there is a network."""
    fake = run.samples[0]
    reports = [memorisation_in_pixels(fake, run.train, run.held_out)]
    if run.extractor:
        reports.append(
            memorisation_in_features(
                run.fake_sides[0],
                run.real_features(run.train),
                run.real_features(run.held_out, "held-out images"),
            )
        )
    for report in reports:
        note = "training images are copied" if report.alarm else ""
        yield Row(report.share, None, note)


def _compare(
    space: str,
    distances: np.ndarray,
    matches: np.ndarray,
    mirrored: np.ndarray,
    own: np.ndarray,
    baseline: np.ndarray,
    quantile: float,
) -> Memorisation:
    threshold = float(np.quantile(baseline, quantile))
    order = np.argsort(distances, kind="stable")
    flagged = order[distances[order] <= threshold]
    n, m = len(distances), len(baseline)
    honest_error = float(np.sqrt(quantile * (1 - quantile) * (1 / n + 1 / m)))
    share = len(flagged) / n
    authentic = distances > own
    wins = mannwhitneyu(distances, baseline).statistic
    z = (wins - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12)
    about = f"{space}, held-out quantile {quantile:g}"

    def score(name: str, value: float, spread: float | None, kind: str):
        return Score(name, value, spread, kind, m, n, f"{name}/{about}")

    return Memorisation(
        space,
        distances,
        matches,
        mirrored,
        baseline,
        threshold,
        flagged,
        score("memorised", share, honest_error, "of an honest generator"),
        share > quantile + _SIGMAS * honest_error,
        score(
            "authenticity",
            float(authentic.mean()),
            float(authentic.std() / np.sqrt(n)),
            "standard error",
        ),
        score("copying_z", float(z), None, ""),
    )


def _shrink(images: np.ndarray) -> np.ndarray:
    """Averages images to at most 32 pixels a side, float32."""
    height, width = images.shape[1:3]
    scale = min(1.0, _SIDE / max(height, width))
    size = [round(height * scale), round(width * scale)]
    if size == [height, width]:
        return images.astype(np.float32)
    parts = [
        tf.image.resize(images[i : i + 512], size, method="area").numpy()
        for i in range(0, len(images), 512)
    ]
    return np.concatenate(parts)


def _search(
    index: Neighbours, images: np.ndarray, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Root mean square distances, matches, and whether they are mirrored."""
    parts = []
    for start in range(0, len(images), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        variants = _variants(images[rows])
        distances, matches, chosen = index.nearest(
            variants, None if own is None else own[rows]
        )
        scale = np.sqrt(variants.shape[2])
        parts.append((distances / scale, matches, chosen % 2 == 1))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def _variants(images: np.ndarray) -> np.ndarray:
    """Shifts and mirror images [V, N, D]; every second one is mirrored."""
    margin = min(images.shape[1:3]) // _SHIFTS
    height, width = (side - 2 * margin for side in images.shape[1:3])
    offsets = sorted(range(2 * margin + 1), key=lambda o: abs(o - margin))
    return np.stack(
        [
            form[:, top : top + height, left : left + width].reshape(
                len(images), -1
            )
            for top in offsets
            for left in offsets
            for form in (images, images[:, :, ::-1])
        ]
    )
