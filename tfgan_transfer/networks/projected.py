"""Critic on the maps of a frozen classifier: a few small heads.

Sauer et al. 2021 (arXiv:2111.01007). Random frozen 1x1 convolutions mix the
channels of each map; from the deepest on, each mixture is mixed again,
enlarged and added to the next, so that fine maps know of coarse ones; and on
each of the results sits a small convolutional critic of its own. Nothing but
these heads is trained. Where the paper begins with EfficientNet-Lite1 and
normalises in the heads, the mixtures here start with a standard deviation of
about 1, so that heads without a norm work too.
"""

from collections.abc import Mapping, Sequence

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.layers.bilinear import Bilinear
from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.spectral import SpectralConv2D
from tfgan_transfer.networks import blocks, features

TAPS = (4, 8, 16, 32)
MIXING = (32, 64, 128, 256)
HEADS = ("plain", "separable")
NORMS = ("batch", "none")
_WIDEST = 256
_INNERMOST = 4


def input_size(image_shape: Sequence[int]) -> int:
    """Side to which images are scaled for the feature network, by default.

    Twice their own, since it was trained at 224 px and finds little in 32;
    96 px at least and 224 at most.
    """
    return min(max(96, 2 * min(image_shape[:2])), 224)


def critic(
    image_shape: tuple[int, int, int],
    num_labels: int = 0,
    network: str = features.LITE0,
    taps: Sequence[int] = TAPS,
    mixing: Sequence[int] = MIXING,
    heads: str = "plain",
    norm: str = "none",
    size: int | None = None,
    seed: int = 0,
    class_taps: Sequence[int] = (),
) -> keras.Model:
    """Builds the critic.

    Args:
        image_shape: `(height, width, channels)`, one channel or three.
        num_labels: L; above 0 adds a class head.
        network: The frozen network, see `features.load`.
        taps: Strides of its maps, rising, each twice the one before.
        mixing: Channels of the mixture at each of these.
        heads: `"plain"` for 4x4 convolutions, `"separable"` for 1x1 ones that
            are followed by depthwise ones.
        norm: `"batch"` as in the paper, or `"none"`. With batch norm, real
            and generated images have to be judged in batches of their own,
            and scores have no gradient penalty of single images.
        size: Side in pixels of what the network sees; see `input_size`.
        seed: Of the frozen mixing weights.
        class_taps: Strides of the maps that the class head sees; the deepest
            if empty. What a classifier of objects has forgotten in its
            deepest map, colours above all, is in those before it.

    Returns:
        A model from `image` `[B, H, W, C]` to unbounded scores `[B, K]`, K
        positions in all heads together, or, if L > 0, to
        `[scores, class_logits]` with logits `[B, L]`; float32.

    Raises:
        UserError: If an option is unknown or out of range.
    """
    size = size or input_size(image_shape)
    _check(num_labels, taps, mixing, heads, norm, size)
    class_taps = class_taps or taps[-1:]
    for tap in class_taps:
        if tap not in taps:
            raise UserError(choices("class_taps", tap, taps))
    image = keras.Input(image_shape, name="image", dtype="float32")
    maps = features.FrozenFeatures(network, taps, size, name="features")(image)
    mixtures = _pyramid(maps, network, taps, mixing, seed)
    scores = [
        _head(mixture, f"head{tap}", heads, norm)
        for tap, mixture in zip(taps, mixtures, strict=True)
    ]
    x = keras.layers.Concatenate(name="scores", dtype="float32")(scores)
    if not num_labels:
        return keras.Model(image, x, name="critic")
    seen = {tap: maps[taps.index(tap)] for tap in sorted(class_taps)}
    logits = _class_head(seen, features.load(network).spreads, num_labels)
    return keras.Model(image, [x, logits], name="critic")


