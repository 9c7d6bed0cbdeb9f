"""The game over one of two sets of images: its critics against a translator."""

import dataclasses

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import step
from tfgan_transfer.gans.feature_game import FeatureGame


@dataclasses.dataclass(frozen=True)
class DomainGame:
    """Who judges what is, or pretends to be, of one domain.

    Attributes:
        domain: `"a"` or `"b"`.
        critic: Maps images [B, H, W, C] in [-1, 1] to float32 scores, [B] or
            one for each patch or head.
        loss: What it and the translator play for.
        gradient_penalty: Weight of the two-sided penalty.
        augmentation: Applied to all images on their way to this critic.
        apart: Whether it judges real and generated images in batches of
            their own.
        feature_game: Of a second critic, on frozen features.
    """

    domain: str
    critic: keras.Model
    loss: losses.AdversarialLoss
    gradient_penalty: float = 0.0
    augmentation: Augmentation | None = None
    apart: bool = False
    feature_game: FeatureGame | None = None

    @property
    def critics(self) -> dict[str, keras.Model]:
        """The networks that learn in it, by name."""
        found = {f"critic_{self.domain}": self.critic}
        if self.feature_game:
            found[f"feature_critic_{self.domain}"] = self.feature_game.critic
        return found

    def of_translator(self, fake: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        """Loss [B] of the translator that made images of this domain."""
        scores = self.critic(self._seen(fake, slot), training=True)
        loss = step.by_example(self.loss.generator(None, scores))
        if game := self.feature_game:
            real = slot[f"image_{self.domain}"]
            loss += game.of_generator(real, fake, self._noise(slot))[0]
        return loss

    def of_critic(self, slot: step.Batch) -> tuple[tf.Tensor, dict]:
        """Loss [B] of the critic with its penalty, and what to log.

        Args:
            slot: Real images, and generated ones to hold against them.
        """
        real, fake = (self._seen(images, slot) for images in self._both(slot))
        if self.apart:
            real_score = self.critic(real, training=True)
            fake_score = self.critic(fake, training=True)
        else:
            images = tf.concat([real, fake], axis=0)
            real_score, fake_score = tf.split(
                self.critic(images, training=True), 2
            )
        loss = step.by_example(self.loss.critic(real_score, fake_score))
        gap = tf.reduce_mean(real_score - fake_score)
        log = {f"critic_gap_{self.domain}": gap}
        if self.gradient_penalty:
            penalty = losses.gradient_penalty(
                lambda x: step.by_example(self.critic(x, training=True)),
                real,
                fake,
                slot["mix"][:, self._column],
            )
            loss += self.gradient_penalty * penalty
            log[f"penalty_{self.domain}"] = tf.reduce_mean(penalty)
        return loss, log

    def of_feature_critic(self, slot: step.Batch) -> tuple[tf.Tensor, dict]:
        """Loss [B] of the heads on frozen features, and what to log.

        Zero where there are none. They learn at a rate of their own, so that
        nothing halves this loss.
        """
        real, fake = self._both(slot)
        if not self.feature_game:
            return tf.zeros(tf.shape(real)[:1]), {}
        loss, log = self.feature_game.of_critic(real, fake, self._noise(slot))
        return loss, {f"{name}_{self.domain}": x for name, x in log.items()}

    def _both(self, slot: step.Batch) -> tuple[tf.Tensor, tf.Tensor]:
        return slot[f"image_{self.domain}"], slot[f"fake_{self.domain}"]

    def _seen(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        """What the critic gets to see of images."""
        if own := self.augmentation:
            return own(images, self._noise(slot)["augment"][:, : own.width])
        return images

    def _noise(self, slot: step.Batch) -> step.Batch:
        """A slot's random numbers for augmenting images of this domain."""
        if "augment" not in slot:
            return {}
        return {"augment": slot["augment"][:, self._column]}

    @property
    def _column(self) -> int:
        """Where a batch has this domain's random numbers."""
        return "ab".index(self.domain)
