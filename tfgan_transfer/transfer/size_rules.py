"""Rules for weights that depend on the size of latents and images."""

import numpy as np

from tfgan_transfer.transfer import maps
from tfgan_transfer.transfer.ends import Change, Weight

# ITU-R BT.601, by which images are made grey when they are read.
LUMA = (0.299, 0.587, 0.114)


def map_size(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """Another innermost map; see `maps` for what stays the same."""
    if weight.name not in ("kernel", "bias"):
        return None
    if weight.place.sees == "latent":
        axis, resize = array.ndim - 3, maps.resize
    elif weight.place.makes == "score" and array.ndim == 4:
        axis, resize = 0, maps.resize_readout
    else:
        return None
    old, new = array.shape[axis : axis + 2], own.shape[axis : axis + 2]
    if old == new:
        return None
    note = f"map {old[0]}x{old[1]} to {new[0]}x{new[1]}"
    return resize(array, axis, new), note


def latent_rows(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """A longer or shorter latent; rows of labels behind it are kept.

    New rows are zero, so the images are those of the source whatever the new
    numbers are; their gradients are not zero. When rows are cut off, those
    kept are scaled: with independent latents of mean 0 the variance that
    reaches a feature is a sum over rows, and rows are alike on average.
    """
    old, new = weight.source.latent_size, weight.target.latent_size
    labels = len(weight.source.code_labels)
    if not weight.meets_code or old == new or len(array) != old + labels:
        return None
    if new > old:
        more = np.zeros((new - old, *array.shape[1:]), np.float32)
        rows, note = np.concatenate([array[:old], more]), "new rows zero"
    else:
        rows = array[:new] * np.float32(np.sqrt(old / new))
        note = f"scaled by {np.sqrt(old / new):.3g}"
    note = f"latent {old} to {new}, {note}"
    return np.concatenate([rows, array[old:]]), note


def drawn_channels(
    array: np.ndarray, own: np.ndarray, weight: Weight
) -> Change:
    """Grey is the luma of the colours, before the tanh; colours repeat it."""
    old, new = weight.source.image_shape[2], weight.target.image_shape[2]
    if weight.place.makes != "image" or weight.name not in ("kernel", "bias"):
        return None
    transposed = weight.place.transposed and weight.name == "kernel"
    axis = -2 if transposed else -1
    if {old, new} != {1, 3} or array.shape[axis] != old:
        return None
    if new == 1:
        grey = np.average(array, axis=axis, weights=LUMA, keepdims=True)
        return grey.astype(np.float32), "luma of 3 channels"
    return np.repeat(array, 3, axis=axis), "repeated for 3 channels"


def seen_channels(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """Grey images are seen as the source sees them.

    Exactly so unless the layer is spectrally normalised, which divides the
    new kernel by another number than the old one.
    """
    old, new = weight.source.image_shape[2], weight.target.image_shape[2]
    if (weight.place.sees, weight.name) != ("image", "kernel"):
        return None
    if {old, new} != {1, 3} or array.shape[-2] != old:
        return None
    if new == 1:
        return array.sum(axis=-2, keepdims=True), "sum of 3 channels"
    third = np.repeat(array, 3, axis=-2) / np.float32(3)
    return third, "a third for each of 3 channels"
