"""Random numbers that are pure functions of a seed and a position."""

from collections.abc import Sequence

import tensorflow as tf

from tfgan_transfer.errors import UserError, choices

_PHILOX = "philox"


def _normal(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_normal(shape, seed, alg=_PHILOX)


def _truncated_normal(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_truncated_normal(shape, seed, alg=_PHILOX)


def uniform(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
    """Returns float32 noise of a shape, uniform in [0, 1)."""
    return tf.random.stateless_uniform(shape, seed, alg=_PHILOX)


LATENT_PRIORS = {
    "normal": _normal,
    "uniform": uniform,
    "truncated_normal": _truncated_normal,
}


def prior(name: str):
    """Returns the sampler `(shape, seed) -> float32` of a latent prior.

    `"normal"` is N(0, 1); `"uniform"` is [0, 1); `"truncated_normal"` is
    N(0, 1) drawn again beyond two standard deviations.

    Raises:
        UserError: No such prior.
    """
    if name not in LATENT_PRIORS:
        raise UserError(choices("--latent_prior", name, LATENT_PRIORS))
    return LATENT_PRIORS[name]


def stream(seed: int, number: int, step: tf.Tensor) -> tf.Tensor:
    """Returns the seed, int64 [2], of one kind of noise at one step.

    Args:
        seed: The run's seed.
        number: Which kind of noise; different kinds are independent.
        step: int64 scalar.
    """
    key = tf.constant([seed, number], tf.int64)
    return tf.random.fold_in(key, step, alg=_PHILOX)


def latent(
    seed: tf.Tensor, index: tf.Tensor, latent_size: int, latent_prior: str
) -> tf.Tensor:
    """Draws latent number `index` of a seed.

    Args:
        seed: Integer scalar, a number or a tensor.
        index: Integer scalar, a number or a tensor.
        latent_size: Z.
        latent_prior: See `prior`.

    Returns:
        float32 [Z].
    """
    seeds = tf.stack([tf.cast(seed, tf.int64), tf.cast(index, tf.int64)])
    return prior(latent_prior)([latent_size], seeds)


def latents(
    seed: tf.Tensor, count: tf.Tensor, latent_size: int, latent_prior: str
) -> tf.Tensor:
    """Draws the first `count` latents of a seed.

    Row i is `latent(seed, i)`: it does not depend on `count`, so the same
    seed gives the same image in a batch of any size.

    Args:
        seed: Integer scalar, a number or a tensor.
        count: Integer scalar, a number or a tensor.
        latent_size: Z.
        latent_prior: See `prior`.

    Returns:
        float32 [count, Z].
    """
    prior(latent_prior)
    seed, count = tf.cast(seed, tf.int64), tf.cast(count, tf.int64)
    return _rows(seed, count, latent_size, latent_prior)


# A graph even when called eagerly, where map_fn would take ms for each row.
@tf.function
def _rows(
    seed: tf.Tensor, count: tf.Tensor, latent_size: int, latent_prior: str
) -> tf.Tensor:
    return tf.map_fn(
        lambda index: latent(seed, index, latent_size, latent_prior),
        tf.range(count),
        fn_output_signature=tf.TensorSpec([latent_size], tf.float32),
    )
