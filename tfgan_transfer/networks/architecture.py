"""Networks from the arguments that every checkpoint remembers."""

from collections.abc import Mapping

import keras

from tfgan_transfer.networks import NETWORKS, cyclegan, projected, stack


def generator(arguments: Mapping) -> keras.Model:
    """Builds the generator that `network_arguments` describes."""
    options = dict(arguments["generator"])
    options["image_shape"] = tuple(options["image_shape"])
    if "stage1" not in options:
        return NETWORKS[arguments["network"]].generator(**options)
    return stack.generator(
        generator(options["stage1"]),
        options["image_shape"],
        width=options["width"],
        num_blocks=options["num_blocks"],
        conditioning=options.get("conditioning", "none"),
    )


def critic(arguments: Mapping) -> keras.Model:
    """Builds the critic that `network_arguments` describes."""
    options = dict(arguments["critic"])
    if "features" in options:
        return feature_critic(options)
    options["image_shape"] = tuple(options["image_shape"])
    return NETWORKS[arguments["network"]].critic(**options)


def feature_critic(arguments: Mapping) -> keras.Model:
    """Builds a critic on frozen features from its arguments."""
    options = dict(arguments)
    return projected.critic(
        tuple(options.pop("image_shape")),
        network=options.pop("features"),
        **options,
    )


def translation(arguments: Mapping, name: str) -> keras.Model:
    """Builds one of the four networks of a translation both ways.

    Args:
        arguments: What the checkpoints of CycleGAN say.
        name: `"a2b"`, `"b2a"`, `"critic_a"` or `"critic_b"`.
    """
    if name.startswith("critic"):
        views = {"patch": cyclegan.patch_critic, "image": cyclegan.image_critic}
        options, build = arguments["critic"], views[arguments["critic_view"]]
    else:
        options = arguments["translator"]
        build = cyclegan.TRANSLATORS[arguments["network"]]
    shape = tuple(options["image_shape"])
    made = build(**{**options, "image_shape": shape})
    made.name = name
    return made
