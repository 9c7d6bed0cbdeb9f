"""ResNet generator and critic of the WGAN-GP and Transferring-GANs papers.

Gulrajani et al. 2017 (arXiv:1704.00028), appendix; Wang et al. 2018
(arXiv:1805.01677). The number of blocks is the one nearest to four that leaves
an innermost map 2 to 7 px on its shorter side, and channels double away from
the pixels, from `width` up to `8 * width`: 4x4x512 and four blocks at 64 px,
2x2x512 and four blocks at 32 px.
"""

import keras

from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_transfer.networks import blocks, labels

DEFAULT_WIDTH = 64
DEFAULT_NORM = "layer"
_BASE = (2, 7)


def _channels(width: int, stage: int) -> int:
    """Channels after `stage` halvings of the image."""
    return width * min(2**stage, 8)


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
        width: Channels at full resolution.
        num_labels: L, 0 for a generator without labels.
        conditioning: How the label enters, see `labels.generator_inputs`.
            With `"batch_norm"` the last norm is conditional too.

    Returns:
        A model from `latent` `[B, Z]` (and `label` `[B, L]`) to float32
        images `[B, H, W, C]` in [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_generator(latent_size, width, num_labels, conditioning)
    count, base = blocks.doublings(image_shape, _BASE)
    inputs, x, norm = labels.generator_inputs(
        latent_size, num_labels, conditioning
    )
    deepest = _channels(width, count)
    x = keras.layers.Dense(base[0] * base[1] * deepest, name="input")(x)
    x = keras.layers.Reshape((*base, deepest), name="input_map")(x)
    for stage in range(count, 0, -1):
        out = _channels(width, stage - 1)
        x = blocks.residual(x, f"up{stage}", out, norm, "up")
    x = blocks.relu(norm(x, "output_norm"), "output_relu")
    image = Convolution(
        image_shape[-1],
        3,
        padding="same",
        activation="tanh",
        kernel_initializer=blocks.he_uniform(),
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
        width: Channels at full resolution.
        num_labels: L; above 0 adds a class head beside the score.
        norm: `"layer"`, `"batch"` or `"none"`.
        spectral_norm: Whether all layers but the class head are spectrally
            normalised.

    Returns:
        A model from `image` `[B, H, W, C]` to the unbounded score `[B]` or,
        if L > 0, to `[score, class_logits]` with logits `[B, L]`; float32.

    Raises:
        UserError: If an argument is out of range.
    """
    blocks.check_critic(width, num_labels, norm)
    count, _ = blocks.doublings(image_shape, _BASE)
    conv = SpectralConv2D if spectral_norm else Convolution
    dense = SpectralDense if spectral_norm else keras.layers.Dense
    normalise = blocks.critic_norm(norm)
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = conv(width, 3, padding="same", name="input")(image)
    for stage in range(1, count + 1):
        out = _channels(width, stage)
        x = blocks.residual(
            x,
            f"down{stage}",
            out,
            normalise,
            "down",
            conv,
            relu=blocks.critic_relu,
        )
    features = keras.layers.Flatten(name="features")(x)
    return blocks.dense_heads(image, features, num_labels, dense)
