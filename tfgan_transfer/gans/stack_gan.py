"""The second stage of a stacked GAN: stage 1 is frozen in its generator."""

import keras
import tensorflow as tf

from tfgan_transfer.gans import (
    adversarial,
    class_gradients,
    penalties,
    score_gradients,
    step,
)


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class StackGAN(keras.Model):
    """GAN whose generator ends in a stage that is trained on a frozen one.

    After Zhang et al. 2017 (arXiv 1612.03242), trained stage by stage: the
    critic is stage 2's own and judges large images; the gradient ends where
    stage 1 begins. It plays AC-GAN's game if its critic has a class head and
    WGAN-GP's if not.

    Args:
        generator: Maps latents [B, Z], and labels [B, L] if stage 1 takes
            them, to images [B, H, W, C] in [-1, 1]; stage 1's weights in it
            are not trainable.
        critic: Maps images to float32 scores [B], or (scores, class logits).
        ema_generator: Network of the generator's architecture; made from the
            generator, weights included, when absent.
        name: Keras name of the model.

    Raises:
        ValueError: If nothing in the generator is frozen, or all of it.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        ema_generator: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        trained = len(generator.trainable_variables)
        if not 0 < trained or all(
            layer.trainable for layer in generator.layers
        ):
            raise ValueError(
                "The generator must have a frozen stage 1 and a stage 2 to "
                f"train. Received: {trained} trainable weights of "
                f"{len(generator.variables)}"
            )
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
            generator_optimizer: Optimizer of stage 2, built here.
            critic_optimizer: Optimizer of the critic, built here.
            class_loss: See `class_gradients.set_class_game`, as for all here;
                they concern a critic with a class head.
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
    update_spectral_norm = adversarial.update_spectral_norm
    get_config = adversarial.get_config
    from_config = classmethod(adversarial.from_config)
    _maybe_symbolic_build = step.no_symbolic_build

    @property
    def _game(self):
        names_classes = len(self.critic.outputs) == 2
        return class_gradients if names_classes else score_gradients

    def critic_gradients(
        self, slot: step.Batch, penalised: bool = True
    ) -> tuple[list, dict]:
        """Gradients of one critic iteration, and what to log of it."""
        return self._game.critic_gradients(self, slot, penalised)

    def generator_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one step of stage 2, and what to log of it."""
        return self._game.generator_gradients(self, slot)

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Large images of the averaged generator, independent of the batch.

        Args:
            latents: Float32 [B, Z], drawn from stage 1's training prior.
            labels: Float32 [B, L] for a generator that takes them.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        inputs = latents if labels is None else [latents, labels]
        return self.ema_generator(inputs, training=False)
