"""Optimizers as Keras takes them: by name, by configuration, as objects."""

import keras

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
        ValueError: If Keras has no optimizer of this name.
    """
    first = default if generator is None else keras.optimizers.get(generator)
    second = first if critic is None else keras.optimizers.get(critic)
    return first, copy_of(first) if second is first else second


def copy_of(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """A new optimizer with the same settings."""
    return type(optimizer).from_config(optimizer.get_config())
