"""Gradients of a game about scores and classes, as methods of a model.

Odena et al. 2017 (arXiv 1610.09585), section 3: L_S is the adversarial loss,
L_C the class loss; the critic minimises both, the generator its own L_S and
the L_C of its images.
"""

import functools

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.gans import adversarial, step
from tfgan_transfer.gans.adversarial import FAKE, REAL


def set_class_game(
    model: keras.Model,
    *,
    class_loss: str = "softmax",
    class_reduction: str = "mean",
    class_weight_critic: float = 1.0,
    class_weight_generator: float = 1.0,
    class_on_fake: bool = True,
    label_smoothing: float = 0.0,
) -> None:
    """Tells a model what its class head is for.

    Args:
        model: Its critic gives (scores [B], class logits [B, L]).
        class_loss: `"softmax"` for one label, `"sigmoid"` for tags.
        class_reduction: `"mean"` or `"sum"` over the tags. The mean, so that
            a longer vocabulary does not outweigh the score.
        class_weight_critic: Weight of the critic's class loss; 1 in the paper.
        class_weight_generator: Weight of the generator's; 1 in the paper.
        class_on_fake: Whether the critic learns the class of generated images
            too, as in the paper's L_C. Without it bad images cannot teach it
            a wrong idea of a class.
        label_smoothing: Of the critic's targets on real images, in [0, 1).
            Never of the generator's: it would be paid for images that look
            like several classes.

    Raises:
        ValueError: If a name is unknown or a number is out of range.
    """
    model.class_loss = _class_loss(class_loss, class_reduction)
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            "label_smoothing must be in [0, 1). "
            f"Received: label_smoothing={label_smoothing}"
        )
    model.class_weight_critic = class_weight_critic
    model.class_weight_generator = class_weight_generator
    model.class_on_fake = class_on_fake
    model.label_smoothing = label_smoothing


def _class_loss(name: str, reduction: str) -> functools.partial:
    choices = {
        "softmax": functools.partial(losses.softmax_class_loss),
        "sigmoid": functools.partial(
            losses.sigmoid_class_loss, reduction=reduction
        ),
    }
    if name not in choices:
        raise ValueError(
            f"Unknown class_loss, expected one of {sorted(choices)}. "
            f"Received: class_loss={name!r}"
        )
    return choices[name]


def critic_gradients(
    model: keras.Model, slot: step.Batch, penalised: bool = True
) -> tuple[list, dict]:
    """Gradients of one critic iteration, and what to log of it."""
    labels = slot["label"]
    real = model.augment(slot["image"], slot)
    fake = model.augment(model.draw(slot), slot)
    noise = adversarial.noise_of(model, slot, REAL, FAKE)
    with tf.GradientTape() as tape:
        images = tf.concat([real, fake], axis=0)
        scores, logits = adversarial.judge(model, images, noise)
        real_score, fake_score = tf.split(scores, 2)
        real_logits, fake_logits = tf.split(logits, 2)
        loss = model.adversarial_loss.critic(real_score, fake_score)
        class_loss = model.class_loss(
            real_logits, labels, smoothing=model.label_smoothing
        )
        if model.class_on_fake:
            class_loss += model.class_loss(fake_logits, labels)
        loss += model.class_weight_critic * class_loss
        penalty = tf.zeros_like(loss)
        if penalised:
            penalty += model.penalty(real, fake, slot)
        total = step.global_mean(loss + penalty)
    gradients = step.gradients_of(tape, total, model.critic)
    return gradients, {
        "critic_loss": tf.reduce_mean(loss + penalty),
        "critic_class_loss": tf.reduce_mean(class_loss),
        "class_accuracy_real": losses.class_accuracy(real_logits, labels),
        "class_accuracy_fake": losses.class_accuracy(fake_logits, labels),
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
        fake_score, logits = adversarial.judge(
            model, fake, adversarial.noise_of(model, slot, FAKE)
        )
        real_score = model.score(real, adversarial.noise_of(model, slot, REAL))
        loss = model.adversarial_loss.generator(real_score, fake_score)
        class_loss = model.class_loss(logits, slot["label"])
        loss += model.class_weight_generator * class_loss
        extra = model.regulariser(model.generator) if model.regulariser else 0
        total = step.global_mean(loss + extra)
    gradients = step.gradients_of(tape, total, model.generator)
    return gradients, {
        **adversarial.generator_log(model, loss, extra, gradients),
        "generator_class_loss": tf.reduce_mean(class_loss),
    }
