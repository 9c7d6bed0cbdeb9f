"""Holding a generator near its source: L2-SP and elastic weight consolidation.

Both help when source and target are close and hurt when they are far apart.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf


class Anchor:
    """Penalty on the squared distance from the weights of this moment.

    strength * sum_i F_i (theta_i - theta_i at the source)^2 over the weights
    that are trainable now. Without importance F = 1: L2-SP (Li et al. 2018,
    arXiv:1802.01483), whose alpha / 2 is the strength here. With the Fisher
    information it is elastic weight consolidation (Li et al. 2020,
    arXiv:2012.02780), whose lambda it is.

    A scalar that belongs to the generator, not to its examples: it has to be
    divided by the number of replicas like a mean over the global batch.

    Args:
        generator: Already transferred and frozen. Make the anchor inside the
            strategy's scope.
        strength: Weight of the penalty, at least 0.
        importance: F per trainable weight, in their order; 1 if absent.

    Attributes:
        variables: Float32 variables not to be trained, for checkpoints:
            `anchor/LAYER/WEIGHT`, and `importance/LAYER/WEIGHT` if given.
    """

    def __init__(
        self,
        generator: keras.Model,
        strength: float,
        importance: Sequence[np.ndarray] | None = None,
    ):
        if not strength >= 0:
            raise ValueError(
                f"strength must be at least 0. Received: strength={strength}"
            )
        weights = generator.trainable_variables
        self.strength = strength
        self._paths = [weight.path for weight in weights]
        self._anchors = [
            _fixed("anchor", weight.path, weight.numpy()) for weight in weights
        ]
        self._importance = []
        if importance is not None:
            _check(importance, weights)
            self._importance = [
                _fixed("importance", path, values)
                for path, values in zip(self._paths, importance, strict=True)
            ]

    @property
    def variables(self) -> list[keras.Variable]:
        """The anchors, and the importance if there is one."""
        return self._anchors + self._importance

    def __call__(self, generator: keras.Model) -> tf.Tensor:
        """Returns the penalty, a float32 scalar.

        Args:
            generator: The network it was made with, or one with the same
                trainable weights.

        Raises:
            ValueError: If other weights are trainable.
        """
        weights = generator.trainable_variables
        if [weight.path for weight in weights] != self._paths:
            raise ValueError(
                "The anchor was made for other trainable weights: freeze "
                "before making it. Received: "
                f"{len(weights)} weights, expected {len(self._paths)}"
            )
        total = tf.zeros(())
        for i, (weight, anchor) in enumerate(
            zip(weights, self._anchors, strict=True)
        ):
            distance = tf.square(
                tf.cast(weight.value, tf.float32) - anchor.value
            )
            if self._importance:
                distance *= self._importance[i].value
            total += tf.reduce_sum(distance)
        return self.strength * total


def fisher(
    generator: keras.Model,
    critic: keras.Model,
    latents: np.ndarray,
    labels: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Importance of each generator weight for what the critic says.

    The diagonal of the empirical Fisher information, after Li et al. 2020
    (arXiv:2012.02780): the mean over samples of the squared
    gradient of the score of one single sample. Batch norm uses its moving
    statistics. It grows with the square of the critic's scale, so a strength
    is meant for one critic.

    Args:
        generator: The transferred generator.
        critic: The source's critic; of its outputs the first is the score.
        latents: Float32 [N, Z], N at least 1; 30 to 250 are usual.
        labels: Float32 [N, L] for a generator with labels.

    Returns:
        One float32 array per trainable weight, in their order; not negative.

    Raises:
        ValueError: If there are no latents.
    """
    if len(latents) < 1:
        raise ValueError(
            f"fisher needs at least one latent. Received: {len(latents)}"
        )

    @tf.function
    def squares(*inputs: tf.Tensor) -> list[tf.Tensor]:
        # Tensors, because mirrored variables have no gradients out here.
        weights, statistics = (
            [tf.convert_to_tensor(v.value) for v in group]
            for group in (
                generator.trainable_variables,
                generator.non_trainable_variables,
            )
        )
        given = inputs[0] if len(inputs) == 1 else list(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            image, _ = generator.stateless_call(
                weights, statistics, given, training=False
            )
            seen = image
            if len(critic.inputs) > 1:
                # It also takes seeds of noise, which there is none of here.
                seen = [image, tf.zeros(tf.shape(image)[:1])]
            score = critic(seen, training=False)
            if isinstance(score, (list, tuple)):
                score = score[0]
        gradients = tape.gradient(
            score, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return [tf.square(tf.cast(g, tf.float32)) for g in gradients]

    columns = [latents] if labels is None else [latents, labels]
    sums = [np.zeros(w.shape) for w in generator.trainable_variables]
    for i in range(len(latents)):
        one = [tf.constant(column[i : i + 1], tf.float32) for column in columns]
        for total, square in zip(sums, squares(*one), strict=True):
            total += square.numpy()
    return [np.float32(total / len(latents)) for total in sums]


def _fixed(group: str, path: str, values: np.ndarray) -> keras.Variable:
    """A variable that is not trained, with a path that tells whose it is."""
    layer, name = path.rsplit("/", 1)
    with keras.name_scope(group), keras.name_scope(layer):
        return keras.Variable(
            values, trainable=False, dtype="float32", name=name
        )


def _check(importance: Sequence, weights: Sequence) -> None:
    expected = [tuple(weight.shape) for weight in weights]
    received = [np.shape(values) for values in importance]
    if expected != received:
        raise ValueError(
            "importance must have the shapes of the trainable weights. "
            f"Received: {received}, expected {expected}"
        )
