"""Rules for weights that have a row, a column or a table row per label."""

import numpy as np

from tfgan_transfer.transfer import maps
from tfgan_transfer.transfer.ends import Change, Labels, Weight

CLASS_HEAD = "class_logits"
EMBEDDING = "label_embedding/embedding"


def mean_label_into_bias(
    array: np.ndarray, own: np.ndarray, weight: Weight
) -> Change:
    """A generator that no longer hears of labels draws the average one."""
    had = weight.source.code_labels
    latent = weight.source.latent_size
    if (
        (weight.place.sees, weight.name) != ("latent", "bias")
        or not had
        or weight.target.code_labels
        or weight.kernel is None
    ):
        return None
    kernel = maps.unfold(weight.kernel, "kernel", weight.place, weight.base)
    if kernel is None or len(kernel) != latent + len(had):
        return None
    mean = kernel[latent:].mean(axis=0) * weight.source.labels_per_image
    if array.shape[:2] == (1, 1):
        # The bias of a transposed convolution is the same all over the map.
        mean = mean.mean(axis=(0, 1), keepdims=True)
    if mean.shape != array.shape:
        return None
    return array + mean, f"mean of {len(had)} label rows added"


def label_rows(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """Labels joined to the latent: by name, the others at random.

    From an unconditional source only what meets the label is random, as in
    Transferring GANs (Wang et al. 2018, arXiv:1805.01677). A source that had
    labels has never drawn without one, so the mean of its rows is added to the
    random ones: without it the features would lose a common offset.
    """
    had, wanted = weight.source.code_labels, weight.target.code_labels
    latent = weight.target.latent_size
    if (
        not weight.meets_code
        or had == wanted
        or len(array) != latent + len(had)
    ):
        return None
    if not wanted:
        return array[:latent], f"{len(had)} label rows moved to the bias"
    fresh, rows = own[latent:], array[latent:]
    if array.shape[1:] != own.shape[1:] or len(fresh) != len(wanted):
        return None
    note = f"{len(wanted)} label rows random"
    if had:
        note = _by_name_note(had, wanted, "their mean and random")
        fresh = fresh + rows.mean(axis=0)
    rows = _by_name(rows, had, wanted, fresh)
    return np.concatenate([array[:latent], rows]), note


def mean_embedding_into_kernel(
    array: np.ndarray, own: np.ndarray, weight: Weight
) -> Change:
    """A latent no longer multiplied by labels is multiplied by their mean."""
    had, latent = weight.source.embedded_labels, weight.source.latent_size
    if (
        not weight.meets_code
        or not had
        or weight.target.embedded_labels
        or weight.embedding is None
        or weight.embedding.shape != (len(had), latent)
        or len(array) != latent
    ):
        return None
    factors = 1 + weight.embedding.mean(axis=0)
    scaled = array * factors.reshape(-1, *[1] * (array.ndim - 1))
    return scaled, f"times the mean of {len(had)} embeddings"


def embedding_rows(
    array: np.ndarray, own: np.ndarray, weight: Weight
) -> Change:
    """Embeddings by name, the others the mean one; a new number has none.

    A row of zeros multiplies by 1, and so does a column for a number of the
    latent that the source did not have.
    """
    had, wanted = weight.source.vocabulary, weight.target.vocabulary
    if f"{weight.layer}/{weight.name}" != EMBEDDING or (
        array.shape == own.shape and had == wanted
    ):
        return None
    kept = array[:, : own.shape[1]]
    more = own.shape[1] - kept.shape[1]
    kept = np.pad(kept, ((0, 0), (0, more)))
    if had == wanted:
        return kept, f"latent {array.shape[1]} to {own.shape[1]}"
    means = np.tile(kept.mean(axis=0), (len(wanted), 1))
    note = _by_name_note(had, wanted, "their mean")
    return _by_name(kept, had, wanted, means), note


def new_embedding(path: str, own: np.ndarray) -> Change:
    """The embedding of a source without one: every label draws as it did."""
    if path != EMBEDDING:
        return None
    return np.zeros_like(own), f"zero for {len(own)} labels"


def norm_tables(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """Scales and offsets per label: by name, the others the mean label's.

    The unconditional norm counts as one label, so every label of the target
    draws exactly what an unconditional source draws.
    """
    if weight.name not in ("gamma", "beta") or array.ndim > 2 or own.ndim > 2:
        return None
    had, wanted = weight.source.table_labels, weight.target.table_labels
    if array.ndim == 2 and len(array) != len(had):
        return None
    if (array.ndim, own.ndim) == (1, 2):
        note = f"tile over {len(wanted)} labels"
        return np.tile(array, (len(wanted), 1)), note
    if (array.ndim, own.ndim) == (2, 1):
        return array.mean(axis=0), f"mean of {len(had)} labels"
    if array.ndim == 1 or had == wanted:
        return None
    means = np.tile(array.mean(axis=0), (len(wanted), 1))
    note = _by_name_note(had, wanted, "their mean")
    return _by_name(array, had, wanted, means), note


def class_columns(array: np.ndarray, own: np.ndarray, weight: Weight) -> Change:
    """The critic's classes by name, the others at random."""
    had, wanted = weight.source.vocabulary, weight.target.vocabulary
    if (
        weight.layer != CLASS_HEAD
        or had == wanted
        or array.shape[:-1] != own.shape[:-1]
        or (array.shape[-1], own.shape[-1]) != (len(had), len(wanted))
    ):
        return None
    columns = _by_name(array.T, had, wanted, own.T).T
    return columns, _by_name_note(had, wanted, "random")


def _by_name_note(had: Labels, wanted: Labels, others: str) -> str:
    shared = len({*had} & {*wanted})
    note = f"{shared} of {len(wanted)} labels by name"
    return note if shared == len(wanted) else f"{note}, others {others}"


def _by_name(rows, had: Labels, wanted: Labels, others) -> np.ndarray:
    """Rows of equal names, and the rows of `others` for new names."""
    return np.stack(
        [
            rows[had.index(name)] if name in had else others[i]
            for i, name in enumerate(wanted)
        ]
    )
