"""The game of a second critic, which judges frozen features of images."""

import keras
import tensorflow as tf

from tfgan_transfer import feature_matching, losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import step
from tfgan_transfer.gans.class_game import ClassGame


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class FeatureGame:
    """A critic that starts from a classifier, beside the GAN's own.

    It plays the game of Projected GANs (Sauer et al. 2021, arXiv 2111.01007)
    at a rate of its own and without penalties; what it says is added, with a
    weight, to what the generator hears from the GAN's critic.

    Args:
        critic: Maps images [B, H, W, C] in [-1, 1] to float32 scores [B, K],
            or to those and class logits [B, L]; see `networks.projected`.
        optimizer: Of its heads, built here.
        adversarial_loss: A key of `losses.ADVERSARIAL_LOSSES`.
        weight: Of its part of the generator's loss.
        augmentation: Applied to all images on their way to this critic.
        apart: Whether real and generated images are judged in batches of
            their own, as batch norm in the heads needs.
        class_game: What its class head is for, if it has one.
        matching: Weight of `feature_matching.distance` of the maps that the
            critic's layer `features` returns, for the generator; 0 for none.

    Raises:
        ValueError: If the loss is unknown, the weight not positive, or that of
            matching negative or without such a layer.
    """

    def __init__(
        self,
        critic: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        adversarial_loss: str = "hinge",
        weight: float = 1.0,
        augmentation: Augmentation | None = None,
        apart: bool = False,
        class_game: ClassGame | None = None,
        matching: float = 0.0,
    ):
        self.loss = losses.named(losses.ADVERSARIAL_LOSSES, adversarial_loss)
        if weight <= 0:
            raise ValueError(f"weight must be above 0. Received: {weight}")
        if matching < 0:
            raise ValueError(f"matching must not be below 0. {matching=}")
        self.name = adversarial_loss
        self.critic = critic
        self.optimizer = optimizer
        self.weight = weight
        self.augmentation = augmentation
        self.apart = apart
        self.class_game = class_game
        self.matching = matching
        if matching:
            maps = critic.get_layer("features").output
            self._saying = keras.Model(critic.input, [critic.output, maps])
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
            "class_game": self.class_game and serialize(self.class_game),
            "matching": self.matching,
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
            slot: Its `augment` [B, K] ends in this game's random numbers; its
                `label` [B, L] is for a class head.
        """
        seen = [self._augmented(images, slot) for images in (real, fake)]
        label = slot.get("label")
        if self.apart:
            said = [self._judged(images, label) for images in seen]
            (real_score, real_logits, _), (fake_score, fake_logits, _) = said
        else:
            images, labels = tf.concat(seen, axis=0), step.joined(label, label)
            scores, logits, _ = self._judged(images, labels)
            real_score, fake_score = tf.split(scores, 2)
            real_logits, fake_logits = step.halves(logits)
        loss = step.by_example(self.loss.critic(real_score, fake_score))
        log = {
            "feature_critic_loss": tf.reduce_mean(loss),
            "feature_gap": tf.reduce_mean(real_score - fake_score),
        }
        if self.class_game:
            class_loss, class_log = self.class_game.of_critic(
                real_logits, fake_logits, label
            )
            loss += class_loss
            log |= {
                f"feature_{name}": value for name, value in class_log.items()
            }
        return loss, log

    def of_generator(
        self, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
    ) -> tuple[tf.Tensor, dict]:
        """What the generator's loss gains, weighted, and what to log.

        Args: those of `of_critic`.

        Returns:
            Float32 [B], and scalars.
        """
        label, log = slot.get("label"), {}
        real_score, real_maps = None, []
        if self.loss.relative or self.matching:
            seen = self._augmented(real, slot)
            real_score, _, real_maps = self._judged(seen, label)
            # No gradient reaches the generator from there.
            real_score = tf.stop_gradient(real_score)
        seen = self._augmented(fake, slot)
        fake_score, logits, maps = self._judged(seen, label)
        loss = self.weight * step.by_example(
            self.loss.generator(real_score, fake_score)
        )
        if self.matching:
            unlike = feature_matching.distance(real_maps, maps)
            loss += self.matching * unlike
            log["feature_distance"] = unlike
        if self.class_game:
            # Weighted as the class loss of the GAN's own critic would be.
            loss += self.class_game.of_generator(logits, label)[0]
        return loss, log

    def _judged(
        self, images: tf.Tensor, label: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor | None, list[tf.Tensor]]:
        """Scores [B, K] of images, class logits, and maps to be matched."""
        if self.matching:
            said, maps = self._saying(images, training=True)
        else:
            said, maps = self.critic(images, training=True), []
        if not self.class_game:
            return said, None, maps
        scores, logits = said
        scores = self.class_game.conditioned(scores, logits, label)
        return scores, logits, maps

    def _augmented(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        if not self.augmentation:
            return images
        noise = slot["augment"][:, -self.augmentation.width :]
        return self.augmentation(images, noise)
