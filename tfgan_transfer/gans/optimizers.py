"""Optimizers as Keras takes them: by name, by configuration, as objects."""

import keras

from tfgan_transfer.errors import UserError, shown

Given = str | dict | keras.optimizers.Optimizer | None


def pair(
    generator: Given, critic: Given, default: keras.optimizers.Optimizer
) -> tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer]:
    """The optimizers of the two sides, neither of them the other.

    Args:
        generator: The generator's, or None for the default.
        critic: The critic's, or None for one like the generator's.
        default: What is taken if nothing is given.

    Raises:
        UserError: If Keras has no optimizer of this name.
    """
    first = default if generator is None else _made(generator)
    second = first if critic is None else _made(critic)
    return first, copy_of(first) if second is first else second


def _made(given: Given) -> keras.optimizers.Optimizer:
    try:
        return keras.optimizers.get(given)
    except ValueError as error:
        raise UserError(
            "--optimizers: expected names such as 'adam', or optimizers of "
            f"Keras, received {shown(given)}"
        ) from error


def adam(rate: float, beta_1: float) -> keras.optimizers.Optimizer:
    """Adam as papers on GANs use it: (1e-4, 0) for WGAN-GP, with beta 2 0.9
    (Gulrajani et al. 2017, algorithm 1), (2e-4, 0.5) for CycleGAN (Zhu et al.
    2017, section 4).
    """
    beta_2 = 0.999 if beta_1 else 0.9
    return keras.optimizers.Adam(rate, beta_1, beta_2, epsilon=1e-8)


def copy_of(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """A new optimizer with the same settings."""
    return type(optimizer).from_config(optimizer.get_config())