def _check(num_labels, taps, mixing, heads, norm, size):
    if num_labels < 0:
        raise UserError(
            f"num_labels: expected 0 or more, received {num_labels}."
        )
    if not taps or any(b != 2 * a for a, b in zip(taps, taps[1:])):  # noqa: B905
        raise UserError(
            "taps: expected strides of which each is twice the one before, "
            f"such as 4, 8, 16, 32, received {[*taps]}."
        )
    if len(mixing) != len(taps) or min(mixing) < 1:
        raise UserError(
            f"mixing: expected {len(taps)} numbers of channels, one for each "
            f"of the taps, received {[*mixing]}."
        )
    if heads not in HEADS:
        raise UserError(choices("heads", heads, HEADS))
    if norm not in NORMS:
        raise UserError(choices("norm", norm, NORMS))
    if size < 32:
        raise UserError(
            f"size: the feature network sees 32 px or more, received {size}."
        )


def _pyramid(
    maps: Sequence[KerasTensor],
    network: str,
    taps: Sequence[int],
    mixing: Sequence[int],
    seed: int,
) -> list[KerasTensor]:
    """Mixtures of the maps, each with the deeper ones added to it."""
    spreads = features.load(network).spreads
    mixtures = []
    for number in reversed(range(len(taps))):
        tap, channels = taps[number], mixing[number]
        x = _mixed(
            maps[number], f"mix{tap}", channels, spreads[tap], seed + tap
        )
        if mixtures:
            name = f"merge{tap}"
            deeper = _mixed(mixtures[0], name, channels, 1.0, seed + tap + 1)
            deeper = Bilinear(*x.shape[1:3], name=f"{name}_grow")(deeper)
            x = keras.layers.Add(name=f"{name}_sum")([x, deeper])
            x = keras.layers.Rescaling(0.5**0.5, name=f"{name}_half")(x)
        mixtures.insert(0, x)
    return mixtures


def _mixed(x, name, channels, spread, seed):
    """A random frozen mixture with a standard deviation of about 1."""
    deviation = x.shape[-1] ** -0.5 / spread
    return Convolution(
        channels,
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(
            stddev=deviation, seed=seed
        ),
        trainable=False,
        name=name,
    )(x)


def _head(x: KerasTensor, name: str, heads: str, norm: str) -> KerasTensor:
    """Halves a map until it has 4x4 pixels or fewer, and scores each."""
    channels, stage = x.shape[-1], 0
    while min(x.shape[1:3]) > _INNERMOST:
        stage += 1
        channels = min(2 * channels, _WIDEST)
        x = _halved(x, f"{name}_down{stage}", channels, heads)
        if norm == "batch":
            x = blocks.batch_norm(x, f"{name}_down{stage}_norm")
        x = blocks.critic_relu(x, f"{name}_down{stage}_relu", 0.2)
    x = SpectralConv2D(
        1, 4, padding="same", dtype="float32", name=f"{name}_score"
    )(x)
    return keras.layers.Flatten(dtype="float32", name=f"{name}_scores")(x)


def _halved(x, name, channels, heads):
    if heads == "plain":
        return SpectralConv2D(
            channels, 4, strides=2, padding="same", name=f"{name}_conv"
        )(x)
    x = SpectralConv2D(channels, 1, name=f"{name}_conv")(x)
    return keras.layers.DepthwiseConv2D(
        4, strides=2, padding="same", name=f"{name}_depthwise"
    )(x)


def _class_head(
    maps: Mapping[int, KerasTensor],
    spreads: Mapping[int, float],
    num_labels: int,
) -> KerasTensor:
    """Class logits of the means of some maps, each convolved once.

    Args:
        maps: Stride -> map, rising. The deepest has the names of the time
            when it was the only one, without its stride.
        spreads: Typical standard deviation of a map, by stride.
        num_labels: L.

    Returns:
        Float32 `[B, L]`.
    """
    means = []
    for tap, x in maps.items():
        name = "class" if tap == max(maps) else f"class{tap}"
        x = keras.layers.Rescaling(1 / spreads[tap], name=f"{name}_input")(x)
        x = Convolution(_WIDEST, 3, padding="same", name=f"{name}_conv")(x)
        x = blocks.critic_relu(x, f"{name}_relu", 0.2)
        mean = keras.layers.GlobalAveragePooling2D(
            dtype="float32", name=f"{name}_mean"
        )
        means.append(mean(x))
    joined = keras.layers.Concatenate(dtype="float32", name="class_means")
    x = joined(means) if len(means) > 1 else means[0]
    return keras.layers.Dense(num_labels, dtype="float32", name="class_logits")(
        x
    )
