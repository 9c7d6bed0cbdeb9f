"""Builders of generators and critics: sizes in, functional models out.

Every module listed in `NETWORKS` has a `generator`, a `critic`, a
`DEFAULT_WIDTH` and a `DEFAULT_NORM`, with the same arguments everywhere.
Layers are numbered from the pixels inwards in both nets, so that a weight path
names the same thing, with the same shape, at every image size.
"""

from types import ModuleType

from tfgan_transfer.networks import acgan, dcgan, resnet, resnet_cifar

NETWORKS: dict[str, ModuleType] = {
    "resnet": resnet,
    "resnet_cifar": resnet_cifar,
    "dcgan": dcgan,
    "acgan": acgan,
}
