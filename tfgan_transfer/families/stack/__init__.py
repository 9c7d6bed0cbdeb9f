"""A second stage on a frozen first one."""

import functools

from tfgan_transfer.families.family import same_networks
from tfgan_transfer.families.single import WGAN_GP, build
from tfgan_transfer.families.stack import plan, transfer
from tfgan_transfer.gans import StackGAN

STACK_GAN = WGAN_GP._replace(
    resolve=plan.resolve,
    build=functools.partial(build.gan, StackGAN),
    at_phase=same_networks,
    move=transfer.move,
)
