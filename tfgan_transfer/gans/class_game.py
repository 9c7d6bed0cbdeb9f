"""The game about classes that a critic with a class head plays besides."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from tfgan_transfer import class_losses

HEADS = ("auxiliary", "projection")


@keras.saving.register_keras_serializable(package="tfgan_transfer")
@dataclasses.dataclass
class ClassGame:
    """What a critic's class head is for: to classify, or to condition a score.

    An auxiliary head has a loss L_C of its own, which critic and generator
    both minimise: Odena et al. 2017 (arXiv 1610.09585), section 3. With a
    projection head there is none. What it says of the labels asked for is
    added to the score: f(x, y) = psi(x) + y^T V phi(x), Miyato & Koyama 2018
    (arXiv 1802.05637), equation 4; the logits are V phi(x), their biases
    included. Images with several tags gain the sum, those without labels
    nothing.

    Args:
        class_head: `"auxiliary"` or `"projection"`; what follows is for the
            first.
        class_loss: `"softmax"` for one label, `"sigmoid"` for tags.
        class_reduction: `"mean"` or `"sum"` over the tags. The mean, so that
            a longer vocabulary does not outweigh the score.
        class_weight_critic: Weight of the critic's class loss; 1 in the paper.
        class_weight_generator: Weight of the generator's; 1 in the paper.
        class_on_fake: Whether the critic learns the class of generated images
            too, as in the paper's L_C. Without it bad images cannot teach it
            a wrong idea of a class.
        label_smoothing: Of the critic's targets on real images, in [0, 1).
            Never of the generator's: it would be paid for images that look
            like several classes.

    Raises:
        ValueError: If a name is unknown or a number is out of range.
    """

    class_head: str = "auxiliary"
    class_loss: str = "softmax"
    class_reduction: str = "mean"
    class_weight_critic: float = 1.0
    class_weight_generator: float = 1.0
    class_on_fake: bool = True
    label_smoothing: float = 0.0

    def __post_init__(self):
        self._loss = _loss(self.class_loss, self.class_reduction)
        if self.class_head not in HEADS:
            raise ValueError(
                f"Unknown class_head, expected one of {[*HEADS]}. "
                f"Received: class_head={self.class_head!r}"
            )
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(
                "label_smoothing must be in [0, 1). "
                f"Received: label_smoothing={self.label_smoothing}"
            )

    @classmethod
    def split(cls, game: Mapping) -> tuple["ClassGame", dict]:
        """Takes out of some arguments those that are this game's."""
        names = {field.name for field in dataclasses.fields(cls)} & game.keys()
        own = {name: game[name] for name in names}
        return cls(**own), {n: v for n, v in game.items() if n not in names}

    def settings(self) -> dict:
        """The arguments that set the same game."""
        return dataclasses.asdict(self)

    get_config = settings

    @classmethod
    def from_config(cls, config: dict) -> "ClassGame":
        """Makes the game of `get_config`."""
        return cls(**config)

    def conditioned(
        self,
        scores: tf.Tensor,
        logits: tf.Tensor | None,
        labels: tf.Tensor | None,
    ) -> tf.Tensor:
        """Scores of images with their labels, or the scores as they are.

        Args:
            scores: Float32 [B] or, with several heads, [B, K].
            logits: Float32 [B, L], or None from a critic without a class head.
            labels: One-hot or multi-hot, float32 [B, L].
        """
        if self.class_head != "projection" or logits is None or labels is None:
            return scores
        term = tf.reduce_sum(labels * logits, axis=-1)
        return scores + (term if scores.shape.rank == 1 else term[:, None])

    def of_critic(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, dict]:
        """What the critic's loss gains, weighted, and what to log.

        Args:
            real_logits: Of real images, float32 [B, L].
            fake_logits: Of generated ones, drawn with the same labels.
            labels: One-hot or multi-hot, float32 [B, L].

        Returns:
            Float32 [B], 0 of a projection head, and scalars.
        """
        accuracies = {
            "class_accuracy_real": class_losses.class_accuracy(
                real_logits, labels
            ),
            "class_accuracy_fake": class_losses.class_accuracy(
                fake_logits, labels
            ),
        }
        if self.class_head == "projection":
            return tf.zeros_like(labels[:, 0]), accuracies
        loss = self._loss(real_logits, labels, smoothing=self.label_smoothing)
        if self.class_on_fake:
            loss += self._loss(fake_logits, labels)
        log = {"critic_class_loss": tf.reduce_mean(loss), **accuracies}
        return self.class_weight_critic * loss, log

    def of_generator(
        self, logits: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, dict]:
        """What the generator's loss gains, weighted, and what to log.

        Args:
            logits: Of generated images, float32 [B, L].
            labels: Those they were drawn with, float32 [B, L].

        Returns:
            Float32 [B], 0 of a projection head, and scalars.
        """
        if self.class_head == "projection":
            return tf.zeros_like(labels[:, 0]), {}
        loss = self._loss(logits, labels)
        log = {"generator_class_loss": tf.reduce_mean(loss)}
        return self.class_weight_generator * loss, log


def _loss(name: str, reduction: str) -> Callable:
    choices = {
        "softmax": class_losses.softmax_class_loss,
        "sigmoid": functools.partial(
            class_losses.sigmoid_class_loss, reduction=reduction
        ),
    }
    if name not in choices:
        raise ValueError(
            f"Unknown class_loss, expected one of {sorted(choices)}. "
            f"Received: class_loss={name!r}"
        )
    return choices[name]
