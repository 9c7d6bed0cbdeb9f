"""AC-GAN: a generator told what to draw, a critic that also names it."""

import functools

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.gans import adversarial, step


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class ACGAN(keras.Model):
    """Conditional GAN whose critic has a class head beside its score.

    Odena et al. 2017 (arXiv 1610.09585), section 3. With the non-saturating
    loss this is the paper's model, with the Wasserstein loss and the gradient
    penalty the tagged WGAN-GP. The penalty is taken on the score alone.

    Generated images are given the labels of the real images of the same
    slot, so that they follow p(c) of the data without another random stream.
    An image without a label (a row of zeros) has no class loss: the paper's
    semi-supervised use.

    Args:
        generator: Maps (latents [B, Z], labels [B, L]) to images
            [B, H, W, C] in [-1, 1].
        critic: Maps images to float32 (scores [B], class logits [B, L]).
        ema_generator: Network of the generator's architecture; made from the
            generator, weights included, when absent.
        name: Keras name of the model.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        ema_generator: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        adversarial.set_networks(self, generator, critic, ema_generator)

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        critic_optimizer: keras.optimizers.Optimizer,
        *,
        class_loss: str = "softmax",
        class_reduction: str = "mean",
        class_weight_critic: float = 1.0,
        class_weight_generator: float = 1.0,
        class_on_fake: bool = True,
        label_smoothing: float = 0.0,
        **game,
    ) -> None:
        """Sets the game to play; must be called inside the strategy's scope.

        Args:
            generator_optimizer: Optimizer of the generator, built here.
            critic_optimizer: Optimizer of the critic, built here.
            class_loss: `"softmax"` for one label, `"sigmoid"` for tags.
            class_reduction: `"mean"` or `"sum"` over the tags. The mean, so
                that a longer vocabulary does not outweigh the score.
            class_weight_critic: Weight of the critic's class loss; 1 in the
                paper.
            class_weight_generator: Weight of the generator's; 1 in the paper.
            class_on_fake: Whether the critic learns the class of generated
                images too, as in the paper's L_C. Without it bad images
                cannot teach it a wrong idea of a class.
            label_smoothing: Of the critic's targets on real images, in
                [0, 1). Never of the generator's: it would be paid for images
                that look like several classes.
            **game: Those of `adversarial.set_game`.

        Raises:
            ValueError: If a name is unknown or a number is out of range.
        """
        self.class_loss = _class_loss(class_loss, class_reduction)
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                "label_smoothing must be in [0, 1). "
                f"Received: label_smoothing={label_smoothing}"
            )
        self.class_weight_critic = class_weight_critic
        self.class_weight_generator = class_weight_generator
        self.class_on_fake = class_on_fake
        self.label_smoothing = label_smoothing
        adversarial.set_game(
            self, generator_optimizer, critic_optimizer, **game
        )

    state = property(adversarial.state)
    score = adversarial.score
    augment = adversarial.augment
    penalty = adversarial.penalty
    train_step = adversarial.train_step
    update_spectral_norm = adversarial.update_spectral_norm
    get_config = adversarial.get_config
    from_config = classmethod(adversarial.from_config)
    _maybe_symbolic_build = step.no_symbolic_build

    def draw(self, slot: step.Batch) -> tf.Tensor:
        """Generated images of a slot's latents and labels."""
        return self.generator([slot["latent"], slot["label"]], training=True)

    def critic_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one critic iteration, and what to log of it."""
        labels = slot["label"]
        real = self.augment(slot["image"], slot)
        fake = self.augment(self.draw(slot), slot)
        with tf.GradientTape() as tape:
            scores, logits = self.critic(
                tf.concat([real, fake], axis=0), training=True
            )
            real_score, fake_score = tf.split(scores, 2)
            real_logits, fake_logits = tf.split(logits, 2)
            loss = self.adversarial_loss.critic(real_score, fake_score)
            class_loss = self.class_loss(
                real_logits, labels, smoothing=self.label_smoothing
            )
            if self.class_on_fake:
                class_loss += self.class_loss(fake_logits, labels)
            loss += self.class_weight_critic * class_loss
            penalty = self.penalty(real, fake, slot["mix"])
            total = step.global_mean(loss + penalty)
        gradients = step.gradients_of(tape, total, self.critic)
        return gradients, {
            "critic_loss": tf.reduce_mean(loss + penalty),
            "critic_class_loss": tf.reduce_mean(class_loss),
            "class_accuracy_real": losses.class_accuracy(real_logits, labels),
            "class_accuracy_fake": losses.class_accuracy(fake_logits, labels),
            "penalty": tf.reduce_mean(penalty),
            "wasserstein": tf.reduce_mean(real_score - fake_score),
            "critic_gradient_norm": step.gradient_norm(gradients),
        }

    def generator_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one generator step, and what to log of it."""
        with tf.GradientTape() as tape:
            fake = self.augment(self.draw(slot), slot)
            fake_score, logits = self.critic(fake, training=True)
            real_score = self.score(self.augment(slot["image"], slot))
            loss = self.adversarial_loss.generator(real_score, fake_score)
            class_loss = self.class_loss(logits, slot["label"])
            loss += self.class_weight_generator * class_loss
            extra = self.regulariser(self.generator) if self.regulariser else 0
            total = step.global_mean(loss + extra)
        gradients = step.gradients_of(tape, total, self.generator)
        return gradients, {
            **adversarial.generator_log(self, loss, extra, gradients),
            "generator_class_loss": tf.reduce_mean(class_loss),
        }

    def sample(self, latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Images of the averaged generator, independent of the batch.

        Args:
            latents: Float32 [B, Z], drawn from the training prior.
            labels: Float32 [B, L], one-hot or multi-hot.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        return self.ema_generator([latents, labels], training=False)


def _class_loss(name: str, reduction: str) -> functools.partial:
    choices = {
        "softmax": functools.partial(losses.softmax_class_loss),
        "sigmoid": functools.partial(
            losses.sigmoid_class_loss, reduction=reduction
        ),
    }
    if name not in choices:
        raise ValueError(
            f"Unknown class_loss, expected one of {sorted(choices)}. "
            f"Received: class_loss={name!r}"
        )
    return choices[name]
