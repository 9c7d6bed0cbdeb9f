"""The endless dataset of training steps on two sets without pairs."""

import numpy as np
import tensorflow as tf

from tfgan_transfer.data import noise, pipeline
from tfgan_transfer.data.image_set import ImageSet
from tfgan_transfer.errors import UserError
from tfgan_transfer.pixels import to_float

# One stream of random numbers for each use; 0 to 3 are the pipeline's.
_MIX, _POOL = 4, 5
_FLIPS = {"a": 6, "b": 7}
_CROPS = {"a": 8, "b": 9}
_AUGMENT = 10
_ORDERS = {"a": 0, "b": 1}


def training_batches(
    images_a: ImageSet,
    images_b: ImageSet,
    *,
    batch_size: int,
    n_critic: int = 1,
    flip: bool = True,
    size: tuple[int, int] | None = None,
    augment_width: int = 0,
    seed: int = 0,
    start_step: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Builds the dataset with one element for each train step.

    Element n is a pure function of (seed, n), as in `data.training_batches`.
    Each set is drawn from without replacement in an order of its own, over
    and over; so the larger one is passed through less often.

    Args:
        images_a: Images of A; may be fewer than a batch.
        images_b: Images of B, of the same size and channels.
        batch_size: Images B of each set per critic iteration.
        n_critic: Critic iterations per generator step.
        flip: Whether each drawn image is mirrored with probability 1/2.
        size: (H, W) that is cut out of each drawn image, at a place of its
            own, all places being equally likely; None for whole images.
        augment_width: K, random numbers for the augmentation of an image.
        seed: The run's seed.
        start_step: Number of the first element.
        shard: (k, n): yield rows [k * B / n, (k + 1) * B / n) only.

    Returns:
        An infinite dataset of dicts, all float32, b = B / n rows each:
        `image_a` and `image_b` [b, n_critic, H, W, C] in [-1, 1]; `pool`
        [b, n_critic, 2, 2], `mix` [b, n_critic, 2, 1, 1, 1] and, if K > 0,
        `augment` [b, n_critic, 2, K] uniform in [0, 1), with A's numbers
        first.

    Raises:
        UserError: An empty set, or a batch that n does not divide.
    """
    index, parts = shard
    for name, images in ("a", images_a), ("b", images_b):
        if not len(images):
            raise UserError(
                f"there are no images to train on; check --data_{name}"
            )
    if batch_size < 1 or batch_size % parts:
        raise UserError(
            f"--batch_size must be a positive multiple of the {parts} workers, "
            f"received {batch_size}"
        )
    rows = batch_size // parts
    mine = slice(index * rows, (index + 1) * rows)
    draw = {
        name: pipeline.image_drawer(images, n_critic, seed, _ORDERS[name])
        for name, images in (("a", images_a), ("b", images_b))
    }

    # Noise is drawn for the whole batch, so that a shard gets its own rows.
    def uniform(kind: int, step: tf.Tensor, *shape: int) -> tf.Tensor:
        stream = noise.stream(seed, kind, step)
        return noise.uniform([batch_size, n_critic, *shape], stream)[mine]

    def images(name: str, step: tf.Tensor) -> tf.Tensor:
        pixels, _ = draw[name](step * batch_size + index * rows, rows)
        if size and size != tuple(pixels.shape[1:3]):
            place = tf.reshape(uniform(_CROPS[name], step, 2), [-1, 2])
            pixels = pipeline.cut(pixels, place, size)
        if flip:
            chance = uniform(_FLIPS[name], step)
            pixels = pipeline.mirror(pixels, tf.reshape(chance < 0.5, [-1]))
        pixels = to_float(pixels)
        return pipeline.by_example(pixels, rows, n_critic)

    def element(step: tf.Tensor) -> dict[str, tf.Tensor]:
        drawn = {
            "image_a": images("a", step),
            "image_b": images("b", step),
            "pool": uniform(_POOL, step, 2, 2),
            "mix": uniform(_MIX, step, 2, 1, 1, 1),
        }
        if augment_width:
            drawn["augment"] = uniform(_AUGMENT, step, 2, augment_width)
        return drawn

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return pipeline.endless(steps, element)
