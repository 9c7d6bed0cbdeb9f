"""The classes of models; after this import Keras loads saved ones."""

from tfgan_transfer.gans import ACGAN, WGANGP, CycleGAN, StackGAN

# Layers and optimizers of saved models are registered by being imported.
from tfgan_transfer.trained import saved as _saved  # noqa: F401
from tfgan_transfer.training import optimizers as _optimizers  # noqa: F401

__all__ = ["ACGAN", "WGANGP", "CycleGAN", "StackGAN"]
