"""The memory of generated images that CycleGAN's critics learn from."""

from collections.abc import Iterable, Sequence

import keras
import tensorflow as tf


def exchange(
    pool: tf.Tensor, filled: tf.Tensor, fresh: tf.Tensor, chance: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Passes a batch through the pool, one image after the other.

    Shrivastava et al. 2017 (arXiv 1612.07828), section 2.3, as CycleGAN has
    it: while there is room an image is stored and shown; then, with
    probability 1/2, a random stored image is shown and the new one takes its
    place; otherwise the new one is shown and forgotten.

    Pure, and without a loop: an image that is drawn from a slot is the last
    one of this batch that was put there or, if there is none, the pool's.

    Args:
        pool: Float32 [S, H, W, C], S >= 1.
        filled: How many slots hold an image, int64 scalar.
        fresh: Float32 [B, H, W, C]; image i comes before image i + 1.
        chance: Float32 [B, 2] in [0, 1): whether to draw, and from where.

    Returns:
        The images to show [B, H, W, C], the new pool, the new `filled`.
    """
    size = pool.shape[0]
    count = tf.shape(fresh, out_type=tf.int64)[0]
    order = tf.range(count)
    room = filled + order < size
    drawn = ~room & (chance[:, 0] < 0.5)
    random = tf.minimum(tf.cast(chance[:, 1] * size, tf.int64), size - 1)
    slot = tf.where(room, filled + order, random)
    stored = room | drawn

    # Both tables of images at once: the pool first, then the batch.
    images = tf.concat([pool, fresh], axis=0)
    same = stored & (slot == slot[:, None]) & (order < order[:, None])
    shown = tf.where(drawn, _latest(same, order, slot, size), size + order)
    slots = tf.range(size, dtype=tf.int64)
    kept = _latest(stored & (slot == slots[:, None]), order, slots, size)
    return (
        tf.gather(images, shown),
        tf.ensure_shape(tf.gather(images, kept), pool.shape),
        tf.minimum(filled + count, size),
    )


def _latest(
    puts: tf.Tensor, order: tf.Tensor, slot: tf.Tensor, size: int
) -> tf.Tensor:
    """Row of the last image put into each slot; its old one without any."""
    last = tf.reduce_max(tf.where(puts, order, -1), axis=1)
    return tf.where(last >= 0, size + last, slot)


class ImagePool:
    """A pool that all replicas share, and that is saved with the run.

    The images of all replicas pass through it in the order of the global
    batch, so that how many replicas share a batch makes no difference. Every
    replica holds a copy and works out the same new pool.

    Args:
        size: S, the number of slots, at least 1.
        image_shape: (H, W, C).
    """

    def __init__(self, size: int, image_shape: Iterable[int]):
        options = {"trainable": False, "autocast": False}
        self.images = keras.Variable(
            tf.zeros([size, *image_shape]), name="images", **options
        )
        self.filled = keras.Variable(0, dtype="int64", name="filled", **options)

    @property
    def variables(self) -> list[keras.Variable]:
        """What a checkpoint holds."""
        return [self.images, self.filled]

    def exchange(self, fresh: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
        """Takes this replica's generated images, gives those to learn from.

        Args:
            fresh: Float32 [B / replicas, H, W, C].
            chance: Float32 [B / replicas, 2] in [0, 1).

        Returns:
            As many images, float32.
        """
        context = tf.distribute.get_replica_context()
        replicas = context.num_replicas_in_sync
        everyone = fresh, chance
        if replicas > 1:
            everyone = context.all_gather(everyone, axis=0)
        shown, images, filled = exchange(
            self.images.value, self.filled.value, *everyone
        )
        _assign(self.variables, [images, filled])
        if replicas == 1:
            return shown
        rows = tf.shape(fresh)[0]
        first = context.replica_id_in_sync_group * rows
        return shown[first : first + rows]


def _assign(
    targets: Sequence[keras.Variable], values: Sequence[tf.Tensor]
) -> None:
    """Assigns values that every replica has computed alike.

    Args:
        targets: Keras variables, not trainable.
        values: A tensor for each.
    """
    variables = [target.value for target in targets]

    def update(strategy: tf.distribute.Strategy, values: list) -> None:
        for variable, value in zip(variables, values, strict=True):
            strategy.extended.update(
                variable,
                lambda variable, value: variable.assign(value),
                args=(value,),
                group=False,
            )

    tf.distribute.get_replica_context().merge_call(update, args=([*values],))
