"""WGAN-GP and its relatives: a generator and a critic that scores."""

import keras

from tfgan_transfer.gans.adversarial import AdversarialGAN


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class WGANGP(AdversarialGAN):
    """Unconditional GAN, with the Wasserstein loss that of the paper.

    Gulrajani et al. 2017 (arXiv 1704.00028). A class head of the critic, if
    it has one, stays unused.

    Args: those of `AdversarialGAN`.

    Example:
        >>> import tfgan_transfer as tt
        >>> generator = tt.networks.dcgan.generator((8, 8, 1), 4, width=2)
        >>> critic = tt.networks.dcgan.critic((8, 8, 1), width=2)
        >>> gan = tt.WGANGP(generator, critic)
        >>> gan.compile("adam", n_critic=2)
        >>> digits = tt.load_images("digits", size=8, channels=1)
        >>> batches = digits.batches(gan, batch_size=4)
        >>> history = gan.fit(batches, steps_per_epoch=1, verbose=0).history
        >>> "wasserstein" in history, gan.generate(3).shape
        (True, (3, 8, 8, 1))
    """

    family = "wgan_gp"
