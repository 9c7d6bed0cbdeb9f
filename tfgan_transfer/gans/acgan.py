"""AC-GAN: a generator told what to draw, a critic that also names it."""

import keras
import tensorflow as tf

from tfgan_transfer.gans import (
    adversarial,
    class_gradients,
    penalties,
    step,
)


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class ACGAN(keras.Model):
    """Conditional GAN whose critic has a class head beside its score.

    Odena et al. 2017 (arXiv 1610.09585), section 3. With the non-saturating
    loss this is the paper's model, with the Wasserstein loss and the gradient
    penalty the tagged WGAN-GP. The penalty is taken on the score alone.

    Generated images are given the labels of the real images of the same
    slot, so that they follow p(c) of the data without another random stream.
    An image without a label (a row of zeros) has no class loss: the paper's
    semi-supervised use.

    Args:
        generator: Maps (latents [B, Z], labels [B, L]) to images
            [B, H, W, C] in [-1, 1].
        critic: Maps images to float32 (scores [B], class logits [B, L]).
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

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        critic_optimizer: keras.optimizers.Optimizer,
        *,
        class_loss: str = "softmax",
        class_reduction: str = "mean",
        class_weight_critic: float = 1.0,
        class_weight_generator: float = 1.0,
        class_on_fake: bool = True,
        label_smoothing: float = 0.0,
        **game,
    ) -> None:
        """Sets the game to play; must be called inside the strategy's scope.

        Args:
            generator_optimizer: Optimizer of the generator, built here.
            critic_optimizer: Optimizer of the critic, built here.
            class_loss: See `class_gradients.set_class_game`, as for all here.
            class_reduction: Over tags.
            class_weight_critic: Weight of the critic's class loss.
            class_weight_generator: Weight of the generator's.
            class_on_fake: Whether the critic learns the class of fakes too.
            label_smoothing: Of the critic's targets on real images.
            **game: Those of `adversarial.set_game`.

        Raises:
            ValueError: If a name is unknown or a number is out of range.
        """
        class_gradients.set_class_game(
            self,
            class_loss=class_loss,
            class_reduction=class_reduction,
            class_weight_critic=class_weight_critic,
            class_weight_generator=class_weight_generator,
            class_on_fake=class_on_fake,
            label_smoothing=label_smoothing,
        )
        adversarial.set_game(
            self, generator_optimizer, critic_optimizer, **game
        )

    state = property(adversarial.state)
    draw = adversarial.draw
    score = adversarial.score
    augment = adversarial.augment
    penalty = penalties.penalty
    critic_update = penalties.critic_update
    train_step = adversarial.train_step
    critic_gradients = class_gradients.critic_gradients
    generator_gradients = class_gradients.generator_gradients
    update_spectral_norm = adversarial.update_spectral_norm
    get_config = adversarial.get_config
    from_config = classmethod(adversarial.from_config)
    _maybe_symbolic_build = step.no_symbolic_build

    def sample(self, latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Images of the averaged generator, independent of the batch.

        Args:
            latents: Float32 [B, Z], drawn from the training prior.
            labels: Float32 [B, L], one-hot or multi-hot.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        return self.ema_generator([latents, labels], training=False)
