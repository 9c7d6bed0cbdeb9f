"""The networks of the AC-GAN paper, by its tables for ImageNet and CIFAR.

Odena et al. 2017 (arXiv:1610.09585), appendix. The generator is a dense layer
and 5x5 transposed convolutions of stride 2: four at 64 px and above, with 768,
384, 256 and 192 channels, or three below, with 384, 192 and 96. At 128 px the
innermost map is 8x8, at 64 and 32 px 4x4; the paper's table gives 768 channels
for it and leaves its size open, and it has no table for 64 px. The critic is
six 3x3 convolutions of strides 2, 1, 2, 1, 2, 1 with 16 to 512 channels, and
dropout.
"""

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_transfer.networks import blocks, labels
from tfgan_transfer.networks.noise import SeededDropout, SeededNoise

DEFAULT_WIDTH = 96
# The paper has batch norm. Every gradient penalty asks for the gradient of
# one image's score by that image, which batch norm mixes with the others.
DEFAULT_NORM = "layer"
DEFAULT_DROPOUT = 0.5
_BASE = (4, 8)
# Channels in units of a third of the width, from the pixels inwards; the last
# is the dense layer's. Deeper nets than the paper's repeat the last.
_SMALL = (3, 6, 12)
_LARGE = (6, 8, 12, 24)
_CRITIC = (16, 32, 64, 128, 256, 512)


def _channels(width: int, count: int) -> list[int]:
    thirds = _LARGE if count > len(_SMALL) else _SMALL
    thirds = [*thirds, *[thirds[-1]] * (count - len(thirds))][:count]
    return [max(1, width * third // 3) for third in thirds]


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def generator(
    image_shape: tuple[int, int, int],
    latent_size: int = 100,
    width: int = DEFAULT_WIDTH,
    num_labels: int = 0,
    conditioning: str = "none",
) -> keras.Model:
    """Builds the generator.

    Args:
        image_shape: `(height, width, channels)`, sides 8 to 256 px.
        latent_size: Z, the length of the latent vector.
        width: Scale of all channels; 96 gives the paper's.
        num_labels: L, 0 for a generator without labels.
        conditioning: How the label enters, see `labels.generator_inputs`; the
            paper's is `"concat"`.

    Returns:
        A model from `latent` `[B, Z]` (and `label` `[B, L]`) to float32
        images `[B, H, W, C]` in [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_generator(latent_size, width, num_labels, conditioning)
    count, base = blocks.doublings(image_shape, _BASE)
    if count == 1 and conditioning == "batch_norm":
        raise UserError(
            "--conditioning: at this --size the generator of --network=acgan "
            "has no norm for batch_norm to make conditional; use concat, or "
            "images of 16 px or more"
        )
    *channels, deepest = _channels(width, count)
    inputs, x, norm = labels.generator_inputs(
        latent_size, num_labels, conditioning
    )
    x = keras.layers.Dense(
        base[0] * base[1] * deepest, kernel_initializer=_normal(), name="input"
    )(x)
    x = keras.layers.Reshape((*base, deepest), name="input_map")(x)
    x = blocks.relu(x, "input_relu")
    for stage in range(count, 1, -1):
        name = f"up{stage}"
        x = _grow(x, f"{name}_conv", channels[stage - 2])
        x = blocks.relu(norm(x, f"{name}_norm"), f"{name}_relu")
    x = _grow(x, "output", image_shape[-1], "tanh", "float32")
    return keras.Model(inputs, x, name="generator")


def _grow(
    x: KerasTensor,
    name: str,
    channels: int,
    activation: str | None = None,
    dtype: str | None = None,
) -> KerasTensor:
    return TransposedConvolution(
        channels,
        5,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer=_normal(),
        dtype=dtype,
        name=name,
    )(x)


def critic(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    num_labels: int = 0,
    norm: str = DEFAULT_NORM,
    spectral_norm: bool = False,
    dropout: float = 0.0,
    activation_noise: float = 0.0,
) -> keras.Model:
    """Builds the critic.

    Args:
        image_shape: `(height, width, channels)`, sides 8 to 256 px.
        width: Scale of all channels; 96 gives the paper's.
        num_labels: L; above 0 adds a class head beside the score.
        norm: `"batch"` as in the paper, `"layer"` or `"none"`; the first
            stage never has one.
        spectral_norm: Whether all layers but the class head are spectrally
            normalised.
        dropout: Rate after every stage, in [0, 1); 0.5 in the paper.
        activation_noise: Standard deviation of the noise on every stage's
            outputs. The paper mentions it without its size.

    Returns:
        A model from `image` `[B, H, W, C]` to the unbounded score `[B]` or,
        if L > 0, to `[score, class_logits]` with logits `[B, L]`; float32.
        With dropout or noise it has a second input, `noise` `[B]`: a seed in
        [0, 1) for each image.

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_critic(width, num_labels, norm)
    blocks.doublings(image_shape, _BASE)
    conv = SpectralConv2D if spectral_norm else Convolution
    dense = SpectralDense if spectral_norm else keras.layers.Dense
    normalise = blocks.critic_norm(norm)
    image = keras.Input(image_shape, name="image", dtype="float32")
    seeds = keras.Input((), name="noise", dtype="float32")
    x = image
    for stage, channels in enumerate(_CRITIC, start=1):
        name = f"down{stage}"
        x = conv(
            max(1, channels * width // DEFAULT_WIDTH),
            3,
            strides=1 + stage % 2,
            padding="same",
            kernel_initializer=_normal(),
            name=f"{name}_conv",
        )(x)
        x = normalise(x, f"{name}_norm") if stage > 1 else x
        x = blocks.critic_relu(x, f"{name}_relu", 0.2)
        if activation_noise:
            layer = SeededNoise(activation_noise, name=f"{name}_noise")
            x = layer(x, seeds)
        if dropout:
            x = SeededDropout(dropout, name=f"{name}_dropout")(x, seeds)
    features = keras.layers.Flatten(name="features")(x)
    inputs = [image, seeds] if dropout or activation_noise else image
    return blocks.dense_heads(inputs, features, num_labels, dense)
