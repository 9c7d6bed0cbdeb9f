"""GANs as `keras.Model` subclasses with a custom `train_step`."""

from tfgan_transfer.gans.acgan import ACGAN
from tfgan_transfer.gans.cyclegan import CycleGAN
from tfgan_transfer.gans.stack_gan import StackGAN
from tfgan_transfer.gans.wgan_gp import WGANGP

__all__ = ["ACGAN", "CycleGAN", "WGANGP", "StackGAN"]
