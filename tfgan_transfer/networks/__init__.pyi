"""The networks for type checkers; `__init__.py` makes them by their names."""

from types import ModuleType

from tfgan_transfer.networks import acgan as acgan
from tfgan_transfer.networks import dcgan as dcgan
from tfgan_transfer.networks import resnet as resnet
from tfgan_transfer.networks import resnet_cifar as resnet_cifar

NETWORKS: dict[str, ModuleType]
