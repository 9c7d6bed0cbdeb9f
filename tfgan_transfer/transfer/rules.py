"""How one weight is adapted to another shape or vocabulary, as a table.

A rule takes the source's values, the target's own and what is known of both
ends, and returns the new values with a note, or None where it has nothing to
do. It decides by what the axes mean, not by their lengths: a weight of the
right shape but for other labels is not copied. The rules follow one another,
so a longer latent, new labels and a larger map may meet in one weight.
"""

from collections.abc import Callable

import numpy as np

from tfgan_transfer.transfer import label_rules, maps, size_rules
from tfgan_transfer.transfer.ends import Change, Weight

# In this order: the first looks at the source's map, and the rows and columns
# that are taken from the target belong to the target's.
RULES: tuple[Callable[[np.ndarray, np.ndarray, Weight], Change], ...] = (
    label_rules.mean_label_into_bias,
    label_rules.mean_embedding_into_kernel,
    label_rules.embedding_rows,
    size_rules.map_size,
    size_rules.latent_rows,
    label_rules.label_rows,
    label_rules.norm_tables,
    label_rules.class_columns,
    size_rules.drawn_channels,
    size_rules.seen_channels,
)


def adapt(
    weight: Weight, array: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, list[str]] | None:
    """Applies all rules to one weight.

    Args:
        weight: What is known of it.
        array: The source's values, float32.
        own: The target's own values, whose shape is wanted.

    Returns:
        The new values, and a note per rule that had something to do; or None
        if the rules do not lead to the target's shape.
    """
    if array.ndim != own.ndim and weight.name not in ("gamma", "beta"):
        return None
    new = maps.unfold(array, weight.name, weight.place, weight.base)
    mine = maps.unfold(own, weight.name, weight.place, weight.place.base)
    if new is None or mine is None:
        return None
    notes = []
    for rule in RULES:
        change = rule(new, mine, weight)
        if change is not None:
            new, note = change
            notes.append(note)
    if new.shape != mine.shape:
        return None
    return maps.fold(new, weight.name, weight.place, own.shape), notes
