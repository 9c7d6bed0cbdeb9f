"""WGAN-GP and its relatives: one generator, one critic, one train step."""

import keras
import tensorflow as tf

from tfgan_transfer.gans import (
    adversarial,
    penalties,
    score_gradients,
    step,
)


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
    draw = adversarial.draw
    score = adversarial.score
    augment = adversarial.augment
    penalty = penalties.penalty
    critic_update = penalties.critic_update
    train_step = adversarial.train_step
    critic_gradients = score_gradients.critic_gradients
    generator_gradients = score_gradients.generator_gradients
    update_spectral_norm = adversarial.update_spectral_norm
    get_config = adversarial.get_config
    from_config = classmethod(adversarial.from_config)
    _maybe_symbolic_build = step.no_symbolic_build

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
