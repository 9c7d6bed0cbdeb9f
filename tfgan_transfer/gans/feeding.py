"""What `fit` is given, and numbers that `compile` is given: judged early.

Within the compiled step the same mistakes end in a page of TensorFlow's.
"""

import math
import numbers
from collections.abc import Mapping

import keras

from tfgan_transfer.errors import UserError, shown

_MAKE = "make batches by the photos' own batches(gan)"


def check_numbers(**weights: object) -> None:
    """Refuses weights of a game that are no numbers, or negative.

    Args:
        **weights: By the names of arguments of `compile`.

    Raises:
        ValueError: If one is out of range.
    """
    for name, value in weights.items():
        real = isinstance(value, numbers.Real) and math.isfinite(value)
        if not real or value < 0:
            raise UserError(
                f"--{name}: expected a number of at least 0, received "
                f"{shown(value)}"
            )


def check_batches(model: keras.Model, batches: object) -> None:
    """Refuses what is no stream of batches, or one made for another model.

    Args:
        model: A compiled model.
        batches: What `fit` was given. What does not tell of what its elements
            are is believed.

    Raises:
        UserError: If a step of the model could not take it.
    """
    can_be_read = hasattr(batches, "__iter__") or hasattr(
        batches, "__getitem__"
    )
    one_array = hasattr(batches, "dtype") or isinstance(batches, str | list)
    if one_array or not can_be_read:
        raise UserError(
            "--x: expected batches of all that a step takes, received "
            f"{shown(batches)}; {_MAKE}"
        )
    found = getattr(batches, "element_spec", None)
    if not isinstance(found, Mapping):
        return
    for name, wanted in _taken(model).items():
        shape = getattr(found.get(name), "shape", None)
        if name not in found or (shape and tuple(shape[1:]) != wanted):
            here = "none" if name not in found else str(tuple(shape[1:]))
            raise UserError(
                f"--x: expected {name} of shape {wanted} for each example, "
                f"received {here}; these batches were made for another model "
                f"or before its compile: {_MAKE}"
            )


def _taken(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Name in a batch -> its shape without that of the batch."""
    drawing = model.networks[model.parts[0]]
    image = (model.n_critic, *drawing.output_shape[1:])
    if hasattr(model, "translate"):
        return {"image_a": image, "image_b": image}
    latent = drawing.inputs[0].shape[-1]
    return {"image": image, "latent": (model.n_critic + 1, latent)}
