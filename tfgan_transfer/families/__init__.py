"""Families of models: what it takes to plan, build and measure each."""

import importlib
from collections.abc import Mapping

from tfgan_transfer.families.family import Family

# Name of a model -> the folder of its family, and its name there.
FAMILIES = {
    "wgan_gp": ("single", "WGAN_GP"),
    "acgan": ("single", "AC_GAN"),
    "stack_gan": ("stack", "STACK_GAN"),
    "cyclegan": ("pair", "CYCLE_GAN"),
}
# Of runs that were begun before there were others.
FIRST = "wgan_gp"


def of(settings: Mapping) -> Family:
    """The family of the model that settings name.

    Args:
        settings: `model` among them, or the first family is meant.
    """
    folder, name = FAMILIES[settings.get("model") or FIRST]
    return getattr(importlib.import_module(f"{__name__}.{folder}"), name)
