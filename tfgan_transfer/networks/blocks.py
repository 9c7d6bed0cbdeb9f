"""What the networks share: geometry, ends, norms, and the residual block.

All of these are pure functions on Keras' symbolic tensors. Every layer, also
one without weights, has an explicit name: a network built twice has the same
weight paths and the same config.
"""

from collections.abc import Callable

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError, choices, shown
from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.norms import BatchNorm, LayerNorm
from tfgan_transfer.layers.rectifier import Rectifier

Norm = Callable[[KerasTensor, str], KerasTensor]

SMALLEST, LARGEST = 8, 256
CONDITIONINGS = ("none", "concat", "batch_norm", "embedding")
NORMS = ("layer", "batch", "none")
# Sampling and evaluation use the moving statistics, which Keras' 0.99 lets lag.
BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}


def doublings(
    image_shape: tuple[int, int, int],
    base: tuple[int, int] = (4, 7),
    usual: int = 4,
) -> tuple[int, tuple[int, int]]:
    """Chooses how often a network halves or doubles its maps.

    Args:
        image_shape: `(height, width, channels)`.
        base: Smallest and largest shorter side of the innermost map, in
            pixels.
        usual: The count preferred when several fit.

    Returns:
        The count nearest to `usual` whose innermost map has a whole number of
        pixels and a shorter side within `base`; and that map's
        `(height, width)`.

    Raises:
        UserError: If a side is outside 8..256 px or no count fits.
    """
    if not isinstance(image_shape, tuple | list) or len(image_shape) != 3:
        raise UserError(
            "--image_shape: expected (height, width, channels), received "
            f"{shown(image_shape)}"
        )
    height, width, channels = image_shape
    received = f"received {height}x{width} px"
    if channels < 1:
        raise UserError(
            f"Images need at least one channel, received {channels}."
        )
    if not SMALLEST <= min(height, width) <= max(height, width) <= LARGEST:
        raise UserError(
            f"--size: the networks draw images of {SMALLEST} to {LARGEST} px, "
            f"{received}; choose a --size in that range."
        )
    fits = _fits(height, width, base)
    if not fits:
        near = min(
            (s for s in range(SMALLEST, LARGEST + 1) if _fits(s, s, base)),
            key=lambda side: abs(side - min(height, width)),
        )
        raise UserError(
            f"--size: one power of two must divide both sides and leave "
            f"{base[0]} to {base[1]} px of the shorter, {received}; "
            f"the nearest square is --size={near}."
        )
    count = min(fits, key=lambda fit: abs(fit - usual))
    return count, (height >> count, width >> count)


def _fits(height: int, width: int, base: tuple[int, int]) -> list[int]:
    return [
        count
        for count in range(1, LARGEST.bit_length())
        if height % 2**count == width % 2**count == 0
        and base[0] <= min(height, width) >> count <= base[1]
    ]


def check_generator(
    latent_size: int, width: int, num_labels: int, conditioning: str
) -> None:
    """Raises a one-line `UserError` if a generator cannot be made of these."""
    _check_sizes(width, num_labels)
    if latent_size < 1:
        raise UserError(
            f"--latent_size: expected at least 1, received {latent_size}."
        )
    if conditioning not in CONDITIONINGS:
        raise UserError(choices("conditioning", conditioning, CONDITIONINGS))
    if (conditioning == "none") != (num_labels == 0):
        raise UserError(
            "conditioning: expected 'none' without labels and 'concat', "
            "'batch_norm' or 'embedding' with labels, received "
            f"{conditioning!r} with num_labels={num_labels}."
        )


def check_critic(width: int, num_labels: int, norm: str) -> None:
    """Raises a one-line `UserError` if a critic cannot be made of these."""
    _check_sizes(width, num_labels)
    if norm not in NORMS:
        raise UserError(choices("norm", norm, NORMS))


def _check_sizes(width: int, num_labels: int) -> None:
    if width < 1:
        raise UserError(f"--width: expected at least 1, received {width}.")
    if num_labels < 0:
        raise UserError(
            f"num_labels: expected 0 or more, received {num_labels}."
        )


def batch_norm(x: KerasTensor, name: str) -> KerasTensor:
    """Batch norm of a generator, one scale and offset per channel."""
    return BatchNorm(**BATCH_NORM, name=name)(x)


def critic_norm(norm: str) -> Norm:
    """Returns a critic's norm, `"layer"`, `"batch"` or `"none"`."""

    def layer(x: KerasTensor, name: str) -> KerasTensor:
        return LayerNorm(name=name)(x)

    norms = {"layer": layer, "batch": batch_norm, "none": lambda x, name: x}
    return norms[norm]


