"""Networks that grow at the pixel end, exactly.

A larger generator is a smaller one, whose image is enlarged, and a
correction of that; a larger critic is a smaller one, which sees the image
reduced, and a correction of its first maps. The last kernel of a correction
starts at zero: at first the pictures are the smaller generator's, enlarged,
and the scores the smaller critic's, of pictures reduced. All weights train,
and those of the smaller network keep their paths. What has grown grows
again in the same way.
"""

import keras
from keras import KerasTensor

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.blur import Blur
from tfgan_transfer.layers.convolution import Convolution, TransposedConvolution
from tfgan_transfer.layers.resizing import Enlarge, Reduce
from tfgan_transfer.layers.shifted import Shifted
from tfgan_transfer.layers.spectral import SpectralConv2D
from tfgan_transfer.networks import blocks

# How checkpoints mark a growth whose correction is blurred, after the size.
BLURRED = "blurred"


def generator(
    smaller: keras.Model,
    image_shape: tuple[int, int, int],
    width: int,
    blurred: bool = False,
) -> keras.Model:
    """Grows a generator.

    The correction sees the features that the smaller generator's last layer
    sees, brought to the size of its image, and that image. Labels act
    through both.

    Args:
        smaller: A generator.
        image_shape: `(height, width, channels)` to draw.
        width: Channels of the correction.
        blurred: Whether the correction is blurred a little. A kernel of
            stride 2 draws even and odd pixels by weights of their own, and
            dots of one pixel with them, which no photograph has.

    Returns:
        A model with the inputs of `smaller` and float32 images `[B, H, W, C]`
        in [-1, 1]. Layers of `smaller` keep their names, those of the
        correction begin with `grown` and the height.

    Raises:
        UserError: If a side is not larger than that of `smaller`, or the
            channels are not as many.
    """
    small, name = smaller.output, _prefix(image_shape)
    _check(small.shape[1:], image_shape)
    last = [layer for layer in smaller.layers if layer.weights][-1]
    x = _to_size(last.input, f"{name}_features", small.shape[1:3], width)
    x = blocks.relu(
        blocks.batch_norm(x, f"{name}_features_norm"), f"{name}_features_relu"
    )
    x = keras.layers.Concatenate(name=f"{name}_joined")([x, small])
    x = blocks.convolve(x, f"{name}_conv", width, Convolution)
    x = blocks.relu(blocks.batch_norm(x, f"{name}_norm"), f"{name}_relu")
    correction = _to_size(
        x,
        f"{name}_correction",
        image_shape[:2],
        image_shape[2],
        kernel_initializer="zeros",
        dtype="float32",
    )
    if blurred:
        correction = Blur(dtype="float32", name=f"{name}_blurred")(correction)
    large = Enlarge(image_shape[:2], dtype="float32", name=f"{name}_enlarged")
    image = Shifted(dtype="float32", name=f"{name}_image")(
        large(small), correction
    )
    return keras.Model(smaller.input, image, name="generator")


def critic(
    smaller: keras.Model,
    image_shape: tuple[int, int, int],
    width: int,
    spectral_norm: bool = False,
) -> keras.Model:
    """Grows a critic.

    Args:
        smaller: A critic; its weights are not shared, only its layers'
            arguments are used.
        image_shape: `(height, width, channels)` to judge.
        width: Channels of the correction.
        spectral_norm: Whether the correction's first layer is spectrally
            normalised. The last one is not: nothing can be divided by the
            norm of a kernel of zeros.

    Returns:
        A model with the inputs of `smaller`, of which the image is larger,
        and its outputs. Layers of `smaller` keep their names, those of the
        correction begin with `grown` and the height.

    Raises:
        UserError: If a side is not larger than that of `smaller`, or the
            channels are not as many.
    """
    name = _prefix(image_shape)
    shape = smaller.inputs[0].shape[1:]
    _check(shape, image_shape)
    first = next(layer for layer in smaller.layers if layer.weights)
    image = keras.Input(image_shape, name="image", dtype="float32")
    small = Reduce(shape[:2], dtype="float32", name=f"{name}_reduced")(image)
    conv = SpectralConv2D if spectral_norm else Convolution
    x = _from_size(image, f"{name}_conv", shape[:2], width, conv)
    x = blocks.critic_relu(x, f"{name}_relu", 0.2)
    _, *sides, channels = first.output.shape
    correction = _from_size(
        x,
        f"{name}_correction",
        tuple(sides),
        channels,
        Convolution,
        kernel_initializer="zeros",
    )

    def call(layer, *args, **kwargs):
        seen = keras.tree.map_structure(
            lambda tensor: small if tensor is image else tensor, args
        )
        outputs = layer(*seen, **kwargs)
        if layer.name != first.name:
            return outputs
        return keras.layers.Add(name=f"{name}_sum")([outputs, correction])

    others = smaller.inputs[1:]
    inputs = [image, *map(_same_input, others)] if others else image
    return keras.models.clone_model(smaller, inputs, call_function=call)


def _prefix(image_shape) -> str:
    return f"grown{image_shape[0]}"


def _check(before, after) -> None:
    sizes = "{}x{} px".format(*after[:2]), "{}x{} px".format(*before[:2])
    if after[0] <= before[0] or after[1] <= before[1]:
        raise UserError(
            f"--size: networks of {sizes[1]} grow to larger images, received "
            f"{sizes[0]}; choose for example --size={2 * before[0]}."
        )
    if before[2] != after[2]:
        raise UserError(
            f"--channels: the smaller network has {before[2]} of them, "
            f"received {after[2]}; leave --channels out."
        )


def _same_input(tensor: KerasTensor) -> KerasTensor:
    return keras.Input(tensor.shape[1:], name=tensor.name, dtype=tensor.dtype)


def _to_size(x, name, size, channels, **options):
    """Convolves maps to a size no smaller than theirs."""
    options = {"kernel_initializer": blocks.he_uniform(), **options}
    options = {"padding": "same", "name": name, **options}
    if tuple(size) == tuple(2 * side for side in x.shape[1:3]):
        return TransposedConvolution(channels, 4, strides=2, **options)(x)
    if tuple(size) != x.shape[1:3]:
        x = Enlarge(size, name=f"{name}_enlarged")(x)
    return Convolution(channels, 3, **options)(x)


def _from_size(x, name, size, channels, conv, **options):
    """Convolves maps to a size no larger than theirs."""
    options = {"kernel_initializer": blocks.he_uniform(), **options}
    options = {"padding": "same", "name": name, **options}
    if tuple(2 * side for side in size) == x.shape[1:3]:
        return conv(channels, 4, strides=2, **options)(x)
    x = conv(channels, 3, **options)(x)
    if tuple(size) != x.shape[1:3]:
        x = Reduce(size, name=f"{name}_reduced")(x)
    return x
