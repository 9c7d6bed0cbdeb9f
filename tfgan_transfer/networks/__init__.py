"""Builders of generators and critics: sizes in, functional models out.

Every module of `NETWORKS` has a `generator`, a `critic`, a `DEFAULT_WIDTH` and
a `DEFAULT_NORM`, with the same arguments everywhere; their names are those of
the table of settings. Layers are numbered from the pixels inwards in both
nets, so that a weight path names the same thing, with the same shape, at every
image size.

Example:
    >>> import tfgan_transfer as tt
    >>> generator = tt.networks.resnet.generator((16, 16, 3), 8, width=4)
    >>> generator.input_shape, generator.output_shape
    ((None, 8), (None, 16, 16, 3))
"""

import importlib
from types import ModuleType

from tfgan_transfer.settings import choices

NETWORKS: dict[str, ModuleType] = {
    name: importlib.import_module(f"{__name__}.{name}")
    for name in choices.NETWORKS
}
