"""Differentiable augmentation of what the critic sees, real and generated.

The transforms of DiffAugment (Zhao et al. 2020, arXiv 2006.10738), each
applied to an image with probability p as in ADA (Karras et al. 2020, arXiv
2006.06676). They are functions of the images and of uniform noise that comes
in with the batch, and draw nothing themselves.

Images are in [-1, 1], as in the paper's code: brightness moves them by up to a
quarter of that range, and the zeros that translation and cutout bring in are
mid-grey. Results may leave [-1, 1] and are not clipped: a clipped pixel
would give the generator no gradient.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.ops import gradients
from tfgan_transfer.pixels import to_float, to_uint8


def color(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Changes brightness, then saturation, then contrast.

    Noise of 0.5 changes nothing. Images of one channel have no saturation.

    Args:
        images: Float32 [B, H, W, C] in [-1, 1].
        noise: Float32 [B, 3] in [0, 1): brightness goes up by noise - 0.5;
            distances of a pixel's channels from their mean are multiplied by
            2 noise; distances from the image's mean by noise + 0.5.

    Returns:
        Float32 [B, H, W, C].
    """
    brightness, saturation, contrast = tf.unstack(
        noise[:, :, None, None, None], axis=1
    )
    images = images + brightness - 0.5
    if images.shape[-1] > 1:
        grey = tf.reduce_mean(images, axis=3, keepdims=True)
        images = grey + 2.0 * saturation * (images - grey)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + (contrast + 0.5) * (images - mean)


