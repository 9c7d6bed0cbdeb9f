"""CycleGAN's translators and critics.

Zhu et al. 2017 (arXiv:1703.10593), section 7.2: a residual network between
two halvings and two doublings, or a U-Net, against a critic that sees patches
of 70x70 px. Beside them a plain net of three halvings and three doublings
whose critic sees the whole image. Paddings are those of the original code, on
all sides alike: its weights would give its images.

A transposed convolution of stride 2 has kernels of its own for even and for
odd pixels, and nothing makes them agree: a flat map comes out as a chequered
one (Odena et al. 2016, doi 10.23915/distill.00003). With `doubling="smooth"`
pixels are repeated and then convolved 3x3, which leaves flat what is flat, at
the price of the 4x4 transposed one (`ops.resampling`); a binomial blur, which
might as well stand between the two, makes the repetition a bilinear
enlargement. And the last maps are convolved once more at full resolution, where
fine detail has to come from.

With `residual` the last maps are what changes of the image (Shen & Liu 2017,
arXiv:1612.05363), within tanh. Nothing does at first, since the last kernel is
zero: sets that differ in little need not learn first to draw what they have in
common.

Layers are numbered from the pixels inwards, as everywhere.
"""

import functools
from collections.abc import Callable

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.layers.blur import Blur
from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.edges import Cut, ReflectionPad
from tfgan_transfer.layers.norms import InstanceNorm
from tfgan_transfer.layers.shifted import Shifted
from tfgan_transfer.networks import blocks, dcgan

DEFAULT_WIDTH = 64
# Smaller maps cannot be reflected by a pixel in the innermost blocks.
SMALLEST = 8
DEEPEST = 8
# Pixels at the end of tanh would stay there: half of one level of 8 bits less.
_INNER = 254 / 255
# How maps are enlarged.
DOUBLINGS = ("transposed", "smooth")


def _conv(
    filters: int, size: int, stride: int = 1, **kwargs: object
) -> Convolution:
    kwargs = {"kernel_initializer": _normal(), **kwargs}
    return Convolution(filters, size, stride, **kwargs)


def _transposed(
    filters: int, size: int, **kwargs: object
) -> keras.layers.Conv2DTranspose:
    kwargs = {"kernel_initializer": _normal(), **kwargs}
    return TransposedConvolution(filters, size, 2, **kwargs)


