"""The game of a second critic, which judges frozen features of images."""

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import step


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class FeatureGame:
    """A critic that starts from a classifier, beside the GAN's own.

    It plays the game of Projected GANs (Sauer et al. 2021, arXiv 2111.01007)
    at a rate of its own and without penalties; what it says is added, with a
    weight, to what the generator hears from the GAN's critic.

    Args:
        critic: Maps images [B, H, W, C] in [-1, 1] to float32 scores [B, K];
            see `networks.projected`.
        optimizer: Of its heads, built here.
        adversarial_loss: A key of `losses.ADVERSARIAL_LOSSES`.
        weight: Of its part of the generator's loss.
        augmentation: Applied to all images on their way to this critic.
        apart: Whether real and generated images are judged in batches of
            their own, as batch norm in the heads needs.

    Raises:
        ValueError: If the loss is unknown or the weight is not positive.
    """

    def __init__(
        self,
        critic: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        adversarial_loss: str = "hinge",
        weight: float = 1.0,
        augmentation: Augmentation | None = None,
        apart: bool = False,
    ):
        self.loss = losses.named(losses.ADVERSARIAL_LOSSES, adversarial_loss)
        if weight <= 0:
            raise ValueError(f"weight must be above 0. Received: {weight}")
        self.name = adversarial_loss
        self.critic = critic
        self.optimizer = optimizer
        self.weight = weight
        self.augmentation = augmentation
        self.apart = apart
        optimizer.build(critic.trainable_variables)

    def get_config(self) -> dict:
        """Arguments that make the game again, with fresh weights."""
        serialize = keras.saving.serialize_keras_object
        return {
            "critic": serialize(self.critic),
            "optimizer": serialize(self.optimizer),
            "adversarial_loss": self.name,
            "weight": self.weight,
            "augmentation": self.augmentation and serialize(self.augmentation),
            "apart": self.apart,
        }

    @classmethod
    def from_config(cls, config: dict) -> "FeatureGame":
        """Makes the game of `get_config`."""
        deserialize = keras.saving.deserialize_keras_object
        return cls(**{name: deserialize(v) for name, v in config.items()})

    @property
    def state(self) -> dict:
        """What a checkpoint holds of it, by name."""
        return {
            "feature_critic": self.critic,
            "feature_critic_optimizer": self.optimizer,
        }

    def of_critic(
        self, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
    ) -> tuple[tf.Tensor, dict]:
        """Loss [B] of the heads, and what to log.

        Args:
            real: Images, float32 [B, H, W, C] in [-1, 1].
            fake: The same of generated ones.
            slot: Its `augment` [B, K] ends in this game's random numbers.
        """
        seen = [self._augmented(images, slot) for images in (real, fake)]
        if self.apart:
            scores = [self.critic(images, training=True) for images in seen]
        else:
            joint = self.critic(tf.concat(seen, axis=0), training=True)
            scores = tf.split(joint, 2)
        real_score, fake_score = scores
        loss = step.by_example(self.loss.critic(real_score, fake_score))
        return loss, {
            "feature_critic_loss": tf.reduce_mean(loss),
            "feature_gap": tf.reduce_mean(real_score - fake_score),
        }

    def of_generator(
        self, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
    ) -> tf.Tensor:
        """What the generator's loss gains, weighted, float32 [B]."""
        real_score = None
        if self.loss.relative:
            # No gradient reaches the generator from there.
            real_score = tf.stop_gradient(self._score(real, slot))
        loss = self.loss.generator(real_score, self._score(fake, slot))
        return self.weight * step.by_example(loss)

    def _score(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        return self.critic(self._augmented(images, slot), training=True)

    def _augmented(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        if not self.augmentation:
            return images
        noise = slot["augment"][:, -self.augmentation.width :]
        return self.augmentation(images, noise)
