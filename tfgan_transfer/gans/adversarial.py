"""The adversarial game of one generator and one critic, on one screen.

Gradient functions are pure, so that XLA may compile them; optimizers are
applied outside, where gradients are summed over replicas.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_transfer import losses, spectrum
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import feeding, optimizers, step
from tfgan_transfer.gans.class_game import ClassGame
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.gans.model import GAN, copy_of
from tfgan_transfer.gans.step import FAKE, MIXED, REAL


class AdversarialGAN(GAN, keras.Model):
    """A generator and a critic with n iterations per generator step.

    With the default loss this is algorithm 1 of Gulrajani et al. 2017 (arXiv
    1704.00028). An explicit moving average of the generator is kept in
    `ema_generator`; it is what evaluation and export use.

    Args:
        generator: Maps latents [B, Z], and labels [B, L] if it takes them,
            to images [B, H, W, C] in [-1, 1].
        critic: Maps images, and noise [B] if it draws any, to float32 scores
            [B], [B, K] of several heads, or to (scores, class logits [B, L]).
        ema_generator: Network of the generator's architecture; made from the
            generator, weights included, when absent.
        name: Keras name of the model.
    """

    parts = ("generator", "critic", "ema_generator")
    game = (
        *("generator_optimizer", "critic_optimizer", "n_critic", "clip", "xla"),
        *("gradient_penalty", "r1", "r2", "penalty_every", "ema_decay"),
        *("spectrum_weight", "equal_phases", "augmentation"),
        *("feature_game", "apart"),
    )

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        ema_generator: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.generator, self.critic = generator, critic
        self.ema_generator = ema_generator or copy_of(generator)
        self.class_game = self.feature_game = None
        self.built = True

    def compile(
        self,
        generator_optimizer: optimizers.Given = None,
        critic_optimizer: optimizers.Given = None,
        *,
        adversarial_loss: str = "wasserstein_gp",
        n_critic: int = 5,
        gradient_penalty: float = 10.0,
        r1: float = 0.0,
        r2: float = 0.0,
        penalty_every: int = 1,
        clip: float = 0.0,
        ema_decay: float = 0.999,
        spectrum_weight: float = 0.0,
        equal_phases: bool = False,
        augmentation: Augmentation | None = None,
        regulariser: Callable[[keras.Model], tf.Tensor] | None = None,
        class_game: ClassGame | None = None,
        feature_game: FeatureGame | None = None,
        apart: bool = False,
        xla: bool = False,
    ) -> None:
        """Sets the game to play, under the strategy the model was made under.

        Args:
            generator_optimizer: Name, configuration or object; built here.
                Adam as Gulrajani et al. use it when absent.
            critic_optimizer: The same; one like the generator's when absent.
            adversarial_loss: A key of `losses.ADVERSARIAL_LOSSES`.
            n_critic: Critic iterations per generator step, at least 1.
            gradient_penalty: Weight lambda of the two-sided penalty.
            r1: Weight gamma of the zero-centred penalty on real images.
            r2: The same on generated images.
            penalty_every: Every how many critic iterations the penalties are
                taken, with that many times their weight.
            clip: Bound on critic weights (Arjovsky et al. 2017); 0 for none.
            ema_decay: Decay of `ema_generator` per generator step.
            spectrum_weight: Weight of `spectrum.distance` to the real images of
                a replica, for the generator.
            equal_phases: Whether flat maps stay flat, see `ops.phases`.
            augmentation: Applied to all images on their way to the critic.
            regulariser: Maps the generator to a scalar that is added to its
                loss; what it keeps in `.variables` is saved with the model.
            class_game: What the critic's class head is for, if it has one.
            feature_game: What a second critic is for, on frozen features.
            apart: Whether real and generated images are judged in two batches.
            xla: Whether XLA compiles the step, see `loop.train_function`.

        Raises:
            ValueError: If the loss is unknown or a number is out of range.
        """
        game = losses.named(losses.ADVERSARIAL_LOSSES, adversarial_loss)
        weights = {"gradient_penalty": gradient_penalty, "r1": r1, "r2": r2}
        weights |= {"clip": clip, "spectrum_weight": spectrum_weight}
        feeding.check_numbers(**weights)
        if penalty_every < 1:
            raise ValueError(f"Must be 1 or more. Received: {penalty_every=}")
        if n_critic < 1 or not 0 <= ema_decay < 1:
            raise ValueError(
                "n_critic must be at least 1 and ema_decay in [0, 1). "
                f"Received: {n_critic=}, {ema_decay=}"
            )
        super().compile(optimizer=None)
        adam = optimizers.adam(1e-4, 0.0)
        with self.distribute_strategy.scope():
            made = optimizers.pair(generator_optimizer, critic_optimizer, adam)
            for own, network in zip(made, self.networks.values(), strict=False):
                own.build(network.trainable_variables)
        self.generator_optimizer, self.critic_optimizer = made
        self.adversarial_loss, self.n_critic = game, n_critic
        self.gradient_penalty, self.r1, self.r2 = gradient_penalty, r1, r2
        self.penalty_every, self.ema_decay = penalty_every, ema_decay
        self.augmentation, self.regulariser = augmentation, regulariser
        self.class_game = class_game if self.critic.outputs[1:] else None
        self.feature_game = feature_game
        self.clip, self.apart, self.xla = clip, apart, xla
        self.spectrum_weight, self.equal_phases = spectrum_weight, equal_phases
        # The estimate of the largest singular value starts at random.
        for critic in self.critics * 10:
            step.update_spectral_norm(critic)
        self._critic_gradients = step.compiled(self.critic_gradients, xla)
        self._unpenalised_gradients = step.compiled(
            lambda slot: self.critic_gradients(slot, penalised=False), xla
        )
        self._generator_gradients = step.compiled(self.generator_gradients, xla)
        self.make_train_function()

    def train_step(self, batch: step.Batch) -> dict[str, tf.Tensor]:
        """n critic updates, one generator update, one step of the average.

        Args:
            batch: `image` [B, n_critic, H, W, C] in [-1, 1]; `latent`
                [B, n_critic + 1, Z]; `mix` [B, n_critic, 1, 1, 1] in [0, 1);
                `augment` [B, n_critic + 1, K] in [0, 1) with an augmentation;
                `noise` [B, n_critic + 1, 3] in [0, 1) for a critic that draws;
                `label` [B, n_critic, L], 0 or 1, for a conditional model.

        Returns:
            Scalars of this step. `wasserstein` is E[D(real)] - E[D(fake)]:
            positive when the critic tells them apart, and falling as the
            generator improves. Critic values are those of the last iteration.
            The losses include penalties, regulariser and spectra.
        """
        for i in range(self.n_critic):
            slot = step.critic_slot(batch, i)
            gradients, critic_log = self.critic_update(slot)
            self.apply_critics(gradients)
            self.constrain_critics()

        slot = step.critic_slot(batch, self.n_critic)
        gradients, generator_log = self._generator_gradients(slot)
        step.apply(self.generator_optimizer, gradients, self.generator)
        if self.equal_phases:
            step.equalise_phases(self.generator)
        networks = self.ema_generator, self.generator
        done = self.generator_optimizer.iterations
        step.update_ema(*networks, self.ema_decay, done)
        return {**critic_log, **generator_log}

    def critic_update(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of the critic's next iteration, penalised in its turn."""
        ways = self._critic_gradients, self._unpenalised_gradients
        updates = self.critic_optimizer.iterations
        return step.in_turn(updates, self.penalty_every, *ways, slot)

    def critic_gradients(
        self, slot: step.Batch, penalised: bool = True
    ) -> tuple[list, dict]:
        """Gradients of one critic iteration, and what to log of it."""
        image, drawn, more = slot["image"], self.draw(slot), {}
        real, fake = self.augment(image, slot), self.augment(drawn, slot)
        with tf.GradientTape() as tape:
            scores, logits = self.judge_both(real, fake, slot)
            real_score, fake_score = tf.split(scores, 2)
            loss = step.by_example(
                self.adversarial_loss.critic(real_score, fake_score)
            )
            if self.class_game:
                class_loss, more = self.class_game.of_critic(
                    *step.halves(logits), slot["label"]
                )
                loss += class_loss
            penalty = tf.zeros_like(loss)
            if penalised:
                penalty += self.penalty(real, fake, slot)
            total = step.global_mean(loss + penalty)
            if game := self.feature_game:
                game_loss, feature_log = game.of_critic(image, drawn, slot)
                total += step.global_mean(game_loss)
                more |= feature_log
        gradients = step.gradients_of(tape, total, *self.critics)
        return gradients, {
            "critic_loss": tf.reduce_mean(loss + penalty),
            **more,
            "penalty": tf.reduce_mean(penalty),
            "wasserstein": tf.reduce_mean(real_score - fake_score),
            "critic_gradient_norm": step.gradient_norm(gradients),
        }

    def penalty(
        self, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
    ) -> tf.Tensor:
        """Weighted sum of the penalties that are switched on, float32 [B]."""

        def score_of(part: int) -> Callable[[tf.Tensor], tf.Tensor]:
            return lambda x: step.by_example(self._judged(x, slot, part)[0])

        total = tf.zeros([tf.shape(real)[0]])
        if self.gradient_penalty:
            total += self.gradient_penalty * losses.gradient_penalty(
                score_of(MIXED), real, fake, slot["mix"]
            )
        if self.r1:
            total += self.r1 * losses.zero_centred_penalty(score_of(REAL), real)
        if self.r2:
            total += self.r2 * losses.zero_centred_penalty(score_of(FAKE), fake)
        return total * self.penalty_every

    def generator_gradients(self, slot: step.Batch) -> tuple[list, dict]:
        """Gradients of one generator step, and what to log of it."""
        image, more = slot["image"], {}
        real = self.augment(image, slot)
        with tf.GradientTape() as tape:
            drawn = self.draw(slot)
            fake = self.augment(drawn, slot)
            fake_score, logits = self._judged(fake, slot, FAKE)
            real_score, _ = self._judged(real, slot, REAL)
            loss = step.by_example(
                self.adversarial_loss.generator(real_score, fake_score)
            )
            if game := self.class_game:
                class_loss, more = game.of_generator(logits, slot["label"])
                loss += class_loss
            if game := self.feature_game:
                said, feature_log = game.of_generator(image, drawn, slot)
                loss, more = loss + said, more | feature_log
            extra = self.regulariser(self.generator) if self.regulariser else 0
            whole = loss + extra
            if self.spectrum_weight:
                unlike = spectrum.distance(image, drawn)
                whole += self.spectrum_weight * unlike
            total = step.global_mean(whole)
        gradients = step.gradients_of(tape, total, self.generator)
        log = {
            "generator_loss": tf.reduce_mean(whole),
            "generator_gradient_norm": step.gradient_norm(gradients),
        }
        if self.regulariser:
            log["generator_regulariser"] = extra
        if self.spectrum_weight:
            log["spectral_distance"] = unlike
        if own := self.augmentation:
            log["augment_probability"] = tf.identity(own.probability.value)
        return gradients, log | more

    def draw(self, slot: step.Batch) -> tf.Tensor:
        """Generated images of a slot's latents and, if taken, labels."""
        if len(self.generator.inputs) == 1:
            return self.generator(slot["latent"], training=True)
        return self.generator([slot["latent"], slot["label"]], training=True)

    def augment(self, images: tf.Tensor, slot: step.Batch) -> tf.Tensor:
        """What the critic gets to see of images, real or generated."""
        if own := self.augmentation:
            return own(images, slot["augment"][:, : own.width])
        return images

    def judge_both(
        self, real: tf.Tensor, fake: tf.Tensor, slot: step.Batch
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """What `judge` says of real images, and then of generated ones."""
        if self.apart:
            ours = self._judged(real, slot, REAL)
            theirs = self._judged(fake, slot, FAKE)
            return tuple(map(step.joined, ours, theirs))
        return self._judged(tf.concat([real, fake], axis=0), slot, REAL, FAKE)

    def judge(
        self,
        images: tf.Tensor,
        noise: tf.Tensor | None = None,
        label: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """All that the critic says of images, in training mode.

        Args:
            images: Float32 [B, H, W, C] in [-1, 1].
            noise: Seeds [B] for what the critic draws; without them a critic
                that draws is asked as in inference.
            label: Float32 [B, L], for the scores of a projection head.

        Returns:
            Scores, float32 [B] or [B, K], and class logits [B, L], or None
            from a critic without a class head.
        """
        if len(self.critic.inputs) == 1:
            outputs = self.critic(images, training=True)
        elif noise is None:
            none = tf.zeros(tf.shape(images)[:1])
            outputs = self.critic([images, none], training=False)
        else:
            outputs = self.critic([images, noise], training=True)
        if not isinstance(outputs, (list, tuple)):
            return outputs, None
        if game := self.class_game:
            return game.conditioned(*outputs, label), outputs[1]
        return tuple(outputs)

    def score(
        self, images: tf.Tensor, noise: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Scores without labels, as `judge` has them, float32 [B] or [B, K]."""
        return self.judge(images, noise)[0]

    def _judged(
        self, images: tf.Tensor, slot: step.Batch, *parts: int
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """What `judge` says of a slot's images, [len(parts) * B] of them."""
        noise, label = None, slot.get("label")
        if len(self.critic.inputs) > 1:
            noise = tf.concat([slot["noise"][:, part] for part in parts], 0)
        if label is not None:
            label = tf.concat([label] * len(parts), axis=0)
        return self.judge(images, noise, label)

    @property
    def critics(self) -> list[keras.Model]:
        """The critic and, in a feature game, the one on features."""
        game = self.feature_game
        return [self.critic, game.critic] if game else [self.critic]

    def apply_critics(self, gradients: list[tf.Tensor]) -> None:
        """Applies what `critic_gradients` returned."""
        own = len(self.critic.trainable_variables)
        step.apply(self.critic_optimizer, gradients[:own], self.critic)
        if game := self.feature_game:
            step.apply(game.optimizer, gradients[own:], game.critic)

    def constrain_critics(self) -> None:
        """Weight clipping and spectral norm, where they are switched on."""
        if self.clip:
            step.clip(self.critic, self.clip)
        for critic in self.critics:
            step.update_spectral_norm(critic)

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Images of the averaged generator, independent of the batch.

        Args:
            latents: Float32 [B, Z], drawn from the training prior.
            labels: Float32 [B, L], one-hot or multi-hot, for a generator that
                takes them.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        labelled = len(self.ema_generator.inputs) > 1
        inputs = [latents, labels] if labelled else latents
        return self.ema_generator(inputs, training=False)

    @property
    def state(self) -> dict:
        """Everything a checkpoint holds, by name: objects with variables."""
        state = {
            **self.networks,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
            **(self.feature_game.state if self.feature_game else {}),
        }
        if self.augmentation:
            state["augmentation"] = self.augmentation
        if self.regulariser and self.regulariser.variables:
            state["regulariser"] = self.regulariser
        return state

    def game_config(self) -> dict:
        """What else `compile` was given, as it takes it."""
        name = losses.name_of(losses.ADVERSARIAL_LOSSES, self.adversarial_loss)
        classes = self.class_game.settings() if self.class_game else {}
        return {"adversarial_loss": name, **classes}