def he_uniform() -> keras.initializers.Initializer:
    """The papers' "He": uniform, variance 2 over the mean of the two fans."""
    return keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")


def convolve(
    x: KerasTensor,
    name: str,
    channels: int,
    conv: type[keras.layers.Conv2D],
    bias: bool = True,
    resample: str = "same",
) -> KerasTensor:
    """3x3 convolution with `he_uniform` weights.

    After growing (`resample="up"`) or before shrinking (`"down"`).
    """
    return conv(
        channels,
        3,
        resample=resample,
        padding="same",
        use_bias=bias,
        kernel_initializer=he_uniform(),
        name=name,
    )(x)


def relu(x: KerasTensor, name: str) -> KerasTensor:
    """Rectifies."""
    return keras.layers.ReLU(name=name)(x)


def critic_relu(x: KerasTensor, name: str, slope: float = 0.0) -> KerasTensor:
    """Rectifies, at less cost under a penalty; `slope` is that below zero."""
    return Rectifier(slope, name=name)(x)


def grow(x: KerasTensor, name: str) -> KerasTensor:
    """Doubles both sides by repeating every pixel."""
    return keras.layers.UpSampling2D(2, name=name)(x)


def shrink(x: KerasTensor, name: str) -> KerasTensor:
    """Halves both sides by averaging squares of four pixels."""
    return keras.layers.AveragePooling2D(2, name=name)(x)


def residual(
    x: KerasTensor,
    name: str,
    channels: int,
    norm: Norm,
    resample: str = "same",
    conv: type[keras.layers.Conv2D] = Convolution,
    first_bias: bool = False,
    relu: Callable[[KerasTensor, str], KerasTensor] = relu,
) -> KerasTensor:
    """Pre-activation residual block, the sum unscaled and not rectified.

    Main path: norm, ReLU, 3x3 convolution, norm, ReLU, 3x3 convolution, with
    the first convolution after growing and the second before shrinking.
    Shortcut: of the raw input, resampled, by a 1x1 convolution unless neither
    size nor channels change.

    Args:
        x: `[B, H, W, Cin]`.
        name: Prefix of all layer names, e.g. `"up1"`.
        channels: Channels out.
        norm: Applied before both convolutions.
        resample: `"up"`, `"down"` or `"same"`.
        conv: Convolution layer.
        first_bias: Whether the first convolution has a bias.
        relu: Rectifier of the main path.

    Returns:
        `[B, H, W, channels]`, with H and W doubled or halved by `resample`.
    """
    inner = x.shape[-1] if resample == "down" else channels
    y = relu(norm(x, f"{name}_norm1"), f"{name}_relu1")
    first, second = {
        "up": ("up", "same"),
        "down": ("same", "down"),
        "same": ("same", "same"),
    }[resample]
    y = convolve(y, f"{name}_conv1", inner, conv, first_bias, first)
    y = relu(norm(y, f"{name}_norm2"), f"{name}_relu2")
    y = convolve(y, f"{name}_conv2", channels, conv, resample=second)
    shortcut = _shortcut(x, name, channels, resample, conv)
    return keras.layers.Add(name=f"{name}_sum")([shortcut, y])


def _shortcut(x, name, channels, resample, conv):
    if resample == "same" and x.shape[-1] == channels:
        return x
    if resample == "down":
        x = shrink(x, f"{name}_shortcut_shrink")
    x = conv(channels, 1, name=f"{name}_shortcut")(x)
    # A 1x1 convolution and repetition commute: this order costs a quarter.
    return grow(x, f"{name}_shortcut_grow") if resample == "up" else x


def dense_heads(
    image: KerasTensor | list[KerasTensor],
    features: KerasTensor,
    num_labels: int,
    dense: type[keras.layers.Dense],
) -> keras.Model:
    """Closes a critic with dense heads on its features.

    Args:
        image: The critic's input, or its inputs.
        features: `[B, F]`.
        num_labels: L, 0 for no class head.
        dense: Layer of the score; the class head is always a plain one.

    Returns:
        What `critic_model` returns.
    """
    score = dense(1, dtype="float32", name="score")(features)
    logits = None
    if num_labels:
        logits = keras.layers.Dense(
            num_labels, dtype="float32", name="class_logits"
        )(features)
    return critic_model(image, score, logits)


def critic_model(
    image: KerasTensor | list[KerasTensor],
    score: KerasTensor,
    logits: KerasTensor | None,
) -> keras.Model:
    """Closes a critic: score `[B]` or, with logits, `[score, logits]`."""
    score = keras.layers.Reshape((), name="score_flat", dtype="float32")(score)
    outputs = score if logits is None else [score, logits]
    return keras.Model(image, outputs, name="critic")
