"""Questions with one answer each that the labels of a data set hold."""

import dataclasses
from collections.abc import Sequence

import numpy as np

# Share of images with exactly one tag of a group; others are left out of it.
_ENOUGH = 0.9


@dataclasses.dataclass(frozen=True)
class LabelGroup:
    """Labels of which an image has one: all classes, or all hair colours.

    Attributes:
        name: The word that its tags end in, or `""` for classes.
        columns: Columns of the labels.
    """

    name: str
    columns: tuple[int, ...]

    def answers(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which rows have exactly one label of the group, and which one.

        Args:
            labels: [N, L], 0 or 1.

        Returns:
            Bool [N], and int [N]: a position in `columns`, meaningless where
            the first is False.
        """
        own = labels[:, list(self.columns)]
        return own.sum(axis=1) == 1, own.argmax(axis=1)


def label_groups(
    vocabulary: Sequence[str], labels: np.ndarray
) -> list[LabelGroup]:
    """Finds what can be asked of an image: its class, or a colour of each kind.

    Tags that end in the same word, such as `green_hair` and `pink_hair`, make
    a group if nearly all images have exactly one of them.

    Args:
        vocabulary: Names of the L columns.
        labels: [N, L], 0 or 1, of real images.

    Returns:
        The groups; empty if the tags hold no such question.
    """
    everything = LabelGroup("", tuple(range(len(vocabulary))))
    if everything.answers(labels)[0].all():
        return [everything]
    columns: dict[str, list[int]] = {}
    for column, tag in enumerate(vocabulary):
        word = tag.replace("_", " ").replace("-", " ").split()[-1]
        columns.setdefault(word, []).append(column)
    groups = [LabelGroup(word, tuple(own)) for word, own in columns.items()]
    return [
        group
        for group in groups
        if len(group.columns) > 1 and group.answers(labels)[0].mean() >= _ENOUGH
    ]
