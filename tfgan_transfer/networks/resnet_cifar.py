"""The constant-width ResNets that WGAN-GP trains on CIFAR-10.

Gulrajani et al. 2017 (arXiv:1704.00028), appendix. The generator grows a map
of 4 to 7 px on its shorter side to full size; the critic halves once less (at
least once), then adds two blocks at constant size and averages over space. At
32 px: 4x4, three growing blocks; two shrinking and two constant ones.
"""

import keras

from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_transfer.networks import blocks, labels

DEFAULT_WIDTH = 128
DEFAULT_NORM = "none"
_SAME_BLOCKS = 2


def generator(
    image_shape: tuple[int, int, int],
    latent_size: int = 128,
    width: int = DEFAULT_WIDTH,
    num_labels: int = 0,
    conditioning: str = "none",
) -> keras.Model:
    """Builds the generator.

    Args:
        image_shape: `(height, width, channels)`, sides 8 to 256 px.
        latent_size: Z, the length of the latent vector.
        width: Channels everywhere.
        num_labels: L, 0 for a generator without labels.
        conditioning: How the label enters, see `labels.generator_inputs`.
            With `"batch_norm"` all norms but the last are conditional.

    Returns:
        A model from `latent` `[B, Z]` (and `label` `[B, L]`) to float32
        images `[B, H, W, C]` in [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_generator(latent_size, width, num_labels, conditioning)
    count, base = blocks.doublings(image_shape)
    inputs, x, norm = labels.generator_inputs(
        latent_size, num_labels, conditioning
    )
    x = keras.layers.Dense(base[0] * base[1] * width, name="input")(x)
    x = keras.layers.Reshape((*base, width), name="input_map")(x)
    for stage in range(count, 0, -1):
        x = blocks.residual(x, f"up{stage}", width, norm, "up", first_bias=True)
    x = blocks.relu(blocks.batch_norm(x, "output_norm"), "output_relu")
    image = Convolution(
        image_shape[-1],
        3,
        padding="same",
        activation="tanh",
        dtype="float32",
        name="output",
    )(x)
    return keras.Model(inputs, image, name="generator")


def critic(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    num_labels: int = 0,
    norm: str = DEFAULT_NORM,
    spectral_norm: bool = False,
) -> keras.Model:
    """Builds the critic.

    Args:
        image_shape: `(height, width, channels)`, sides 8 to 256 px.
        width: Channels everywhere.
        num_labels: L; above 0 adds a class head beside the score.
        norm: `"layer"`, `"batch"` or `"none"`; the first block never has one.
        spectral_norm: Whether all layers but the class head are spectrally
            normalised.

    Returns:
        A model from `image` `[B, H, W, C]` to the unbounded score `[B]` or,
        if L > 0, to `[score, class_logits]` with logits `[B, L]`; float32.

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_critic(width, num_labels, norm)
    count, _ = blocks.doublings(image_shape)
    conv = SpectralConv2D if spectral_norm else Convolution
    dense = SpectralDense if spectral_norm else keras.layers.Dense
    normalise = blocks.critic_norm(norm)
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = _pixel_block(image, "down1", width, conv)
    stages = [(f"down{stage}", "down") for stage in range(2, count)]
    stages += [(f"same{i}", "same") for i in range(1, _SAME_BLOCKS + 1)]
    for name, resample in stages:
        x = blocks.residual(
            x,
            name,
            width,
            normalise,
            resample,
            conv,
            first_bias=True,
            relu=blocks.critic_relu,
        )
    x = blocks.critic_relu(x, "features_relu")
    features = keras.layers.GlobalAveragePooling2D(name="features")(x)
    return blocks.dense_heads(image, features, num_labels, dense)


def _pixel_block(image, name, channels, conv):
    """The first block: it sees pixels, so no norm and no ReLU before them."""
    x = blocks.convolve(image, f"{name}_conv1", channels, conv)
    x = blocks.critic_relu(x, f"{name}_relu1")
    x = blocks.convolve(x, f"{name}_conv2", channels, conv, resample="down")
    shortcut = blocks.shrink(image, f"{name}_shortcut_shrink")
    shortcut = conv(channels, 1, name=f"{name}_shortcut")(shortcut)
    return keras.layers.Add(name=f"{name}_sum")([shortcut, x])
