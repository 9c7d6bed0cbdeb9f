"""What the models with one generator and one critic that scores share.

Functions on a model, which WGAN-GP and AC-GAN take over as their methods:
what differs between the two is the gradients, not the game around them.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import step

NETWORKS = ("generator", "critic", "ema_generator")
# Columns of a batch's `noise`.
REAL, FAKE, MIXED = range(3)


def set_networks(
    model: keras.Model,
    generator: keras.Model,
    critic: keras.Model,
    ema_generator: keras.Model | None,
) -> None:
    """Gives a model its networks; the average starts as a copy."""
    model.generator = generator
    model.critic = critic
    model.ema_generator = ema_generator or step.copy_of(generator)
    model.built = True


def set_game(
    model: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    critic_optimizer: keras.optimizers.Optimizer,
    *,
    adversarial_loss: str = "wasserstein_gp",
    n_critic: int = 5,
    gradient_penalty: float = 10.0,
    r1: float = 0.0,
    r2: float = 0.0,
    penalty_every: int = 1,
    clip: float = 0.0,
    ema_decay: float = 0.999,
    augmentation: Augmentation | None = None,
    regulariser: Callable[[keras.Model], tf.Tensor] | None = None,
    xla: bool = False,
) -> None:
    """Compiles a model; must be called inside the strategy's scope.

    Args:
        model: Its networks are set.
        generator_optimizer: Optimizer of the generator, built here.
        critic_optimizer: Optimizer of the critic, built here.
        adversarial_loss: A key of `losses.ADVERSARIAL_LOSSES`.
        n_critic: Critic iterations per generator step, at least 1.
        gradient_penalty: Weight lambda of the two-sided penalty.
        r1: Weight gamma of the zero-centred penalty on real images.
        r2: The same on generated images.
        penalty_every: Every how many critic iterations the penalties are
            taken, with that many times their weight.
        clip: Bound on critic weights (Arjovsky et al. 2017); 0 for none.
        ema_decay: Decay of `ema_generator` per generator step.
        augmentation: Applied to all images on their way to the critic.
        regulariser: Maps the generator to a scalar that is added to its
            loss; what it keeps in `.variables` is saved with the model.
        xla: Whether the two gradient functions are compiled by XLA.

    Raises:
        ValueError: If the loss is unknown or a number is out of range.
    """
    _check(adversarial_loss, n_critic, ema_decay, penalty_every)
    keras.Model.compile(model, optimizer=None)
    generator_optimizer.build(model.generator.trainable_variables)
    critic_optimizer.build(model.critic.trainable_variables)
    model.generator_optimizer = generator_optimizer
    model.critic_optimizer = critic_optimizer
    model.adversarial_loss = losses.ADVERSARIAL_LOSSES[adversarial_loss]
    model.n_critic = n_critic
    model.gradient_penalty = gradient_penalty
    model.r1, model.r2 = r1, r2
    model.penalty_every = penalty_every
    model.clip = clip
    model.ema_decay = ema_decay
    model.augmentation = augmentation
    model.regulariser = regulariser
    # The estimate of the largest singular value starts at random.
    for _ in range(10):
        update_spectral_norm(model)
    model._critic_gradients = step.compiled(model.critic_gradients, xla)
    model._unpenalised_gradients = step.compiled(
        functools.partial(model.critic_gradients, penalised=False), xla
    )
    model._generator_gradients = step.compiled(model.generator_gradients, xla)
    model.train_function = step.train_function(model)


def _check(
    adversarial_loss: str, n_critic: int, ema_decay: float, penalty_every: int
) -> None:
    if adversarial_loss not in losses.ADVERSARIAL_LOSSES:
        raise ValueError(
            f"Unknown adversarial_loss, expected one of "
            f"{sorted(losses.ADVERSARIAL_LOSSES)}. "
            f"Received: adversarial_loss={adversarial_loss!r}"
        )
    if n_critic < 1 or not 0 <= ema_decay < 1:
        raise ValueError(
            "n_critic must be at least 1 and ema_decay in [0, 1). "
            f"Received: n_critic={n_critic}, ema_decay={ema_decay}"
        )
    if penalty_every < 1:
        raise ValueError(
            "penalty_every must be at least 1. "
            f"Received: penalty_every={penalty_every}"
        )


def state(model: keras.Model) -> dict:
    """Everything a checkpoint holds, by name: objects with variables."""
    state = {
        **{name: getattr(model, name) for name in NETWORKS},
        "generator_optimizer": model.generator_optimizer,
        "critic_optimizer": model.critic_optimizer,
    }
    if model.augmentation:
        state["augmentation"] = model.augmentation
    if model.regulariser and model.regulariser.variables:
        state["regulariser"] = model.regulariser
    return state


def draw(model: keras.Model, slot: step.Batch) -> tf.Tensor:
    """Generated images of a slot's latents and, if it takes them, labels."""
    if len(model.generator.inputs) == 1:
        return model.generator(slot["latent"], training=True)
    return model.generator([slot["latent"], slot["label"]], training=True)


