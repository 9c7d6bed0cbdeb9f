"""Networks from the arguments that every checkpoint remembers."""

from collections.abc import Mapping

import keras

from tfgan_transfer.networks import (
    NETWORKS,
    cyclegan,
    growth,
    projected,
    stack,
)

# What a network of the user's own is described by: its layers.
LAYERS = "layers"


def generator(arguments: Mapping) -> keras.Model:
    """Builds the generator that `network_arguments` describes."""
    if LAYERS in arguments["generator"]:
        return _of_layers(arguments["generator"][LAYERS])
    options, later = _shapes(arguments["generator"])
    if "stage1" not in options:
        network = NETWORKS[arguments["network"]].generator(**options)
        for shape, blurred in later:
            network = growth.generator(
                network, shape, options["width"], blurred
            )
        return network
    return stack.generator(
        generator(options["stage1"]),
        options["image_shape"],
        width=options["width"],
        num_blocks=options["num_blocks"],
        conditioning=options.get("conditioning", "none"),
    )


def critic(arguments: Mapping) -> keras.Model:
    """Builds the critic that `network_arguments` describes."""
    if LAYERS in arguments["critic"]:
        return _of_layers(arguments["critic"][LAYERS])
    if "features" in arguments["critic"]:
        return feature_critic(arguments["critic"])
    options, later = _shapes(arguments["critic"])
    network = NETWORKS[arguments["network"]].critic(**options)
    for shape, _ in later:
        network = growth.critic(
            network, shape, options["width"], options["spectral_norm"]
        )
    return network


def _of_layers(layers: Mapping) -> keras.Model:
    # In Keras' safe mode, which runs no code that comes with a file.
    return keras.saving.deserialize_keras_object(layers, safe_mode=True)


def _shapes(arguments: Mapping) -> tuple[dict, list[tuple[tuple, bool]]]:
    """A network's arguments before it grew, and how it grew.

    Returns:
        Arguments, and of each growth the shape of the images after it and
        whether its correction is blurred.
    """
    options = dict(arguments)
    *last, channels = options.pop("image_shape")
    grown = options.pop("grown_from", [])
    first, *later = ((*size[:2], channels) for size in [*grown, last])
    blurred = [growth.BLURRED in size for size in grown]
    return {**options, "image_shape": first}, [
        *zip(later, blurred, strict=True)
    ]


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

    Returns:
        The network, named so.
    """
    own = arguments["translator"].get(LAYERS)
    if own:
        return _of_layers(own[name])
    if name.startswith("critic") and "features" in arguments["critic"]:
        made = feature_critic(arguments["critic"])
        made.name = name
        return made
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
