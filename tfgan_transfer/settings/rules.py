"""What the settings of each family follow: one table."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tfgan_transfer.settings import pair, single, stack


class Rules(NamedTuple):
    """How the settings of a family are settled.

    Attributes:
        derive: (config, side, count, label mode) -> values of what was not
            given.
        check: Raises a `UserError` if a config contradicts itself.
        inherit: (settings that any run takes over, those of the source) ->
            what a run of the family takes over.
        overrides: Defaults that are others than in the table.
        learns_labels: Whether it learns the labels of its images. A second
            stage does not: it takes over what its first stage has learnt.
        translates: Whether its networks translate images.
        called: What it is, in words.
    """

    derive: Callable
    check: Callable
    inherit: Callable = lambda settings, source: settings
    overrides: Mapping = {}
    learns_labels: bool = False
    translates: bool = False
    called: str = "GAN"


RULES = {
    "wgan_gp": Rules(single.derive, single.check),
    "acgan": Rules(
        single.derive_with_labels,
        single.check_with_labels,
        learns_labels=True,
        called="GAN that learns labels",
    ),
    "stack_gan": Rules(
        stack.derive,
        stack.check,
        stack.inherit,
        called="second stage of a GAN",
    ),
    "cyclegan": Rules(
        pair.derive,
        pair.check,
        overrides=pair.OVERRIDES,
        translates=True,
        called="CycleGAN",
    ),
}
