"""Losses and accuracy of a critic's class head: pure functions.

Class logits are float32 [B, L]. Every loss returns one value per example,
float32 [B], so that the caller takes exactly one mean over the global batch.
"""

import tensorflow as tf


def softmax_class_loss(
    logits: tf.Tensor, labels: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """Cross-entropy of one class per image.

    Odena et al. 2017 (arXiv 1610.09585), equation 3, as a minimisation. The
    critic takes it on real images and, in the paper, on generated ones; the
    generator on its own images, against the label that it was given.

    Args:
        logits: Float32 [B, L], without a softmax.
        labels: One-hot, float32 [B, L]; a row of zeros is an image without
            a label, whose loss and gradient are 0.
        smoothing: Share of the target that is spread over all classes, in
            [0, 1); for the critic's targets only.

    Returns:
        The loss of each image, float32 [B].
    """
    classes = tf.cast(tf.shape(labels)[-1], tf.float32)
    target = labels * (1 - smoothing) + smoothing / classes
    loss = tf.nn.softmax_cross_entropy_with_logits(target, logits)
    return loss * _labelled(labels)


def sigmoid_class_loss(
    logits: tf.Tensor,
    labels: tf.Tensor,
    smoothing: float = 0.0,
    reduction: str = "mean",
) -> tf.Tensor:
    """Binary cross-entropy of several tags per image.

    Args:
        logits: Float32 [B, L], without a sigmoid.
        labels: Multi-hot, float32 [B, L]; a row of zeros is an image without
            tags, whose loss and gradient are 0.
        smoothing: Moves targets from 0 and 1 towards 1/2, in [0, 1).
        reduction: `"mean"` or `"sum"` over the L tags.

    Returns:
        The loss of each image, float32 [B].

    Raises:
        ValueError: If the reduction is unknown.
    """
    reductions = {"mean": tf.reduce_mean, "sum": tf.reduce_sum}
    if reduction not in reductions:
        raise ValueError(
            f"Unknown reduction, expected one of {sorted(reductions)}. "
            f"Received: reduction={reduction!r}"
        )
    target = labels * (1 - smoothing) + smoothing / 2
    loss = tf.nn.sigmoid_cross_entropy_with_logits(target, logits)
    return reductions[reduction](loss, axis=-1) * _labelled(labels)


def _labelled(labels: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.reduce_any(labels > 0, axis=-1), tf.float32)


def class_accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Share of an image's k labels among its k highest logits.

    The ordinary top-1 accuracy for one class, R-precision for tags: unlike
    the accuracy tag by tag it cannot be had by saying no to all of them.

    Args:
        logits: Float32 [B, L].
        labels: One-hot or multi-hot, float32 [B, L]; rows of zeros don't
            count.

    Returns:
        The mean over labelled images, a float32 scalar in [0, 1]; 0 if there
        are none.
    """
    # How many logits are higher: the rank of each label, from 0.
    higher = logits[:, None, :] > logits[:, :, None]
    rank = tf.reduce_sum(tf.cast(higher, tf.float32), axis=-1)
    count = tf.reduce_sum(labels, axis=-1, keepdims=True)
    found = tf.reduce_sum(labels * tf.cast(rank < count, tf.float32), axis=-1)
    precision = tf.math.divide_no_nan(found, count[:, 0])
    return tf.math.divide_no_nan(
        tf.reduce_sum(precision), tf.reduce_sum(_labelled(labels))
    )
