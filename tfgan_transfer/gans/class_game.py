"""The game about classes that a critic with a class head plays besides."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import tensorflow as tf

from tfgan_transfer import class_losses


@dataclasses.dataclass
class ClassGame:
    """L_C of AC-GAN: the critic and the generator both minimise it.

    Odena et al. 2017 (arXiv 1610.09585), section 3.

    Args:
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

    class_loss: str = "softmax"
    class_reduction: str = "mean"
    class_weight_critic: float = 1.0
    class_weight_generator: float = 1.0
    class_on_fake: bool = True
    label_smoothing: float = 0.0

    def __post_init__(self):
        self._loss = _loss(self.class_loss, self.class_reduction)
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

    def of_critic(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, dict]:
        """What the critic's loss gains, weighted, and what to log.

        Args:
            real_logits: Of real images, float32 [B, L].
            fake_logits: Of generated ones, drawn with the same labels.
            labels: One-hot or multi-hot, float32 [B, L].

        Returns:
            Float32 [B], and scalars.
        """
        loss = self._loss(real_logits, labels, smoothing=self.label_smoothing)
        if self.class_on_fake:
            loss += self._loss(fake_logits, labels)
        return self.class_weight_critic * loss, {
            "critic_class_loss": tf.reduce_mean(loss),
            "class_accuracy_real": class_losses.class_accuracy(
                real_logits, labels
            ),
            "class_accuracy_fake": class_losses.class_accuracy(
                fake_logits, labels
            ),
        }

    def of_generator(
        self, logits: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, dict]:
        """What the generator's loss gains, weighted, and what to log.

        Args:
            logits: Of generated images, float32 [B, L].
            labels: Those they were drawn with, float32 [B, L].

        Returns:
            Float32 [B], and scalars.
        """
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
