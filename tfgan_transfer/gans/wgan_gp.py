"""WGAN-GP and its relatives: one generator, one critic, one train step."""

import keras
import tensorflow as tf

from tfgan_transfer.gans import adversarial, step


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
        adversarial.set_networks(self, generator, critic, ema_generator)

    compile = adversarial.set_game
    state = property(adversarial.state)
    score = adversarial.score
    augment = adversarial.augment
    penalty = adversarial.penalty
    train_step = adversarial.train_step
    update_spectral_norm = adversarial.update_spectral_norm
    get_config = adversarial.get_config
    from_config = classmethod(adversarial.from_config)
    _maybe_symbolic_build = step.no_symbolic_build

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
        return gradients, adversarial.generator_log(
            self, loss, extra, gradients
        )

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
