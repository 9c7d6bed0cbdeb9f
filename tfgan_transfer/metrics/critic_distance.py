"""Independent Wasserstein critic (Danihelka et al., 2017), protocol `iw/1`.

A critic that the generator never met is fitted to tell held-out real images
from samples, and scored on other held-out images and other samples:

    W = mean D(real_eval) - mean D(fake_eval)

W is 0 for a perfect generator whatever the critic has memorised of its own
fitting set, and grows with what the critic can see. It also grows with the
critic's steps, so the budget is part of the protocol. The transfer paper
prints iw = -W ("higher is better").
"""

import dataclasses
import functools
import hashlib
import json
import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.critic import (
    LAST_SIDE,
    initial_weights,
    score_images,
    update,
)
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.features import (
    NO_BARS,
    Bars,
    data_fingerprint,
    keep,
)
from tfgan_transfer.metrics.score import Row, Score

# Two to fit on and two to score on, of each set.
FEWEST = 4


@dataclasses.dataclass(frozen=True)
class Budget:
    """Size of the critic and length of its training.

    Attributes:
        name: Part of the protocol.
        widths: Channels at the input's resolution and after each halving;
            the last repeats until the image is 4 pixels wide.
        steps: Updates.
        batch_size: Real images, and samples, per update.
    """

    name: str
    widths: tuple[int, ...]
    steps: int
    batch_size: int = 64


BUDGETS = {
    "full": Budget("full", (64, 128, 256, 512, 512), 5000),
    "small": Budget("small", (16, 32, 64), 300),
}


@dataclasses.dataclass(frozen=True)
class CriticDistance:
    """Result of several critics that differ in their seed.

    Attributes:
        score: Score `iw_distance` = W, mean over the critics with their
            standard deviation; lower is better, about 0 at best.
        standard_error: Of W for the images of the scoring sets: the ideal
            bootstrap's, mean over the critics.
        fit: W on the critic's own fitting sets; says how far it overfits,
            nothing about the generator.
        gradient_norm: Mean gradient norm at the end; 1 for a Lipschitz
            critic of the right scale.
        seeds: W of each critic.
        train_gap: mean D(real_eval) - mean D(train) under the same critics,
            `None` without training images: above 0 by more than two of its
            errors means that samples lie nearer to the training set than to
            unseen images.
        train_gap_error: Standard error of `train_gap`.
    """

    score: Score
    standard_error: float
    fit: float
    gradient_norm: float
    seeds: tuple[float, ...]
    train_gap: float | None
    train_gap_error: float | None

    @property
    def iw(self) -> float:
        """The value with the paper's sign: higher is better."""
        return -self.score.value


def independent_wasserstein(
    held_out: np.ndarray,
    fake: np.ndarray,
    train: np.ndarray,
    budget: Budget = BUDGETS["full"],
    seeds: tuple[int, ...] = (0, 1, 2),
    cache_dir: str | None = None,
    bars: Bars = NO_BARS,
) -> tuple[CriticDistance, CriticDistance]:
    """The whole protocol: samples, and training images in their place.

    Held-out images and samples are each split at random (seed 0) into halves
    to fit on and to score on.

    Args:
        held_out: [N, H, W, C] uint8 real images the generator has not seen.
        fake: [M, H, W, C] uint8 samples; M >= N is advised.
        train: [T, H, W, C] uint8 images the generator was trained on.
        budget: The critic; `BUDGETS["small"]` for CPUs.
        seeds: One critic each; at least three for a spread to go by.
        cache_dir: Where the floor is kept for the next generator that is
            judged by the same images; None for nowhere.
        bars: Shows how far it is.

    Returns:
        The generator's distance, and the floor: the distance of the training
        images, which is what a generator of real images would get.

    Raises:
        UserError: Too few or too small images.

    Example:
        >>> import tfgan_transfer as tt
        >>> images = tt.load_images("shapes", size=16, limit=8).images
        >>> tt.metrics.independent_wasserstein(images, images[:1], images)
        Traceback (most recent call last):
        ...
        tfgan_transfer.errors.UserError: ...
    """
    sets = (*_halves(held_out), *_halves(fake))
    return (
        critic_distance(*sets, train, budget, seeds, bars),
        _floor(held_out, train, budget, seeds, cache_dir, bars),
    )


def _floor(
    held_out: np.ndarray,
    train: np.ndarray,
    budget: Budget,
    seeds: tuple[int, ...],
    cache_dir: str | None,
    bars: Bars,
) -> CriticDistance:
    """The distance of the training images, read where it was measured."""
    sets = (*_halves(held_out), *_halves(train))
    if cache_dir is None:
        return critic_distance(*sets, None, budget, seeds, bars)
    key = hashlib.sha256(
        repr(([data_fingerprint(s) for s in sets], budget, seeds)).encode()
    )
    path = pathlib.Path(cache_dir) / f"iw-{key.hexdigest()[:32]}.json"
    if path.exists():
        kept = json.loads(path.read_text())
        score, seeds = Score(**kept.pop("score")), tuple(kept.pop("seeds"))
        return CriticDistance(score=score, seeds=seeds, **kept)
    floor = critic_distance(*sets, None, budget, seeds, bars)
    keep(path, json.dumps(dataclasses.asdict(floor)).encode())
    return floor


