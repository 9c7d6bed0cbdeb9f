"""What both ends of a transfer say about their weights' axes."""

import dataclasses

import numpy as np

from tfgan_transfer.transfer.structure import Place

Labels = tuple[str, ...]
Change = tuple[np.ndarray, str] | None


@dataclasses.dataclass(frozen=True)
class Ends:
    """What a model takes and gives: the meaning of its outermost axes.

    Attributes:
        image_shape: `(height, width, channels)`, of a network that has grown
            at the pixel end those before.
        latent_size: Z.
        vocabulary: Names of the labels in the order of their columns.
        conditioning: How the label enters the generator: `"none"`,
            `"concat"`, `"batch_norm"` or `"embedding"`.
        labels_per_image: Mean number of labels that hold at a time: 1 for
            classes, more for tags.
    """

    image_shape: tuple[int, int, int]
    latent_size: int
    vocabulary: Labels = ()
    conditioning: str = "none"
    labels_per_image: float = 1.0

    @property
    def code_labels(self) -> Labels:
        """The labels that are joined to the latent."""
        return self.vocabulary if self.conditioning == "concat" else ()

    @property
    def table_labels(self) -> Labels:
        """The labels that have rows in the generator's norms."""
        return self.vocabulary if self.conditioning == "batch_norm" else ()

    @property
    def embedded_labels(self) -> Labels:
        """The labels that have a row in the generator's embedding."""
        return self.vocabulary if self.conditioning == "embedding" else ()


@dataclasses.dataclass(frozen=True)
class Weight:
    """What is known of a target weight that has a source.

    Attributes:
        layer: Name of its layer.
        name: Its name in the layer, e.g. `"kernel"`.
        place: Where the layer stands in the target.
        base: `(height, width)` of the map that the source's layer flattens,
            `(1, 1)` if it flattens none.
        source: Ends of the source.
        target: Ends of the target.
        kernel: The source's kernel of the same layer, if it has one.
        embedding: The source's embedding of its labels, if it has one.
    """

    layer: str
    name: str
    place: Place
    base: tuple[int, int]
    source: Ends
    target: Ends
    kernel: np.ndarray | None = None
    embedding: np.ndarray | None = None

    @property
    def meets_code(self) -> bool:
        """Whether it has a row per number of the latent and joined label."""
        return (self.place.sees, self.name) == ("latent", "kernel")
