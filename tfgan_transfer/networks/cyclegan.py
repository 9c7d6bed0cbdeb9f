"""CycleGAN's translators and critics.

Zhu et al. 2017 (arXiv:1703.10593), section 7.2: a residual network between
two halvings and two doublings, or a U-Net, against a critic that sees patches
of 70x70 px. Beside them a plain net of three halvings and three doublings
whose critic sees the whole image. Paddings are those of the original code, on
all sides alike: its weights would give its images.

Layers are numbered from the pixels inwards, as everywhere.
"""

import functools
from collections.abc import Callable

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.edges import Cut, ReflectionPad
from tfgan_transfer.layers.norms import InstanceNorm
from tfgan_transfer.networks import blocks, dcgan

DEFAULT_WIDTH = 64
# Smaller maps cannot be reflected by a pixel in the innermost blocks.
SMALLEST = 8
DEEPEST = 8


def _conv(
    filters: int, size: int, stride: int = 1, **kwargs: object
) -> Convolution:
    return Convolution(
        filters, size, stride, kernel_initializer=_normal(), **kwargs
    )


def _transposed(
    filters: int, size: int, **kwargs: object
) -> keras.layers.Conv2DTranspose:
    return TransposedConvolution(
        filters, size, 2, kernel_initializer=_normal(), **kwargs
    )


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _norm_relu(x: KerasTensor, name: str) -> KerasTensor:
    x = InstanceNorm(name=f"{name}_norm")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _reflected(
    x: KerasTensor, pad: int, filters: int, name: str, **kwargs: object
) -> KerasTensor:
    """A convolution whose map is as large as its input, mirrored at edges."""
    x = ReflectionPad(pad, name=f"{name}_pad")(x)
    return _conv(filters, 2 * pad + 1, name=name, **kwargs)(x)


def resnet(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    *,
    blocks: int,
) -> keras.Model:
    """Builds the residual translator.

    Args:
        image_shape: `(height, width, channels)`, sides of at least 8 px that
            4 divides.
        width: Channels at full resolution.
        blocks: Residual blocks: 6 up to 128 px in the paper, 9 from 256 on.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, divisor=4, name=f"resnet_{blocks}")
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = _norm_relu(_reflected(image, 3, width, "input"), "input")
    for stage in (1, 2):
        name = f"down{stage}"
        x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
        x = _conv(width * 2**stage, 3, 2, name=name)(x)
        x = _norm_relu(x, name)
    for block in range(1, blocks + 1):
        name = f"block{block}"
        y = _reflected(x, 1, 4 * width, f"{name}_conv1")
        y = _norm_relu(y, f"{name}_conv1")
        y = _reflected(y, 1, 4 * width, f"{name}_conv2")
        y = InstanceNorm(name=f"{name}_conv2_norm")(y)
        x = keras.layers.Add(name=f"{name}_add")([x, y])
    for stage in (2, 1):
        name = f"up{stage}"
        x = _transposed(width * 2 ** (stage - 1), 3, name=name)(x)
        # Output pixel 2i lies over input pixel i, as in the way down.
        x = Cut(name=f"{name}_crop")(x)
        x = _norm_relu(x, name)
    x = _reflected(
        x, 3, image_shape[-1], "output", activation="tanh", dtype="float32"
    )
    return keras.Model(image, x, name="translator")


def unet(
    image_shape: tuple[int, int, int], width: int = DEFAULT_WIDTH
) -> keras.Model:
    """Builds the U-Net of Isola et al. 2017 (arXiv:1611.07004).

    It halves the image as often as that gives whole pixels, up to 8 times:
    down to a single one at 64, 128 and 256 px.

    Args:
        image_shape: `(height, width, channels)`, sides that 8 divides.
        width: Channels at half resolution; they double inwards, up to 8 times
            as many.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, divisor=8, name="unet")
    depth = next(
        depth
        for depth in range(DEEPEST, 0, -1)
        if not any(side % 2**depth for side in image_shape[:2])
    )
    channels = [image_shape[-1]]
    channels += [width * min(2**i, 8) for i in range(depth)]
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = _conv(channels[1], 4, 2, padding="same", name="down1")(image)
    skips = [None, x]
    for stage in range(2, depth + 1):
        name = f"down{stage}"
        x = keras.layers.LeakyReLU(0.2, name=f"{name}_relu")(x)
        x = _conv(channels[stage], 4, 2, padding="same", name=name)(x)
        if stage < depth:
            x = InstanceNorm(name=f"{name}_norm")(x)
        skips.append(x)
    for stage in range(depth, 1, -1):
        name = f"up{stage}"
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        x = _transposed(channels[stage - 1], 4, padding="same", name=name)(x)
        x = InstanceNorm(name=f"{name}_norm")(x)
        x = keras.layers.Concatenate(name=f"{name}_join")([skips[stage - 1], x])
    x = keras.layers.ReLU(name="up1_relu")(x)
    return keras.Model(
        image, _last_doubling(x, channels[0], "up1"), name="translator"
    )


