"""AC-GAN: a generator told what to draw, a critic that also names it."""

import keras

from tfgan_transfer.gans import optimizers
from tfgan_transfer.gans.adversarial import AdversarialGAN
from tfgan_transfer.gans.class_game import ClassGame


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class ACGAN(AdversarialGAN):
    """Conditional GAN whose critic has a class head beside its score.

    Odena et al. 2017 (arXiv 1610.09585), section 3. With the non-saturating
    loss this is the paper's model, with the Wasserstein loss and the gradient
    penalty the tagged WGAN-GP. The penalty is taken on the score alone.

    Generated images are given the labels of the real images of the same
    slot, so that they follow p(c) of the data without another random stream.
    An image without a label (a row of zeros) has no class loss: the paper's
    semi-supervised use.

    Args: those of `AdversarialGAN`; the generator takes labels [B, L] beside
        the latents, the critic gives class logits [B, L] beside the score.

    Example:
        >>> import tfgan_transfer as tt
        >>> dcgan, shape = tt.networks.dcgan, (8, 8, 1)
        >>> generator = dcgan.generator(
        ...     shape, 4, width=2, num_labels=10, conditioning="concat"
        ... )
        >>> gan = tt.ACGAN(generator, dcgan.critic(shape, 2, num_labels=10))
        >>> gan.compile(adversarial_loss="non_saturating", n_critic=1)
        >>> gan.generate(2, labels=["3", "7"]).shape
        (2, 8, 8, 1)
    """

    family = "acgan"

    def compile(
        self,
        generator_optimizer: optimizers.Given = None,
        critic_optimizer: optimizers.Given = None,
        **game: object,
    ) -> None:
        """Sets the game to play, under the strategy the model was made under.

        Args:
            generator_optimizer: That of the generator, as for `AdversarialGAN`.
            critic_optimizer: The same of the critic.
            **game: Arguments of `ClassGame` and of `AdversarialGAN.compile`.

        Raises:
            ValueError: If a name is unknown or a number is out of range.
        """
        classes, rest = ClassGame.split(game)
        super().compile(
            generator_optimizer, critic_optimizer, class_game=classes, **rest
        )