def _doubled(
    x: KerasTensor, filters: int, name: str, doubling: str
) -> KerasTensor:
    """Maps of twice the height and width, without norm or rectifier."""
    if doubling == "smooth":
        x = _conv(filters, 3, padding="same", resample="up", name=name)(x)
        return Blur(name=f"{name}_blur")(x)
    return _transposed(filters, 4, padding="same", name=name)(x)


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
    doubling: str = "transposed",
    residual: bool = False,
    *,
    blocks: int,
) -> keras.Model:
    """Builds the residual translator.

    Args:
        image_shape: `(height, width, channels)`, sides of at least 8 px that
            4 divides.
        width: Channels at full resolution.
        doubling: One of `DOUBLINGS`.
        residual: Whether what is built is a change of the image.
        blocks: Residual blocks: 6 up to 128 px in the paper, 9 from 256 on.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, 4, f"resnet_{blocks}", doubling)
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
        filters = width * 2 ** (stage - 1)
        if doubling == "smooth":
            x = _doubled(x, filters, name, doubling)
        else:
            x = _transposed(filters, 3, name=name)(x)
            # Output pixel 2i lies over input pixel i, as in the way down.
            x = Cut(name=f"{name}_crop")(x)
        x = _norm_relu(x, name)
    x = _reflected(x, 3, image_shape[-1], "output", **_last(residual))
    return _translator(image, x, residual)


def unet(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    doubling: str = "transposed",
    residual: bool = False,
) -> keras.Model:
    """Builds the U-Net of Isola et al. 2017 (arXiv:1611.07004).

    It halves the image as often as that gives whole pixels, up to 8 times:
    down to a single one at 64, 128 and 256 px. With smooth doublings the
    image itself is joined to the last maps, as all others are to theirs.

    Args:
        image_shape: `(height, width, channels)`, sides that 8 divides.
        width: Channels at half resolution; they double inwards, up to 8 times
            as many.
        doubling: One of `DOUBLINGS`.
        residual: Whether what is built is a change of the image.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, 8, "unet", doubling)
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
        x = _doubled(x, channels[stage - 1], name, doubling)
        x = InstanceNorm(name=f"{name}_norm")(x)
        x = keras.layers.Concatenate(name=f"{name}_join")([skips[stage - 1], x])
    x = keras.layers.ReLU(name="up1_relu")(x)
    if doubling == "smooth":
        x = _doubled(x, max(1, width // 2), "up1", doubling)
        x = InstanceNorm(name="up1_norm")(x)
        x = keras.layers.Concatenate(name="up1_join")([image, x])
        x = keras.layers.LeakyReLU(0.2, name="output_relu")(x)
        x = _output(x, channels[0], residual)
    else:
        x = _last_doubling(x, channels[0], "up1", residual)
    return _translator(image, x, residual)


def hourglass(
    image_shape: tuple[int, int, int],
    width: int = DEFAULT_WIDTH,
    doubling: str = "transposed",
    residual: bool = False,
) -> keras.Model:
    """Builds a translator of three halvings and three doublings.

    With batch norm and neither residual blocks nor skips: small and fast, for
    64 px. Where the report that it comes from ends in a sigmoid for images in
    [0, 1], it ends in tanh for [-1, 1].

    Args:
        image_shape: `(height, width, channels)`, sides that 8 divides.
        width: Channels at half resolution.
        doubling: One of `DOUBLINGS`.
        residual: Whether what is built is a change of the image.

    Returns:
        A model from `image` `[B, H, W, C]` to float32 images of that shape in
        [-1, 1].

    Raises:
        UserError: If an argument is out of range.
    """
    _check(image_shape, width, 8, "hourglass", doubling)
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
        x = _batch_norm_relu(_doubled(x, filters, name, doubling), name)
    if doubling == "smooth":
        x = _doubled(x, max(1, width // 2), "up1", doubling)
        x = _output(_batch_norm_relu(x, "up1"), image_shape[-1], residual)
    else:
        x = _last_doubling(x, image_shape[-1], "up1", residual)
    return _translator(image, x, residual)


def _batch_norm_relu(x: KerasTensor, name: str) -> KerasTensor:
    x = blocks.batch_norm(x, f"{name}_norm")
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _last_doubling(
    x: KerasTensor, channels: int, name: str, residual: bool
) -> KerasTensor:
    return _transposed(
        channels, 4, padding="same", name=name, **_last(residual)
    )(x)


def _output(x: KerasTensor, channels: int, residual: bool) -> KerasTensor:
    """The last convolution, of maps that are as large as the image."""
    return _conv(channels, 3, padding="same", name="output", **_last(residual))(
        x
    )


def _last(residual: bool) -> dict[str, str]:
    """What sets the last convolution apart: its range, or its start."""
    if residual:
        return {"kernel_initializer": "zeros", "dtype": "float32"}
    return {"activation": "tanh", "dtype": "float32"}


def _translator(
    image: KerasTensor, x: KerasTensor, residual: bool
) -> keras.Model:
    """The model that ends in an image, or in the change of one."""
    if residual:
        inner = keras.layers.Rescaling(
            _INNER, dtype="float32", name="image_inner"
        )
        shifted = Shifted(dtype="float32", name="image_shifted")
        x = shifted(inner(image), x)
    return keras.Model(image, x, name="translator")


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
    _check(image_shape, width, 1, "patch critic")
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
    image_shape: tuple[int, int, int],
    width: int,
    divisor: int,
    name: str,
    doubling: str = DOUBLINGS[0],
) -> None:
    if doubling not in DOUBLINGS:
        raise UserError(choices("--doubling", doubling, DOUBLINGS))
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