def translation(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Shifts by whole pixels, up to 1/8 of each side, and pads with zeros.

    Noise of 0.5 changes nothing.

    Args:
        images: Float32 [B, H, W, C].
        noise: Float32 [B, 2] in [0, 1): from 0 to 1 the shift grows from
            -round(side / 8) to +round(side / 8), down and to the right.

    Returns:
        Float32 [B, H, W, C].
    """
    shifts = []
    for axis in (0, 1):
        # Half a pixel is rounded up: 1 px of 4, 2 px of 12.
        limit = (images.shape[1 + axis] + 4) // 8
        shifts.append(_integers(noise[:, axis], 2 * limit + 1) - limit)
    return _shifted(images, *shifts)


def cutout(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Sets a rectangle of half the height and half the width to zero.

    Its centre may be anywhere, so that three quarters of it may lie outside.

    Args:
        images: Float32 [B, H, W, C].
        noise: Float32 [B, 2] in [0, 1): the centre, from top to bottom and
            from left to right.

    Returns:
        Float32 [B, H, W, C].
    """
    inside = []
    for axis in (0, 1):
        side = images.shape[1 + axis]
        size = (side + 1) // 2
        # An even size is centred between pixels, an odd one on a pixel.
        centre = _integers(noise[:, axis], side + 1 - size % 2)
        distance = tf.range(side) - (centre - size // 2)[:, None]
        inside.append((distance >= 0) & (distance < size))
    hole = inside[0][:, :, None, None] & inside[1][:, None, :, None]
    return tf.where(hole, 0.0, images)


class Transform(NamedTuple):
    """A function of images and noise [B, parameters]."""

    function: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    parameters: int


# In the order in which they are applied. Colour comes first, so that padding
# and holes are the same grey for every image.
TRANSFORMS = {
    "color": Transform(color, 3),
    "translation": Transform(translation, 2),
    "cutout": Transform(cutout, 2),
}


class Policy(NamedTuple):
    """What to augment with, before there are any variables.

    Attributes:
        transforms: Keys of `TRANSFORMS`; none for no augmentation.
        probability: With which each is applied to an image at first.
    """

    transforms: tuple[str, ...]
    probability: float

    @property
    def width(self) -> int:
        """K, random numbers per image: parameters and one gate for each."""
        return sum(TRANSFORMS[name].parameters + 1 for name in self.transforms)


POLICIES = {
    "none": Policy((), 0.0),
    "diff": Policy(tuple(TRANSFORMS), 1.0),
    # The probability is steered by `training.adaptive_augment`.
    "ada": Policy(tuple(TRANSFORMS), 0.0),
}


def parse(text: str) -> Policy:
    """Understands a value of --augment.

    Args:
        text: A key of `POLICIES`, or transforms separated by commas, which
            are then always applied.

    Raises:
        UserError: If a word is unknown.
    """
    if text in POLICIES:
        return POLICIES[text]
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in TRANSFORMS:
            known = TRANSFORMS if "," in text else {**POLICIES, **TRANSFORMS}
            raise UserError(
                choices("--augment", word, known)
                + " Several transforms are separated by commas."
            )
    return Policy(tuple(name for name in TRANSFORMS if name in words), 1.0)


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class Augmentation:
    """Augments images by noise, each transform with probability p.

    The real and the generated image i of a batch are meant to get the same
    noise. Each of them alone is then still augmented by the law of the
    transforms, which is all that losses averaged over real and over generated
    images depend on. And given its noise every transform is affine in the
    image, T(x + m (y - x)) = T(x) + m (T(y) - T(x)), so that the gradient
    penalty, which mixes augmented images, looks at augmented mixed images.

    Args:
        transforms: Keys of `TRANSFORMS`; applied in the order of that table.
        probability: With which each transform is applied to an image.

    Attributes:
        width: K, random numbers per image.
        probability: Non-trainable float32 scalar, saved with the run.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        transforms: Sequence[str] = tuple(TRANSFORMS),
        probability: float = 1.0,
    ):
        if not transforms or {*transforms} - {*TRANSFORMS}:
            raise ValueError(
                f"transforms must be some of {[*TRANSFORMS]}. "
                f"Received: transforms={transforms!r}"
            )
        if not 0 <= probability <= 1:
            raise ValueError(
                "probability must be in [0, 1]. "
                f"Received: probability={probability}"
            )
        self.transforms = tuple(n for n in TRANSFORMS if n in transforms)
        self.width = Policy(self.transforms, probability).width
        self.probability = keras.Variable(
            probability,
            dtype="float32",
            trainable=False,
            autocast=False,
            name="probability",
        )

    def get_config(self) -> dict:
        """Arguments that make the same augmentation."""
        return {
            "transforms": list(self.transforms),
            "probability": float(self.probability),
        }

    @classmethod
    def from_config(cls, config: dict) -> "Augmentation":
        """Makes the augmentation of `get_config`."""
        return cls(**config)

    @property
    def variables(self) -> list[keras.Variable]:
        """What a checkpoint holds of it."""
        return [self.probability]

    def __call__(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Augments each image by its own noise.

        Args:
            images: Float32 [B, H, W, C] in [-1, 1].
            noise: Float32 [B, K], uniform in [0, 1). For each transform its
                parameters and then its gate: it is applied where the gate is
                below the probability, so always at 1 and never at 0.

        Returns:
            Float32 [B, H, W, C], not limited to [-1, 1].

        Raises:
            ValueError: If the noise has another width than K.
        """
        probability = tf.convert_to_tensor(self.probability.value)
        return self.apply(images, noise, probability)

    def apply(
        self, images: tf.Tensor, noise: tf.Tensor, probability: tf.Tensor
    ) -> tf.Tensor:
        """Augments with another probability than the variable's."""
        if noise.shape[-1] != self.width:
            raise ValueError(
                f"noise must have {self.width} columns for the transforms "
                f"{self.transforms}. Received: noise.shape={noise.shape}"
            )
        for name in self.transforms:
            function, parameters = TRANSFORMS[name]
            own, noise = noise[:, :parameters], noise[:, parameters:]
            gate, noise = noise[:, 0, None, None, None], noise[:, 1:]
            images = tf.where(gate < probability, function(images, own), images)
        return images


def preview(
    images: np.ndarray, augmentation: Augmentation, seed: int, copies: int = 7
) -> np.ndarray:
    """Shows what the critic will see, every transform applied.

    Args:
        images: Uint8 [N, H, W, C].
        augmentation: What to show.
        seed: Seed of the noise.
        copies: Augmented versions of each image.

    Returns:
        Uint8 [N * (1 + copies), H, W, C], each image followed by its
        augmented versions, for a grid of 1 + copies columns.
    """
    shape = (len(images) * copies, augmentation.width)
    noise = np.random.default_rng(seed).random(shape, np.float32)
    inputs = tf.constant(to_float(np.repeat(images, copies, axis=0)))
    outputs = augmentation.apply(inputs, noise, 1.0).numpy()
    # The critic sees values beyond the range; a picture cannot show them.
    pixels = to_uint8(outputs)
    pixels = pixels.reshape(len(images), copies, *images.shape[1:])
    rows = np.concatenate([images[:, None], pixels], axis=1)
    return rows.reshape(-1, *images.shape[1:])


def _integers(noise: tf.Tensor, count: int) -> tf.Tensor:
    """Turns noise in [0, 1) into 0, ..., count - 1, equally likely."""
    # The largest float32 below 1 times any count rounds to less than it.
    return tf.cast(noise * count, tf.int32)


@gradients.custom_gradient
def _shifted(
    images: tf.Tensor, down: tf.Tensor, right: tf.Tensor
) -> tuple[tf.Tensor, Callable]:
    """Moves image i by down[i] and right[i] pixels between zeros.

    The gradient of a gather would be a scatter, which is slow, and adds in
    random order on GPUs; moving the upstream gradient back is the same.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None, None]:
        return _shifted(upstream, -down, -right), None, None

    moved = images
    for axis, shift in (1, down), (2, right):
        side = images.shape[axis]
        source = tf.range(side) - shift[:, None]
        # Indices on the CPU must be valid even where the result is not used.
        valid = tf.clip_by_value(source, 0, side - 1)
        moved = tf.gather(moved, valid, axis=axis, batch_dims=1)
        known = tf.expand_dims((source >= 0) & (source < side), 3 - axis)
        moved = tf.where(known[..., None], moved, 0.0)
    return moved, gradient
