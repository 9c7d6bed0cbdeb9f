"""A stacked GAN: a generator that ends in a stage of its own."""

import keras

from tfgan_transfer.gans import optimizers
from tfgan_transfer.gans.adversarial import AdversarialGAN
from tfgan_transfer.gans.class_game import ClassGame


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class StackGAN(AdversarialGAN):
    """GAN whose generator ends in a stage that is trained on a frozen one.

    After Zhang et al. 2017 (arXiv 1612.03242), trained stage by stage: the
    critic is stage 2's own and judges large images; the gradient ends where
    stage 1 begins. It plays AC-GAN's game if its critic has a class head and
    WGAN-GP's if not.

    Args: those of `AdversarialGAN`; stage 1's weights in the generator are
        not trainable.

    Raises:
        ValueError: If nothing in the generator is frozen, or all of it.

    Example:
        >>> import tfgan_transfer as tt
        >>> photos = tt.load_images("shapes", size=48, limit=10)
        >>> gan = tt.adapt(
        ...     "zoo:faces_32", photos, model="stack_gan", stage2_width=2
        ... )
        >>> type(gan).__name__, gan.generate(1).shape
        ('StackGAN', (1, 48, 48, 3))
    """

    family = "stack_gan"

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        ema_generator: keras.Model | None = None,
        name: str | None = None,
    ):
        trained = len(generator.trainable_variables)
        if not 0 < trained or all(
            layer.trainable for layer in generator.layers
        ):
            raise ValueError(
                "The generator must have a frozen stage 1 and a stage 2 to "
                f"train. Received: {trained} trainable weights of "
                f"{len(generator.variables)}"
            )
        super().__init__(generator, critic, ema_generator, name)

    def compile(
        self,
        generator_optimizer: optimizers.Given = None,
        critic_optimizer: optimizers.Given = None,
        **game: object,
    ) -> None:
        """Sets the game to play, under the strategy the model was made under.

        Args:
            generator_optimizer: That of stage 2, as for `AdversarialGAN`.
            critic_optimizer: The same of the critic.
            **game: Arguments of `ClassGame`, for a critic with a class head,
                and of `AdversarialGAN.compile`.

        Raises:
            ValueError: If a name is unknown or a number is out of range.
        """
        classes, rest = ClassGame.split(game)
        named = classes if len(self.critic.outputs) == 2 else None
        super().compile(
            generator_optimizer, critic_optimizer, class_game=named, **rest
        )