def critic_distance(
    real_fit: np.ndarray,
    real_eval: np.ndarray,
    fake_fit: np.ndarray,
    fake_eval: np.ndarray,
    train: np.ndarray | None = None,
    budget: Budget = BUDGETS["full"],
    seeds: tuple[int, ...] = (0, 1, 2),
    bars: Bars = NO_BARS,
) -> CriticDistance:
    """Distance of samples from real images, fitted and scored apart.

    The same seeds start from the same critics and the same draws, so two
    generators are compared with common random numbers.

    Args:
        real_fit: [N, H, W, C] uint8, unseen by the generator.
        real_eval: As `real_fit`, none of its images.
        fake_fit: Samples.
        fake_eval: Other samples.
        train: Training images of the generator, or `None`.
        budget: The critic.
        seeds: One critic each.
        bars: Shows how far it is.

    Returns:
        The distance.

    Raises:
        ValueError: Shapes differ, or images that are not uint8.
        UserError: Images under 4 pixels, or fewer than two in a set.
    """
    sets = {
        "real_fit": real_fit,
        "real_eval": real_eval,
        "fake_fit": fake_fit,
        "fake_eval": fake_eval,
    }
    if train is not None:
        sets["train"] = train
    _check_sets(sets)
    with bars(total=len(seeds) * budget.steps, unit="step") as bar:
        runs = [_run(sets, budget, seed, bar.update) for seed in seeds]
    mean = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
    values = [run["distance"] for run in runs]
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
    widths = "-".join(map(str, budget.widths))
    score = Score(
        "iw_distance",
        mean["distance"],
        spread,
        f"s.d. over {len(seeds)} critics",
        len(real_eval),
        len(fake_eval),
        f"iw/1 {budget.name}, {widths} x {budget.steps} steps of "
        f"{budget.batch_size}, fitted on {len(real_fit)} real and "
        f"{len(fake_fit)} samples, {real_eval.shape[1]} x "
        f"{real_eval.shape[2]} px, penalty 10, Adam 1e-4, seeds {seeds}",
    )
    return CriticDistance(
        score,
        mean["error"],
        mean["fit"],
        mean["gradient_norm"],
        tuple(values),
        mean.get("train_gap"),
        mean.get("train_gap_error"),
    )


def iw_rows(run: Evidence) -> Iterator[Row]:
    """The distance of all samples of an evaluation."""
    distance, floor = independent_wasserstein(
        run.held_out,
        np.concatenate(run.samples),
        run.train,
        BUDGETS[run.budget],
        run.critics,
        run.cache_dir,
        functools.partial(run.bars, desc="iw"),
    )
    note = f"iw = {distance.iw:.4g} with the paper's sign, higher is better"
    yield Row(distance.score, floor.score, note)


def _halves(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(len(images))
    half = len(images) // 2
    return images[order[:half]], images[order[half:]]


def _check_sets(sets: dict[str, np.ndarray]) -> None:
    shapes = {images.shape[1:] for images in sets.values()}
    types = {images.dtype for images in sets.values()}
    if len(shapes) > 1 or types != {np.dtype(np.uint8)}:
        raise ValueError(f"image sets of shapes {shapes}, types {types}")
    fewest = min(len(images) for images in sets.values())
    if fewest < 2 or min(next(iter(shapes))[:2]) < LAST_SIDE:
        raise UserError(
            f"The independent critic needs at least two images of 4 x 4 "
            f"pixels in each of its sets, received {fewest} of "
            f"{next(iter(shapes))}; give more with --num_images and --holdout."
        )


def _run(
    sets: dict[str, np.ndarray],
    budget: Budget,
    seed: int,
    stepped: Callable[[], object],
) -> dict[str, float]:
    """Fits one critic and scores it."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(sets["real_fit"].shape[1:], budget.widths, seed)
    squares = tf.nest.map_structure(tf.zeros_like, weights)
    size = budget.batch_size
    for step in range(1, budget.steps + 1):
        batches = [
            sets[name][rng.integers(len(sets[name]), size=size)]
            for name in ("real_fit", "fake_fit")
        ]
        mix = rng.random((size, 1, 1, 1), np.float32)
        weights, squares, norm = update(
            weights, squares, tf.constant(step, tf.float32), *batches, mix
        )
        stepped()
    scores = {
        name: score_images(weights, images) for name, images in sets.items()
    }
    real, fake = scores["real_eval"], scores["fake_eval"]
    result = {
        "distance": real.mean() - fake.mean(),
        "error": np.hypot(_mean_error(real), _mean_error(fake)),
        "fit": scores["real_fit"].mean() - scores["fake_fit"].mean(),
        "gradient_norm": float(norm),
    }
    if "train" in scores:
        train = scores["train"]
        result["train_gap"] = real.mean() - train.mean()
        result["train_gap_error"] = np.hypot(
            _mean_error(real), _mean_error(train)
        )
    return {key: float(value) for key, value in result.items()}


def _mean_error(values: np.ndarray) -> float:
    """What the standard error of the bootstrapped mean converges to."""
    return float(values.std() / np.sqrt(len(values)))
