"""The second stage of a stacked GAN: a larger image drawn over a smaller one.

After StackGAN (Zhang et al. 2017, arXiv:1612.03242): stage 1 is trained to its
end and frozen, and stage 2 sees its image and the label, not a latent of its
own. Unlike there, stage 2 corrects the enlarged image instead of drawing it
anew, and its last layer starts at zero: what an untrained stack draws is
stage 1's image, enlarged.
"""

import keras
import numpy as np
from keras import KerasTensor, ops

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.convolution import Convolution
from tfgan_transfer.layers.resizing import Enlarge
from tfgan_transfer.networks import blocks, labels

_PACKAGE = "tfgan_transfer"
PREFIX = "stage2_"
# Where tanh is inverted, about the last grey value but one of 8 bits: beyond
# it a correction would have no gradient.
_BRIGHTEST = 0.99


def generator(
    stage1: keras.Model,
    image_shape: tuple[int, int, int],
    width: int,
    num_blocks: int = 2,
    conditioning: str = "none",
) -> keras.Model:
    """Builds the generator of both stages.

    Args:
        stage1: Generator of smaller images; its layers are frozen, so that
            also in training its norms use their moving statistics.
        image_shape: `(height, width, channels)` to draw.
        width: Channels of stage 2 at the size of stage 1, half as many at
            full size.
        num_blocks: Residual blocks at the size of stage 1.
        conditioning: How the label enters stage 2: `"none"`, `"concat"` (a
            constant map per label beside the image) or `"batch_norm"`.

    Returns:
        A model with the inputs of `stage1` and float32 images `[B, H, W, C]`
        in [-1, 1]. Layers of stage 1 keep their names, those of stage 2 begin
        with `stage2_`.

    Raises:
        UserError: If the images are not larger than those of stage 1, or the
            conditioning does not fit it.
    """
    small = stage1.output
    label = stage1.inputs[1] if len(stage1.inputs) == 2 else None
    _check(small.shape[1:], image_shape, width, conditioning, label)
    for layer in stage1.layers:
        layer.trainable = False
    norm = blocks.batch_norm
    if conditioning == "batch_norm":
        norm = labels.conditional_batch_norm(label)
    x = small
    if conditioning == "concat":
        x = _with_label(small, label)
    x = blocks.convolve(x, f"{PREFIX}input", width, Convolution)
    for block in range(1, num_blocks + 1):
        x = blocks.residual(x, f"{PREFIX}small{block}", width, norm)
    x = Enlarge(image_shape[:2], name=f"{PREFIX}grow")(x)
    x = blocks.residual(x, f"{PREFIX}large", max(1, width // 2), norm)
    x = blocks.relu(norm(x, f"{PREFIX}output_norm"), f"{PREFIX}output_relu")
    correction = Convolution(
        image_shape[-1],
        3,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
        name=f"{PREFIX}output",
    )(x)
    large = Enlarge(image_shape[:2], dtype="float32", name=f"{PREFIX}enlarged")(
        small
    )
    image = Corrected(dtype="float32", name=f"{PREFIX}image")(large, correction)
    return keras.Model(stage1.input, image, name="generator")


def _check(before, after, width, conditioning, label) -> None:
    if width < 1:
        raise UserError(
            f"--stage2_width: expected at least 1, received {width}."
        )
    sizes = "{}x{} px".format(*after[:2]), "{}x{} px".format(*before[:2])
    if min(np.subtract(after[:2], before[:2])) <= 0:
        raise UserError(
            f"--size: stage 2 draws larger images than stage 1, received "
            f"{sizes[0]} after {sizes[1]}; choose for example "
            f"--size={3 * before[0] // 2}."
        )
    if before[2] != after[2]:
        raise UserError(
            f"--channels: stage 1 draws {before[2]} of them, received "
            f"{after[2]}; leave --channels out."
        )
    if conditioning not in ("none", "concat", "batch_norm"):
        raise UserError(
            "--conditioning: labels enter stage 2 by concat or batch_norm, "
            f"received {conditioning}; stage 1 keeps its own."
        )
    if (conditioning == "none") != (label is None):
        knows = "no labels" if label is None else "labels"
        raise UserError(
            f"--conditioning: stage 1 knows {knows}, received "
            f"{conditioning}; leave --conditioning out."
        )


def _with_label(image: KerasTensor, label: KerasTensor) -> KerasTensor:
    """Puts a constant map for each label beside the channels of an image."""
    height, width = image.shape[1:3]
    x = keras.layers.Reshape((1, 1, label.shape[-1]), name=f"{PREFIX}label")(
        label
    )
    x = keras.layers.UpSampling2D((height, width), name=f"{PREFIX}tiled")(x)
    return keras.layers.Concatenate(name=f"{PREFIX}code")([image, x])


@keras.saving.register_keras_serializable(package=_PACKAGE)
class Corrected(keras.layers.Layer):
    """tanh(artanh(image) + correction), with the image held within 0.99.

    Args:
        **kwargs: Those of `keras.layers.Layer`.
    """

    def call(self, image, correction):
        """Returns images in (-1, 1); a correction of 0 leaves them alone."""
        inside = ops.clip(image, -_BRIGHTEST, _BRIGHTEST)
        return ops.tanh(ops.arctanh(inside) + correction)

    def compute_output_shape(self, image_shape, correction_shape):
        """Returns the shape of the image."""
        return image_shape
