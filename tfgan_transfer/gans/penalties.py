"""When a critic is penalised, and for what; as methods of a model."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.gans import adversarial, step
from tfgan_transfer.gans.adversarial import FAKE, MIXED, REAL


def penalty(
    model: keras.Model, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
) -> tf.Tensor:
    """Weighted sum of the penalties that are switched on, float32 [B]."""

    def score_of(part: int) -> Callable[[tf.Tensor], tf.Tensor]:
        noise = adversarial.noise_of(model, slot, part)
        return lambda images: model.score(images, noise)

    total = tf.zeros([tf.shape(real)[0]])
    if model.gradient_penalty:
        total += model.gradient_penalty * losses.gradient_penalty(
            score_of(MIXED), real, fake, slot["mix"]
        )
    if model.r1:
        total += model.r1 * losses.zero_centred_penalty(score_of(REAL), real)
    if model.r2:
        total += model.r2 * losses.zero_centred_penalty(score_of(FAKE), fake)
    return total * model.penalty_every


def critic_update(model: keras.Model, slot: step.Batch) -> tuple[list, dict]:
    """Gradients of the critic's next iteration, penalised if it is its turn.

    Whose turn it is follows from the number of updates made, which a
    checkpoint holds: every `penalty_every`-th, so that the iteration that is
    logged is one if that many are made in a step (lazy regularisation, Karras
    et al. 2020, arXiv 1912.04958, appendix B).
    """
    if model.penalty_every == 1:
        return model._critic_gradients(slot)
    number = tf.convert_to_tensor(model.critic_optimizer.iterations) + 1
    return tf.cond(
        number % model.penalty_every == 0,
        lambda: model._critic_gradients(slot),
        lambda: model._unpenalised_gradients(slot),
    )