def hourglass(
    image_shape: tuple[int, int, int], width: int = DEFAULT_WIDTH
) -> keras.Model:
    """Builds a translator of three halvings and three doublings.

    With batch norm and neither residual blocks nor skips: small and fast, for
    64 px. Where the report that it comes from ends in a sigmoid for images in
    [0, 1], it ends in tanh for [-1, 1].

    Args:
        image_shape: `(height, width, channels)`, sides that 8 divides.
        width: Channels at half resolution.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, divisor=8, name="hourglass")
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = image
    for stage in (1, 2, 3):
        name = f"down{stage}"
        filters = width * 2 ** (stage - 1)
        x = _conv(filters, 4, 2, padding="same", name=name)(x)
        x = _batch_norm_relu(x, name)
    for stage in (3, 2):
        name = f"up{stage}"
        filters = width * 2 ** (stage - 2)
        x = _transposed(filters, 4, padding="same", name=name)(x)
        x = _batch_norm_relu(x, name)
    return keras.Model(
        image, _last_doubling(x, image_shape[-1], "up1"), name="translator"
    )


def _batch_norm_relu(x: KerasTensor, name: str) -> KerasTensor:
    x = blocks.batch_norm(x, f"{name}_norm")
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _last_doubling(x: KerasTensor, channels: int, name: str) -> KerasTensor:
    return _transposed(
        channels,
        4,
        padding="same",
        activation="tanh",
        dtype="float32",
        name=name,
    )(x)


def patch_critic(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    layers: int = 3,
) -> keras.Model:
    """Builds the PatchGAN, which scores overlapping patches.

    A score sees 16, 34, 70 or 142 px with 1 to 4 layers of stride 2.

    Args:
        image_shape: `(height, width, channels)`, sides of at least
            3 * 2**layers px.
        width: Channels at half resolution.
        layers: Convolutions of stride 2; the paper has 3.

    Returns:
        A model from `image` `[B, H, W, C]` to unbounded float32 scores
        `[B, h, w, 1]`, h = H / 2**layers - 2 for sides that divide.

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, divisor=1, name="patch critic")
    smallest = 3 * 2**layers
    if layers < 1 or min(image_shape[:2]) < smallest:
        height, across, _ = image_shape
        raise UserError(
            f"--critic_layers: expected at least 1, and sides of at least "
            f"{smallest} px for {layers}, received {height}x{across} px; "
            "lower it or raise --size."
        )
    image = keras.Input(image_shape, name="image", dtype="float32")
    x = image
    for stage in range(1, layers + 2):
        name = f"down{stage}"
        stride = 2 if stage <= layers else 1
        filters = width * min(2 ** (stage - 1), 8)
        x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
        x = _conv(filters, 4, stride, name=name)(x)
        x = InstanceNorm(name=f"{name}_norm")(x) if stage > 1 else x
        x = blocks.critic_relu(x, f"{name}_relu", 0.2)
    x = keras.layers.ZeroPadding2D(1, name="score_pad")(x)
    x = _conv(1, 4, name="score", dtype="float32")(x)
    return keras.Model(image, x, name="critic")


def image_critic(
    image_shape: tuple[int, int, int], width: int = DEFAULT_WIDTH
) -> keras.Model:
    """Builds the critic of the whole image: DCGAN's, without a norm."""
    return dcgan.critic(image_shape, width)


def _check(
    image_shape: tuple[int, int, int], width: int, divisor: int, name: str
) -> None:
    height, across, _ = image_shape
    if width < 1:
        raise UserError(f"--width: expected at least 1, received {width}.")
    if min(height, across) < SMALLEST or height % divisor or across % divisor:
        raise UserError(
            f"--size: {name} takes sides of at least {SMALLEST} px that "
            f"{divisor} divides, received {height}x{across} px."
        )


TRANSLATORS: dict[str, Callable[..., keras.Model]] = {
    "resnet_6": functools.partial(resnet, blocks=6),
    "resnet_9": functools.partial(resnet, blocks=9),
    "unet": unet,
    "hourglass": hourglass,
}
