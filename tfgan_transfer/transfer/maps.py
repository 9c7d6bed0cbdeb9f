"""Weights with the axes of the innermost map spelled out, and its resizing."""

import numpy as np

from tfgan_transfer.transfer.structure import Place

Base = tuple[int, int]


def unfold(
    array: np.ndarray, name: str, place: Place, base: Base
) -> np.ndarray | None:
    """Gives the layers at the latent end of a network axes that have a name.

    Args:
        array: A kernel or bias as Keras holds it; anything else is returned
            as it is.
        name: `"kernel"`, `"bias"`, ...
        place: The layer's place.
        base: `(height, width)` of the map that a dense layer flattens.

    Returns:
        Where the latent enters, a kernel `[code, height, width, channels]` and
        a bias `[height, width, channels]`; at a head, a kernel `[height,
        width, channels, outputs]`. Dimensions that do not vary are 1. None if
        no map of that base can be in it.
    """
    if place.sees == "latent" and name == "kernel":
        if place.transposed:
            return np.moveaxis(array, -1, 0)
        return _split(array, 1, base)
    if place.sees == "latent" and name == "bias":
        return _split(array, 0, (1, 1) if place.transposed else base)
    if place.makes == "score" and name == "kernel" and array.ndim == 2:
        return _split(array, 0, base)
    return array


def fold(
    array: np.ndarray, name: str, place: Place, shape: tuple[int, ...]
) -> np.ndarray:
    """Undoes `unfold`; `shape` is the one that Keras expects."""
    if place.sees == "latent" and name == "kernel" and place.transposed:
        array = np.moveaxis(array, 0, -1)
    return np.ascontiguousarray(array.reshape(shape), np.float32)


def _split(array: np.ndarray, axis: int, base: Base) -> np.ndarray | None:
    if array.shape[axis] % (base[0] * base[1]):
        return None
    before, after = array.shape[:axis], array.shape[axis + 1 :]
    return array.reshape(*before, *base, -1, *after)


def resize(array: np.ndarray, axis: int, base: Base) -> np.ndarray:
    """Resizes the map at two neighbouring axes by averaging areas.

    Every new pixel is the mean of what it covers of the old map: whole
    multiples repeat pixels, whole fractions average them, and a constant map
    stays that constant.
    """
    old = array.shape[axis : axis + 2]
    return _apply(
        array, axis, [_areas(*n) for n in zip(old, base, strict=True)]
    )


def resize_readout(array: np.ndarray, axis: int, base: Base) -> np.ndarray:
    """Weights for reading maps of a new base as the old weights read theirs.

    The new map is resized to the old base and then read, which makes the new
    weights the transposed resizing of the old ones: their sum over the map,
    and with it the score of a constant map, is unchanged.
    """
    old = array.shape[axis : axis + 2]
    areas = [_areas(n, o).T for o, n in zip(old, base, strict=True)]
    return _apply(array, axis, areas)


def _apply(
    array: np.ndarray, axis: int, matrices: list[np.ndarray]
) -> np.ndarray:
    for offset, matrix in enumerate(matrices):
        moved = np.tensordot(matrix, array, (1, axis + offset))
        array = np.moveaxis(moved, 0, axis + offset)
    return array.astype(np.float32)


def _areas(old: int, new: int) -> np.ndarray:
    """Share of each old pixel in each new one, `[new, old]`."""
    # Integers, in units of 1 / (old * new) of the side: no rounding.
    pixel, cell = np.arange(old) * new, np.arange(new)[:, None] * old
    overlap = np.minimum(cell + old, pixel + new) - np.maximum(cell, pixel)
    return np.maximum(overlap, 0) / old
