"""The classes of models; after this import Keras loads saved ones."""

from typing import TYPE_CHECKING, Any

from tfgan_transfer.gans import ACGAN, WGANGP, CycleGAN, StackGAN
from tfgan_transfer.gans.model import GAN

# Layers and optimizers of saved models are registered by being imported.
from tfgan_transfer.trained import saved as _saved  # noqa: F401
from tfgan_transfer.training import optimizers as _optimizers  # noqa: F401

__all__ = ["ACGAN", "GAN", "WGANGP", "CycleGAN", "StackGAN"]

if TYPE_CHECKING:
    import keras

    class AnyGAN(GAN, keras.Model):
        """One of these classes, for type checkers and editors."""

        def compile(self, *optimizers: Any, **game: Any) -> None:
            """Sets the game; which arguments it has, each class says."""
