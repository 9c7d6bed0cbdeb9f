"""Why a weight may lack a counterpart: the reasons, as a table."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from tfgan_transfer.transfer import structure
from tfgan_transfer.transfer.ends import Ends
from tfgan_transfer.transfer.label_rules import CLASS_HEAD, EMBEDDING
from tfgan_transfer.transfer.structure import Place, layer_of

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Pair:
    """Both ends of a transfer with all their weights.

    Attributes:
        arrays: The source's weights by path.
        own: The target's.
        source: Ends of the source.
        target: Ends of the target.
    """

    arrays: Arrays
    own: Arrays
    source: Ends
    target: Ends

    @property
    def resized(self) -> bool:
        """Whether the images have another size."""
        return self.source.image_shape[:2] != self.target.image_shape[:2]

    @property
    def depths(self) -> tuple[int, int]:
        """Numbers of the deepest blocks of source and target."""
        return structure.depth(self.arrays), structure.depth(self.own)


def _extra_block(path: str, others: Arrays, pair: Pair) -> bool:
    depth = structure.depth(others)
    return pair.resized and 0 < depth < structure.block(path)


def _grown(path: str, others: Arrays, pair: Pair) -> bool:
    size = structure.grown(path)
    return bool(size) and size not in map(structure.grown, others)


def _grown_correction(path: str, others: Arrays, pair: Pair) -> bool:
    correction = layer_of(path).endswith("_correction")
    return correction and _grown(path, others, pair)


def _class_head(path: str, others: Arrays, pair: Pair) -> bool:
    shared = {*pair.source.vocabulary} & {*pair.target.vocabulary}
    absent = CLASS_HEAD not in map(layer_of, others)
    return layer_of(path) == CLASS_HEAD and (absent or not shared)


def _right_vector(path: str, others: Arrays, pair: Pair) -> bool:
    return path.endswith("/u") and path not in others


def _embedding(path: str, others: Arrays, pair: Pair) -> bool:
    return path == EMBEDDING and path not in others and path in pair.arrays


# The test of a path against the weights of the other end; the reason if it is
# the target's and fresh; the reason if it is the source's and dropped.
EXCUSES: tuple[tuple[Callable[[str, Arrays, Pair], bool], str, str], ...] = (
    (_grown_correction, "grown, zero at first", "not grown"),
    (_grown, "grown", "not grown"),
    (_extra_block, "grown block", "smaller image"),
    (_class_head, "class head", "class head"),
    (_right_vector, "power iteration", "no spectral norm"),
    (_embedding, "label embedding", "mean kept in the latent's kernel"),
)
MEETS = ("meets a grown block", "met a dropped block")


def of_fresh(path: str, pair: Pair) -> str:
    """Why a target weight takes nothing from the source; empty if it must."""
    for holds, fresh, _ in EXCUSES:
        if holds(path, pair.arrays, pair):
            return fresh
    return ""


def of_dropped(path: str, pair: Pair) -> str:
    """Why a source weight is in no target weight; empty if it must be."""
    for holds, _, dropped in EXCUSES:
        if holds(path, pair.own, pair):
            return dropped
    return ""


def of_innermost(place: Place, pair: Pair) -> str:
    """Why a layer may have other channels; empty if it may not.

    The layers at the end away from the pixels meet other channels when a block
    between them and the pixels comes or goes.
    """
    before, after = pair.depths
    innermost = place.sees == "latent" or place.makes == "score"
    if pair.resized and innermost and 0 < before != after > 0:
        return MEETS[after < before]
    return ""
