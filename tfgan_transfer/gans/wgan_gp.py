"""WGAN-GP and its relatives: one generator, one critic, one train step."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import step


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class WGANGP(keras.Model):
    """Unconditional GAN with n critic iterations per generator step.

    With the default loss this is algorithm 1 of Gulrajani et al. 2017 (arXiv
    1704.00028). An explicit moving average of the generator is kept in
    `ema_generator`; it is what evaluation and export use.

    Args:
        generator: Maps latents [B, Z] to images [B, H, W, C] in [-1, 1].
        critic: Maps images to float32 scores [B], or to (scores, ...).
        ema_generator: Network of the generator's architecture; made from the
            generator, weights included, when absent.
        name: Keras name of the model.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        ema_generator: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.generator = generator
        self.critic = critic
        if ema_generator is None:
            ema_generator = keras.models.clone_model(generator)
            ema_generator.set_weights(generator.get_weights())
        self.ema_generator = ema_generator
        self.built = True

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        critic_optimizer: keras.optimizers.Optimizer,
        *,
        adversarial_loss: str = "wasserstein_gp",
        n_critic: int = 5,
        gradient_penalty: float = 10.0,
        r1: float = 0.0,
        r2: float = 0.0,
        clip: float = 0.0,
        ema_decay: float = 0.999,
        augmentation: Augmentation | None = None,
        regulariser: Callable[[keras.Model], tf.Tensor] | None = None,
        xla: bool = False,
    ) -> None:
        """Sets the game to play; must be called inside the strategy's scope.

        Args:
            generator_optimizer: Optimizer of the generator, built here.
            critic_optimizer: Optimizer of the critic, built here.
            adversarial_loss: A key of `losses.ADVERSARIAL_LOSSES`.
            n_critic: Critic iterations per generator step, at least 1.
            gradient_penalty: Weight lambda of the two-sided penalty.
            r1: Weight gamma of the zero-centred penalty on real images.
            r2: The same on generated images.
            clip: Bound on critic weights (Arjovsky et al. 2017); 0 for none.
            ema_decay: Decay of `ema_generator` per generator step.
            augmentation: Applied to all images on their way to the critic.
            regulariser: Maps the generator to a scalar that is added to its
                loss; what it keeps in `.variables` is saved with the model.
            xla: Whether the two gradient functions are compiled by XLA.

        Raises:
            ValueError: If the loss is unknown or a number is out of range.
        """
        _check(adversarial_loss, n_critic, ema_decay)
        super().compile(optimizer=None)
        generator_optimizer.build(self.generator.trainable_variables)
        critic_optimizer.build(self.critic.trainable_variables)
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer
        self.adversarial_loss = losses.ADVERSARIAL_LOSSES[adversarial_loss]
        self.n_critic = n_critic
        self.gradient_penalty = gradient_penalty
        self.r1, self.r2 = r1, r2
        self.clip = clip
        self.ema_decay = ema_decay
        self.augmentation = augmentation
        self.regulariser = regulariser
        # The estimate of the largest singular value starts at random.
        for _ in range(10):
            self.update_spectral_norm()
        self._critic_gradients = step.compiled(self.critic_gradients, xla)
        self._generator_gradients = step.compiled(self.generator_gradients, xla)
        self.train_function = step.train_function(self)

    _maybe_symbolic_build = step.no_symbolic_build

    @property
    def state(self) -> dict:
        """Everything a checkpoint holds, by name: objects with variables."""
        state = {
            "generator": self.generator,
            "critic": self.critic,
            "ema_generator": self.ema_generator,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
        }
        if self.augmentation:
            state["augmentation"] = self.augmentation
        if self.regulariser and self.regulariser.variables:
            state["regulariser"] = self.regulariser
        return state

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """Critic scores in training mode, float32 [B]."""
        outputs = self.critic(images, training=True)
        return outputs[0] if isinstance(outputs, (list, tuple)) else outputs

    def augment(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        """What the critic gets to see of images, real or generated."""
        if not self.augmentation:
            return images
        return self.augmentation(images, slot["augment"])

    def critic_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one critic iteration, and what to log of it."""
        real = self.augment(slot["image"], slot)
        fake = self.augment(self.generator(slot["latent"], training=True), slot)
        with tf.GradientTape() as tape:
            scores = self.score(tf.concat([real, fake], axis=0))
            real_score, fake_score = tf.split(scores, 2)
            loss = self.adversarial_loss.critic(real_score, fake_score)
            penalty = self.penalty(real, fake, slot["mix"])
            total = step.global_mean(loss + penalty)
        gradients = step.gradients_of(tape, total, self.critic)
        return gradients, {
            "critic_loss": tf.reduce_mean(loss + penalty),
            "penalty": tf.reduce_mean(penalty),
            "wasserstein": tf.reduce_mean(real_score - fake_score),
            "critic_gradient_norm": step.gradient_norm(gradients),
        }

    def penalty(
        self, real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor
    ) -> tf.Tensor:
        """Weighted sum of the penalties that are switched on, float32 [B]."""
        total = tf.zeros([tf.shape(real)[0]])
        if self.gradient_penalty:
            total += self.gradient_penalty * losses.gradient_penalty(
                self.score, real, fake, mix
            )
        if self.r1:
            total += self.r1 * losses.zero_centred_penalty(self.score, real)
        if self.r2:
            total += self.r2 * losses.zero_centred_penalty(self.score, fake)
        return total

    def generator_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one generator step, and what to log of it."""
        with tf.GradientTape() as tape:
            fake = self.generator(slot["latent"], training=True)
            fake_score = self.score(self.augment(fake, slot))
            real_score = self.score(self.augment(slot["image"], slot))
            loss = self.adversarial_loss.generator(real_score, fake_score)
            extra = self.regulariser(self.generator) if self.regulariser else 0
            total = step.global_mean(loss + extra)
        gradients = step.gradients_of(tape, total, self.generator)
        log = {
            "generator_loss": tf.reduce_mean(loss + extra),
            "generator_gradient_norm": step.gradient_norm(gradients),
        }
        if self.regulariser:
            log["generator_regulariser"] = extra
        if self.augmentation:
            probability = self.augmentation.probability.value
            log["augment_probability"] = tf.identity(probability)
        return gradients, log

    def train_step(self, batch: step.Batch) -> dict[str, tf.Tensor]:
        """n critic updates, one generator update, one step of the average.

        Args:
            batch: `image` [B, n_critic, H, W, C] in [-1, 1]; `latent`
                [B, n_critic + 1, Z]; `mix` [B, n_critic, 1, 1, 1] in [0, 1);
                `augment` [B, n_critic + 1, K] in [0, 1) with an augmentation.

        Returns:
            Scalars of this step. `wasserstein` is E[D(real)] - E[D(fake)]:
            positive when the critic tells them apart, and falling as the
            generator improves. Critic values are those of the last iteration.
            The losses include penalties and regulariser.
        """
        data_ready = step.data_ready(batch)
        for i in range(self.n_critic):
            gradients, critic_log = self._critic_gradients(
                step.critic_slot(batch, i)
            )
            step.apply(self.critic_optimizer, gradients, self.critic)
            self.constrain_critic()

        gradients, generator_log = self._generator_gradients(
            step.critic_slot(batch, self.n_critic)
        )
        step.apply(self.generator_optimizer, gradients, self.generator)
        step.update_ema(
            self.ema_generator,
            self.generator,
            self.ema_decay,
            self.generator_optimizer.iterations,
        )
        return {**critic_log, **generator_log, "data_ready": data_ready}

    def constrain_critic(self) -> None:
        """Weight clipping and spectral norm, where they are switched on."""
        if self.clip:
            step.update_weights(
                lambda weight: tf.clip_by_value(weight, -self.clip, self.clip),
                self.critic.trainable_variables,
            )
        self.update_spectral_norm()

    def update_spectral_norm(self) -> None:
        """One power iteration in each spectrally normalised layer."""
        for layer in self.critic.layers:
            if hasattr(layer, "update_spectral_norm"):
                layer.update_spectral_norm()

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Images of the averaged generator, independent of the batch.

        Args:
            latents: Float32 [B, Z], drawn from the training prior.
            labels: Unused; there for the models that have them.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        return self.ema_generator(latents, training=False)

    def get_config(self) -> dict:
        """Configuration that `from_config` rebuilds the networks from."""
        serialize = keras.saving.serialize_keras_object
        return {
            "generator": serialize(self.generator),
            "critic": serialize(self.critic),
            "ema_generator": serialize(self.ema_generator),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict) -> "WGANGP":
        """Rebuilds the model (fresh weights) from `get_config`."""
        networks = {
            key: keras.saving.deserialize_keras_object(config[key])
            for key in ("generator", "critic", "ema_generator")
        }
        return cls(**networks, name=config["name"])


def _check(adversarial_loss: str, n_critic: int, ema_decay: float) -> None:
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
