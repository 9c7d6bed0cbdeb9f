"""DCGAN generator and norm-free critic, with optional tags.

Radford et al. 2016 (arXiv:1511.06434). All convolutions are 4x4 with stride 2,
as many as leave an innermost map of 4 to 7 px on its shorter side, and channels
double away from the pixels, from `width` up to `8 * width`: 4x4x512 and four
stages at 64 px, 4x4x256 and three at 32 px. Where the literature ends the
generator in a sigmoid for images in [0, 1], ours ends in tanh for [-1, 1]:
2 sigmoid(x) - 1 = tanh(x / 2).
"""

import keras
from keras import KerasTensor

from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.spectral import SpectralConv2D
from tfgan_transfer.networks import blocks, labels

DEFAULT_WIDTH = 64
DEFAULT_NORM = "none"


def _channels(width: int, stage: int) -> int:
    """Channels after `stage` halvings of the image, `stage` above 0."""
    return width * min(2 ** (stage - 1), 8)


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
        width: Channels at half resolution.
        num_labels: L, 0 for a generator without labels.
        conditioning: How the label enters, see `labels.generator_inputs`.

    Returns:
        A model from `latent` `[B, Z]` (and `label` `[B, L]`) to float32
        images `[B, H, W, C]` in [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_generator(latent_size, width, num_labels, conditioning)
    count, base = blocks.doublings(image_shape)
    inputs, code, norm = labels.generator_inputs(
        latent_size, num_labels, conditioning
    )
    x = keras.layers.Reshape((1, 1, code.shape[-1]), name="code_map")(code)
    x = TransposedConvolution(
        _channels(width, count),
        base,
        kernel_initializer=_normal(),
        name="input",
    )(x)
    for stage in range(count, 1, -1):
        name = f"up{stage}"
        x = blocks.relu(norm(x, f"{name}_norm"), f"{name}_relu")
        x = _grow(x, f"{name}_conv", _channels(width, stage - 1))
    x = blocks.relu(norm(x, "output_norm"), "output_relu")
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
        4,
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
) -> keras.Model:
    """Builds the critic.

    Args:
        image_shape: `(height, width, channels)`, sides 8 to 256 px.
        width: Channels at half resolution.
        num_labels: L; above 0 adds a class head beside the score.
        norm: `"layer"`, `"batch"` or `"none"`; the first stage never has one.
        spectral_norm: Whether all layers but the class head are spectrally
            normalised.

    Returns:
        A model from `image` `[B, H, W, C]` to the unbounded score `[B]` or,
        if L > 0, to `[score, class_logits]` with logits `[B, L]`; float32.

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_critic(width, num_labels, norm)
    count, base = blocks.doublings(image_shape)
    conv = SpectralConv2D if spectral_norm else Convolution
    normalise = blocks.critic_norm(norm)
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = image
    for stage in range(1, count + 1):
        name = f"down{stage}"
        x = conv(
            _channels(width, stage),
            4,
            strides=2,
            padding="same",
            kernel_initializer=_normal(),
            name=f"{name}_conv",
        )(x)
        x = normalise(x, f"{name}_norm") if stage > 1 else x
        x = blocks.critic_relu(x, f"{name}_relu", 0.2)
    score = _head(x, "score", 1, base, conv)
    logits = None
    if num_labels:
        head = _head(x, "class_logits", num_labels, base, Convolution)
        logits = keras.layers.Reshape(
            (num_labels,), name="class_logits_flat", dtype="float32"
        )(head)
    return blocks.critic_model(image, score, logits)


def _head(x, name, channels, base, conv):
    """A convolution over the whole map, so that one value per channel stays."""
    return conv(
        channels,
        base,
        kernel_initializer=_normal(),
        dtype="float32",
        name=name,
    )(x)
