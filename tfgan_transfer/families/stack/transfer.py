"""Stage 1, put in its place inside a stacked generator."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from tfgan_transfer.data import ImageSet
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import transfer
from tfgan_transfer.families.source import Source
from tfgan_transfer.transfer.report import Row


def move(
    source: Source,
    plan: Plan,
    train: ImageSet,
    generator: keras.Model,
    critic: keras.Model,
) -> dict[str, Sequence[Row]]:
    """Puts stage 1 in its place, and what else `transfer` asks for.

    Args: those of `single.transfer.move`.

    Returns:
        Network -> what became of each weight.

    Raises:
        UserError: If a weight is left that no rule explains.
    """
    rows = transfer.move(source, plan, train, generator, critic)
    arrays = source.arrays[transfer.GROUPS["generator"]]
    return {**rows, "generator": place(generator, arrays)}


def place(
    generator: keras.Model, arrays: Mapping[str, np.ndarray]
) -> list[Row]:
    """Gives stage 1 in a stacked generator its weights.

    Args:
        generator: New generator of both stages; assigned in place.
        arrays: Stage 1's weights by path.

    Returns:
        What was copied.

    Raises:
        ValueError: If the frozen layers have other weights; nothing has been
            assigned then.
    """
    frozen = {
        weight.path: weight
        for layer in generator.layers
        if not layer.trainable
        for weight in layer.variables
    }
    shapes = {path: tuple(weight.shape) for path, weight in frozen.items()}
    if shapes != {path: array.shape for path, array in arrays.items()}:
        raise ValueError(
            "Stage 1 has other weights than its checkpoint. Received: "
            f"{sorted(frozen.keys() ^ arrays.keys())} on one side only"
        )
    for path, weight in frozen.items():
        weight.assign(arrays[path])
    return [
        Row("generator", path, "copied", "", weight.value.shape.num_elements())
        for path, weight in frozen.items()
    ]
