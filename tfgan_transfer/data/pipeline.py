"""The endless dataset of training steps, addressable by step number."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgan_transfer.data import noise
from tfgan_transfer.data.image_set import ImageSet
from tfgan_transfer.data.rotation import rotate
from tfgan_transfer.errors import UserError
from tfgan_transfer.pixels import to_float

# One stream of random numbers for each use.
_LATENT, _MIX, _AUGMENT, _FLIP, _ROTATE, _NOISE = range(6)

# Seeds for each image slot of the critic: of its real, its generated and its
# penalised image.
NOISE_SEEDS = 3

# Elements that are made at once, and kept ready; one takes a few percent of
# the time of a step.
_AHEAD = 4

# The first word that tf.random.experimental.index_shuffle puts in its seed.
# That function pads the wrong axis of a batch of seeds in TensorFlow 2.21, so
# the operation is called directly.
_SHUFFLE_PAD = 498247692


def training_batches(
    images: ImageSet,
    *,
    batch_size: int,
    n_critic: int,
    latent_size: int,
    latent_prior: str = "normal",
    flip: bool = True,
    rotation: float = 0.0,
    augment_width: int = 0,
    seed: int = 0,
    start_step: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Builds the dataset with one element for each train step.

    Element n holds everything random that step n needs and is a pure function
    of (seed, n), so starting at any step costs nothing and continues exactly.
    Images are drawn without replacement: critic slot c of example i (counted
    over all steps) takes image number i * n_critic + c of an endless sequence
    of epochs, each its own permutation of the set.

    Args:
        images: What to draw from; may be smaller than a batch.
        batch_size: Global batch B.
        n_critic: Critic iterations C' for each generator iteration.
        latent_size: Z.
        latent_prior: `"normal"`, `"uniform"` on [0, 1), `"truncated_normal"`.
        flip: Whether each drawn image is mirrored with probability 1/2.
        rotation: Each drawn image is turned by an angle that is uniform
            between -rotation and +rotation degrees; 0 for none.
        augment_width: K, random numbers for each augmentation.
        seed: The run's seed.
        start_step: Number of the first element.
        shard: (k, n): yield rows [k * B / n, (k + 1) * B / n) only.

    Returns:
        An infinite dataset of dicts, all float32, b = B / n rows each:
        `image` [b, n_critic, H, W, C] in [-1, 1]; `label` [b, n_critic, L];
        `latent` [b, n_critic + 1, Z]; `mix` [b, n_critic, 1, 1, 1] uniform in
        [0, 1); `augment` [b, n_critic + 1, K] uniform in [0, 1); `noise`
        [b, n_critic + 1, 3] uniform in [0, 1), seeds of what a critic draws.

    Raises:
        UserError: An empty set, an unknown prior, or a batch that n does not
            divide.
    """
    index, parts = shard
    if not len(images):
        raise UserError("there are no images to train on; check --data")
    if batch_size < 1 or batch_size % parts:
        raise UserError(
            f"--batch_size must be a positive multiple of the {parts} workers, "
            f"received {batch_size}"
        )
    rows = batch_size // parts
    mine = slice(index * rows, (index + 1) * rows)
    draw_latent = noise.prior(latent_prior)
    draw_images = image_drawer(images, n_critic, seed)

    # Noise is drawn for the whole batch, so that a shard gets its own rows.
    def uniform(kind: int, step: tf.Tensor, *shape: int) -> tf.Tensor:
        stream = noise.stream(seed, kind, step)
        return noise.uniform([batch_size, *shape], stream)[mine]

    def element(step: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels, labels = draw_images(step * batch_size + index * rows, rows)
        if flip:
            chance = uniform(_FLIP, step, n_critic)
            pixels = mirror(pixels, tf.reshape(chance < 0.5, [-1]))
        if rotation:
            share = tf.reshape(uniform(_ROTATE, step, n_critic), [-1])
            pixels = rotate(pixels, rotation * (2.0 * share - 1.0))
        pixels = to_float(pixels)
        latent_shape = [batch_size, n_critic + 1, latent_size]
        stream = noise.stream(seed, _LATENT, step)
        return {
            "image": by_example(pixels, rows, n_critic),
            "label": by_example(labels, rows, n_critic),
            "latent": draw_latent(latent_shape, stream)[mine],
            "mix": uniform(_MIX, step, n_critic, 1, 1, 1),
            "augment": uniform(_AUGMENT, step, n_critic + 1, augment_width),
            "noise": uniform(_NOISE, step, n_critic + 1, NOISE_SEEDS),
        }

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return endless(steps, element)


def endless(
    steps: tf.data.Dataset, element: Callable[[tf.Tensor], dict]
) -> tf.data.Dataset:
    """Makes the element of every step, a few steps ahead.

    The order of the steps stays, and every worker keeps its hands off the rows.
    """
    options = tf.data.Options()
    options.deterministic = True
    # A tuner would look after it once a minute, and an iterator that is done
    # with, at the end of a run, waits for its next look.
    options.autotune.enabled = False
    # Each worker asks for its own rows; there is nothing left to shard.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    elements = steps.map(element, num_parallel_calls=_AHEAD)
    return elements.with_options(options).prefetch(_AHEAD)


def image_drawer(
    images: ImageSet, n_critic: int, seed: int, order: int = 0
) -> Callable[[tf.Tensor, int], tuple[tf.Tensor, tf.Tensor]]:
    """Returns the function that draws the images of examples first, first+1..

    It takes the number of the first example and how many there are, E, and
    returns uint8 [E * n_critic, H, W, C] and labels [E * n_critic, L]. Sets
    with another `order` are shuffled apart, although they share the seed.
    """
    look_up = _reader(images)
    with tf.device("CPU:0"):
        labels = tf.constant(images.labels)

    def draw(first: tf.Tensor, examples: int) -> tuple[tf.Tensor, tf.Tensor]:
        numbers = first * n_critic + tf.range(
            examples * n_critic, dtype=tf.int64
        )
        chosen = _shuffled(numbers, len(images), seed, order)
        return look_up(chosen), tf.gather(labels, chosen)

    return draw


def _shuffled(
    numbers: tf.Tensor, size: int, seed: int, order: int
) -> tf.Tensor:
    """Maps numbers of the endless sequence to rows, epoch by epoch."""
    epoch = numbers // size
    seeds = tf.stack(
        [
            tf.fill(
                tf.shape(epoch), tf.constant(_SHUFFLE_PAD + order, tf.int64)
            ),
            tf.fill(tf.shape(epoch), tf.constant(seed, tf.int64)),
            epoch,
        ],
        axis=-1,
    )
    return tf.raw_ops.RandomIndexShuffle(
        index=numbers % size,
        seed=seeds,
        max_index=tf.constant(size - 1, tf.int64),
        rounds=4,
    )


def mirror(pixels: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Mirrors the chosen ones of [M, H, W, C], left to right."""
    # A gather of whole columns: ten times faster than tf.reverse of uint8.
    width = pixels.shape[2]
    columns = tf.range(width)[None]
    columns = tf.where(chosen[:, None], width - 1 - columns, columns)
    by_column = tf.transpose(pixels, [0, 2, 1, 3])
    mirrored = tf.gather(by_column, columns, batch_dims=1)
    return tf.transpose(mirrored, [0, 2, 1, 3])


def cut(
    pixels: tf.Tensor, place: tf.Tensor, size: tuple[int, int]
) -> tf.Tensor:
    """Cuts a piece of a size out of each of [M, H, W, C].

    Args:
        pixels: Any type.
        place: Float32 [M, 2] in [0, 1): 0 is the uppermost, leftmost place.
        size: (height, width) of the pieces.

    Returns:
        [M, height, width, C].
    """
    for axis, side in enumerate(size):
        places = pixels.shape[1 + axis] - side + 1
        first = tf.cast(place[:, axis] * places, tf.int32)
        # Rounding may take 1 - 2**-24 to the number of places.
        first = tf.minimum(first, places - 1)
        lines = first[:, None] + tf.range(side)[None]
        pixels = tf.gather(pixels, lines, axis=1 + axis, batch_dims=1)
    return pixels


def by_example(tensor: tf.Tensor, rows: int, n_critic: int) -> tf.Tensor:
    """Lays [rows * n_critic, ...] out as [rows, n_critic, ...]."""
    return tf.reshape(tensor, [rows, n_critic, *tensor.shape[1:]])


def _reader(images: ImageSet) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the function from row numbers [M] to uint8 [M, H, W, C]."""
    pixels = images.images
    if not isinstance(pixels, np.memmap):
        with tf.device("CPU:0"):
            resident = tf.convert_to_tensor(pixels)
        return lambda rows: tf.gather(resident, rows)

    def read(rows: np.ndarray) -> np.ndarray:
        # In the order on disk, each row once.
        ordered, inverse = np.unique(rows, return_inverse=True)
        return np.asarray(pixels[ordered])[inverse]

    def look_up(rows: tf.Tensor) -> tf.Tensor:
        found = tf.numpy_function(read, [rows], tf.uint8, stateful=False)
        return tf.ensure_shape(found, [rows.shape[0], *pixels.shape[1:]])

    return look_up
