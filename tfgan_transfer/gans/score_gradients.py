"""Gradients of a game about scores alone, as methods of a model."""

import keras
import tensorflow as tf

from tfgan_transfer.gans import adversarial, step
from tfgan_transfer.gans.adversarial import FAKE, REAL


def critic_gradients(
    model: keras.Model, slot: step.Batch, penalised: bool = True
) -> tuple[list, dict]:
    """Gradients of one critic iteration, and what to log of it."""
    real = model.augment(slot["image"], slot)
    fake = model.augment(model.draw(slot), slot)
    noise = adversarial.noise_of(model, slot, REAL, FAKE)
    with tf.GradientTape() as tape:
        scores = model.score(tf.concat([real, fake], axis=0), noise)
        real_score, fake_score = tf.split(scores, 2)
        loss = model.adversarial_loss.critic(real_score, fake_score)
        penalty = tf.zeros_like(loss)
        if penalised:
            penalty += model.penalty(real, fake, slot)
        total = step.global_mean(loss + penalty)
    gradients = step.gradients_of(tape, total, model.critic)
    return gradients, {
        "critic_loss": tf.reduce_mean(loss + penalty),
        "penalty": tf.reduce_mean(penalty),
        "wasserstein": tf.reduce_mean(real_score - fake_score),
        "critic_gradient_norm": step.gradient_norm(gradients),
    }


def generator_gradients(
    model: keras.Model, slot: step.Batch
) -> tuple[list, dict]:
    """Gradients of one generator step, and what to log of it."""
    real = model.augment(slot["image"], slot)
    with tf.GradientTape() as tape:
        fake = model.augment(model.draw(slot), slot)
        fake_score = model.score(fake, adversarial.noise_of(model, slot, FAKE))
        real_score = model.score(real, adversarial.noise_of(model, slot, REAL))
        loss = model.adversarial_loss.generator(real_score, fake_score)
        extra = model.regulariser(model.generator) if model.regulariser else 0
        total = step.global_mean(loss + extra)
    gradients = step.gradients_of(tape, total, model.generator)
    return gradients, adversarial.generator_log(model, loss, extra, gradients)
