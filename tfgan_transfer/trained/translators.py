"""The two translators of a model, at any size."""

import math
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import architecture
from tfgan_transfer.training import checkpoint

SMALLEST = 8


class Translators:
    """What a CycleGAN has learned, without critics and optimizers.

    Args:
        networks: Direction -> what maps images [B, H, W, C] in [-1, 1].
        image_shape: (H, W, C) of training.
    """

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        image_shape: tuple[int, int, int],
    ):
        self.networks = networks
        self.image_shape = image_shape
        self._any_size = {}

    @classmethod
    def of(
        cls, found: checkpoint.Checkpoint, *, ema: bool = True
    ) -> "Translators":
        """Those of a checkpoint.

        Args:
            found: The checkpoint.
            ema: Whether to take the averaged weights.

        Raises:
            UserError: If the checkpoint is of another model.
        """
        run = found.manifest["run"]
        if "translator" not in run:
            raise UserError(
                f"--checkpoint: {str(found.path)!r} is of "
                f"model={run['flags']['model']}, which does not translate; "
                "expected one of `train --model=cyclegan`"
            )
        shape = tuple(run["translator"]["image_shape"])
        return cls(_networks(found, run, ema), shape)

    def translate(self, images: np.ndarray, direction: str) -> tf.Tensor:
        """Translates images of the size of training, or of any other.

        All layers are local or statistics of one image, so another size works
        without another network. Sides that the halvings do not divide are
        continued to the right and below, as a mirror would, and cut off
        again.

        Args:
            images: Float32 [B, H, W, C] in [-1, 1].
            direction: `"a2b"` or `"b2a"`.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        height, width = images.shape[1:3]
        if (height, width) == self.image_shape[:2]:
            return self.networks[direction](images, training=False)
        factor = self.multiple
        high, wide = (
            max(SMALLEST, -(-side // factor) * factor)
            for side in (height, width)
        )
        around = [(0, 0), (0, high - height), (0, wide - width), (0, 0)]
        padded = np.pad(np.asarray(images), around, mode="reflect")
        return self._free(direction)(padded, training=False)[:, :height, :width]

    @property
    def multiple(self) -> int:
        """What divides the sides that the networks take as they are."""
        layers = self.networks["a2b"].layers
        convolutions = [x for x in layers if isinstance(x, keras.layers.Conv2D)]
        return math.prod(layer.strides[0] for layer in convolutions)

    def _free(self, direction: str) -> keras.Model:
        """The same network for images of any size."""
        if direction not in self._any_size:
            network = self.networks[direction]
            image = keras.Input((None, None, self.image_shape[-1]))
            free = keras.models.clone_model(network, input_tensors=image)
            free.set_weights(network.get_weights())
            self._any_size[direction] = free
        return self._any_size[direction]


def _networks(
    found: checkpoint.Checkpoint, run: Mapping, ema: bool
) -> dict[str, keras.Model]:
    groups = checkpoint.load(found.path)
    networks = {}
    for name in ("a2b", "b2a"):
        networks[name] = architecture.translation(run, name)
        group = groups[f"ema_{name}" if ema else name]
        checkpoint.restore({name: networks[name]}, {name: group})
    return networks