def noise_of(
    model: keras.Model, slot: step.Batch, *parts: int
) -> tf.Tensor | None:
    """Seeds for what the critic draws, float32 [len(parts) * B].

    Args:
        model: Its critic draws something if it has a second input.
        slot: `noise` [B, 3] in [0, 1).
        parts: `REAL`, `FAKE` or `MIXED`: real, generated and mixed images of
            an example are judged under noise of their own.

    Returns:
        The seeds, or None for a critic that draws nothing.
    """
    if len(model.critic.inputs) == 1:
        return None
    return tf.concat([slot["noise"][:, part] for part in parts], axis=0)


def judge(
    model: keras.Model, images: tf.Tensor, noise: tf.Tensor | None = None
):
    """All that the critic says of images, in training mode.

    A critic that draws noise but is given none is asked as in inference.
    """
    if len(model.critic.inputs) == 1:
        return model.critic(images, training=True)
    if noise is None:
        none = tf.zeros(tf.shape(images)[:1])
        return model.critic([images, none], training=False)
    return model.critic([images, noise], training=True)


def score(
    model: keras.Model, images: tf.Tensor, noise: tf.Tensor | None = None
) -> tf.Tensor:
    """Critic scores as `judge` has them, float32 [B]."""
    outputs = judge(model, images, noise)
    return outputs[0] if isinstance(outputs, (list, tuple)) else outputs


def augment(
    model: keras.Model, images: tf.Tensor, slot: step.Batch
) -> tf.Tensor:
    """What the critic gets to see of images, real or generated."""
    if not model.augmentation:
        return images
    return model.augmentation(images, slot["augment"])


def generator_log(
    model: keras.Model, loss: tf.Tensor, extra: tf.Tensor, gradients: list
) -> dict:
    """What every generator step logs; `extra` is the regulariser's term."""
    log = {
        "generator_loss": tf.reduce_mean(loss + extra),
        "generator_gradient_norm": step.gradient_norm(gradients),
    }
    if model.regulariser:
        log["generator_regulariser"] = extra
    if model.augmentation:
        probability = model.augmentation.probability.value
        log["augment_probability"] = tf.identity(probability)
    return log


def train_step(model: keras.Model, batch: step.Batch) -> dict[str, tf.Tensor]:
    """n critic updates, one generator update, one step of the average.

    Args:
        model: Compiled model.
        batch: `image` [B, n_critic, H, W, C] in [-1, 1]; `latent`
            [B, n_critic + 1, Z]; `mix` [B, n_critic, 1, 1, 1] in [0, 1);
            `augment` [B, n_critic + 1, K] in [0, 1) with an augmentation;
            `noise` [B, n_critic + 1, 3] in [0, 1) for a critic that draws;
            `label` [B, n_critic, L], 0 or 1, for a conditional model.

    Returns:
        Scalars of this step. `wasserstein` is E[D(real)] - E[D(fake)]:
        positive when the critic tells them apart, and falling as the
        generator improves. Critic values are those of the last iteration.
        The losses include penalties and regulariser.
    """
    batch, data_ready = step.data_ready(batch)
    for i in range(model.n_critic):
        slot = step.critic_slot(batch, i)
        gradients, critic_log = model.critic_update(slot)
        step.apply(model.critic_optimizer, gradients, model.critic)
        constrain_critic(model)

    slot = step.critic_slot(batch, model.n_critic)
    gradients, generator_log = model._generator_gradients(slot)
    step.apply(model.generator_optimizer, gradients, model.generator)
    step.update_ema(
        model.ema_generator,
        model.generator,
        model.ema_decay,
        model.generator_optimizer.iterations,
    )
    return {**critic_log, **generator_log, "data_ready": data_ready}


def constrain_critic(model: keras.Model) -> None:
    """Weight clipping and spectral norm, where they are switched on."""
    if model.clip:
        step.update_weights(
            lambda weight: tf.clip_by_value(weight, -model.clip, model.clip),
            model.critic.trainable_variables,
        )
    update_spectral_norm(model)


def update_spectral_norm(model: keras.Model) -> None:
    """One power iteration in each spectrally normalised layer."""
    for layer in model.critic.layers:
        if hasattr(layer, "update_spectral_norm"):
            layer.update_spectral_norm()


def get_config(model: keras.Model) -> dict:
    """Configuration that `from_config` rebuilds the networks from."""
    serialize = keras.saving.serialize_keras_object
    networks = {name: serialize(getattr(model, name)) for name in NETWORKS}
    return {**networks, "name": model.name}


def from_config(cls: type, config: dict) -> keras.Model:
    """Rebuilds the model (fresh weights) from `get_config`."""
    networks = {
        name: keras.saving.deserialize_keras_object(config[name])
        for name in NETWORKS
    }
    return cls(**networks, name=config["name"])
