"""Start a GAN from another GAN: transfer learning for few images."""

__version__ = "0.1.0"
