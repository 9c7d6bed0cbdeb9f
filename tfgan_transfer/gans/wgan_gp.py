"""WGAN-GP and its relatives: a generator and a critic that scores."""

import keras

from tfgan_transfer.gans.adversarial import AdversarialGAN


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class WGANGP(AdversarialGAN):
    """Unconditional GAN, with the Wasserstein loss that of the paper.

    Gulrajani et al. 2017 (arXiv 1704.00028). A class head of the critic, if
    it has one, stays unused.

    Args: those of `AdversarialGAN`.
    """

    family = "wgan_gp"
