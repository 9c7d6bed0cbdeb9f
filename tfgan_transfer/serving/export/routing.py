"""Several generators behind one endpoint: each row to the one that knows it."""

from collections.abc import Callable, Sequence

import tensorflow as tf

Network = Callable[..., tf.Tensor]


class Routed:
    """Generators that each know their own labels, called like a single one.

    The rows of a request are sorted by generator, each generator draws its
    own in one batch, and the images are put back in the order of the request.
    So a row costs one pass of one network, however many there are: drawing it
    with all of them and taking one costs as many times more, and choosing a
    branch for each row gives up batches.

    Args:
        networks: Latents [B, Z] and labels [B, l] to images [B, H, W, C].
        widths: l of each of them, in the order of the joint labels.
        image_shape: (H, W, C).
    """

    def __init__(
        self,
        networks: Sequence[Network],
        widths: Sequence[int],
        image_shape: Sequence[int],
    ):
        self.networks = networks
        self.widths = widths
        self.image_shape = tuple(image_shape)

    def __call__(
        self, inputs: Sequence[tf.Tensor], training: bool = False
    ) -> tf.Tensor:
        """Draws images.

        Args:
            inputs: Latents [B, Z] and labels, float32 [B, L], one of them 1 in
                each row.
            training: As of the networks.

        Returns:
            Float32 [B, H, W, C].

        Raises:
            tf.errors.InvalidArgumentError: When run on a row with no label or
                several.
        """
        latent, label = inputs
        check = tf.debugging.Assert(
            tf.reduce_all(tf.reduce_sum(label, axis=1) == 1),
            ["label: expected one class in each row, received:", label],
        )
        with tf.control_dependencies([check]):
            owners = tf.repeat(tf.range(len(self.widths)), self.widths)
            owner = tf.gather(owners, tf.argmax(label, axis=1))
        rows = tf.dynamic_partition(
            tf.range(tf.shape(label)[0]), owner, len(self.networks)
        )
        parts = tf.split(label, self.widths, axis=1)
        drawn = [
            self._draw(network, latent, part, mine, training)
            for network, part, mine in zip(
                self.networks, parts, rows, strict=True
            )
        ]
        images = tf.dynamic_stitch(rows, drawn)
        return tf.ensure_shape(images, [None, *self.image_shape])

    def _draw(
        self,
        network: Network,
        latent: tf.Tensor,
        label: tf.Tensor,
        rows: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        """The images of some rows by one network; nothing runs for none."""

        def draw() -> tf.Tensor:
            own = [tf.gather(latent, rows), tf.gather(label, rows)]
            return tf.cast(network(own, training=training), tf.float32)

        return tf.cond(
            tf.size(rows) > 0,
            draw,
            lambda: tf.zeros([0, *self.image_shape]),
        )
