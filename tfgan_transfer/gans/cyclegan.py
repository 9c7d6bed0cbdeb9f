"""CycleGAN: two translators, two critics, and no pairs."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgan_transfer import losses
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import feeding, optimizers, step
from tfgan_transfer.gans.domain_game import DomainGame
from tfgan_transfer.gans.feature_game import FeatureGame
from tfgan_transfer.gans.model import GAN, copy_of
from tfgan_transfer.gans.pool import ImagePool
from tfgan_transfer.translation_losses import (
    TRANSLATION_LOSSES,
    feature_distance,
    l1_distance,
)

TRANSLATORS = ("a2b", "b2a")
CRITICS = ("critic_a", "critic_b")


@keras.saving.register_keras_serializable(package="tfgan_transfer")
class CycleGAN(GAN, keras.Model):
    """Translates between two sets of images that come without pairs.

    Zhu et al. 2017 (arXiv 1703.10593), with G = a2b, F = b2a, and D_X, D_Y
    the critics of A and B. Both translators feel both cycles: the two losses
    are one sum with one gradient. Explicit moving averages of the translators
    are kept; they are what evaluation and export use.

    Args:
        a2b: Maps images of A, float32 [B, H, W, C] in [-1, 1], to images of B.
        b2a: The way back.
        critic_a: Maps images to float32 scores, [B] or one for each patch,
            [B, h, w, 1]; judges what is or pretends to be of A.
        critic_b: The same for B.
        ema_a2b: Network of a2b's architecture; made from it, weights
            included, when absent.
        ema_b2a: The same for b2a.
        name: Keras name of the model.

    Example:
        >>> import tfgan_transfer as tt
        >>> a, b = "shapes", "shapes#outline"
        >>> both = tt.load_domains(a, b, size=16, limit=4)
        >>> gan = tt.build(both, network="unet", width=4, critic_layers=1)
        >>> history = gan.fit(
        ...     both.batches(gan, batch_size=1), steps_per_epoch=1, verbose=0
        ... )
        >>> gan.translate(2 * (both.images[:1] / 255) - 1, "a2b").shape
        TensorShape([1, 16, 16, 3])
    """

    family = "cyclegan"
    parts = (*TRANSLATORS, *CRITICS, "ema_a2b", "ema_b2a")
    game = (
        *("cycle_weight", "identity_weight", "content_weight"),
        *("content_features", "feature_games", "augmentation", "apart"),
        *("pool_size", "n_critic", "gradient_penalty", "ema_decay", "xla"),
    )

    def __init__(
        self,
        a2b: keras.Model,
        b2a: keras.Model,
        critic_a: keras.Model,
        critic_b: keras.Model,
        ema_a2b: keras.Model | None = None,
        ema_b2a: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.a2b, self.b2a = a2b, b2a
        self.critic_a, self.critic_b = critic_a, critic_b
        self.ema_a2b = ema_a2b or copy_of(a2b)
        self.ema_b2a = ema_b2a or copy_of(b2a)
        self.domains = {}
        self.built = True

    def compile(
        self,
        generator_optimizer: optimizers.Given = None,
        critic_optimizer: optimizers.Given = None,
        *,
        adversarial_loss: str = "least_squares",
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        content_weight: float = 0.0,
        content_features: keras.Model | None = None,
        feature_games: Mapping[str, FeatureGame] | None = None,
        augmentation: Augmentation | None = None,
        apart: bool = False,
        pool_size: int = 50,
        n_critic: int = 1,
        gradient_penalty: float = 0.0,
        ema_decay: float = 0.999,
        xla: bool = False,
    ) -> None:
        """Sets the game to play, under the strategy the model was made under.

        Args:
            generator_optimizer: Name, configuration or object: pattern for
                the optimizers of a2b and b2a. Adam treats each weight by
                itself, so two copies do what one for both would do. Adam as
                the paper uses it when absent.
            critic_optimizer: The same for the critics; as for the translators
                when absent.
            adversarial_loss: A key of `TRANSLATION_LOSSES`.
            cycle_weight: Weight lambda of the cycle loss.
            identity_weight: Weight of the identity loss, in units of
                `cycle_weight`; 0 for none.
            content_weight: Weight of the distance between an image and its
                translation in `content_features`; 0 for none.
            content_features: Maps images to a list of frozen maps.
            feature_games: What second critics are for, on frozen features:
                `"a"` and `"b"`, the domains that they judge.
            augmentation: Of all images on their way to the GAN's own critics.
            apart: Whether these see real and generated images apart.
            pool_size: Generated images that are remembered for each critic;
                0 for none.
            n_critic: Critic iterations per generator step, at least 1.
            gradient_penalty: Weight of the two-sided penalty. It is taken on
                the mean over an image's patches, whose slope does not depend
                on how many patches there are.
            ema_decay: Decay of the averages per generator step.
            xla: Whether XLA compiles the step, see `loop.train_function`.

        Raises:
            ValueError: If the loss is unknown or a number is out of range.
        """
        game = losses.named(TRANSLATION_LOSSES, adversarial_loss)
        feeding.check_numbers(
            cycle_weight=cycle_weight,
            identity_weight=identity_weight,
            content_weight=content_weight,
            gradient_penalty=gradient_penalty,
        )
        _check(n_critic, ema_decay, pool_size)
        if content_weight and not content_features:
            raise ValueError(f"{content_weight=} needs content_features")
        super().compile(optimizer=None)
        with self.distribute_strategy.scope():
            adam = optimizers.adam(2e-4, 0.5)
            generators, critics = optimizers.pair(
                generator_optimizer, critic_optimizer, adam
            )
            patterns = dict.fromkeys(TRANSLATORS, generators)
            patterns |= dict.fromkeys(CRITICS, critics)
            self.optimizers = self._built(patterns)
            shape = self.a2b.input_shape[1:]
            names = ("pool_a", "pool_b") if pool_size else ()
            self.pools = {name: ImagePool(pool_size, shape) for name in names}
        self.pool_size, self.n_critic, self.xla = pool_size, n_critic, xla
        self.adversarial_loss, self.gradient_penalty = game, gradient_penalty
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.content_weight = content_weight
        self.content_features = content_features
        self.ema_decay = ema_decay
        self.augmentation, self.apart = augmentation, apart
        self.feature_games = dict(feature_games or {})
        self.domains = {
            domain: DomainGame(
                domain,
                getattr(self, f"critic_{domain}"),
                game,
                gradient_penalty,
                augmentation,
                apart,
                self.feature_games.get(domain),
            )
            for domain in "ab"
        }
        for domain, own in self.feature_games.items():
            self.optimizers[f"feature_critic_{domain}"] = own.optimizer
        # The estimate of the largest singular value starts at random.
        for judge in [*self.judges.values()] * 10:
            step.update_spectral_norm(judge)
        self._critic_gradients = step.compiled(self.critic_gradients, xla)
        self._generator_gradients = step.compiled(self.generator_gradients, xla)
        self.make_train_function()

    def _built(self, patterns: dict) -> dict[str, keras.optimizers.Optimizer]:
        """A copy of each pattern for the network of its name."""
        made = {n: optimizers.copy_of(own) for n, own in patterns.items()}
        for name, optimizer in made.items():
            optimizer.build(getattr(self, name).trainable_variables)
        return made

    @property
    def judges(self) -> dict[str, keras.Model]:
        """All critics by name, those on frozen features too."""
        games = self.domains.values()
        return {n: net for game in games for n, net in game.critics.items()}

    @property
    def state(self) -> dict:
        """Everything a checkpoint holds, by name: objects with variables."""
        state = {
            **self.networks,
            **self.judges,
            **{f"{n}_optimizer": o for n, o in self.optimizers.items()},
            **self.pools,
        }
        if self.augmentation:
            state["augmentation"] = self.augmentation
        return state

    def fakes(self, slot: step.Batch) -> step.Batch:
        """What the translators make of a slot's images."""
        return {
            "fake_a": self.b2a(slot["image_b"], training=True),
            "fake_b": self.a2b(slot["image_a"], training=True),
        }

    def generator_gradients(self, slot: step.Batch) -> tuple[dict, dict, dict]:
        """Gradients of both translators, their images, and what to log.

        L = sum over both directions of adversarial + lambda * cycle
        + lambda * identity_weight * identity + content_weight * content.
        """
        a, b = slot["image_a"], slot["image_b"]
        kept = {}
        own_a, own_b = ([a], [b]) if self.identity_weight else ([], [])
        with tf.GradientTape() as tape:
            fake_a, *same_a = _translated(self.b2a, b, *own_a)
            fake_b, *same_b = _translated(self.a2b, a, *own_b)
            adversarial = self.domains["a"].of_translator(fake_a, slot)
            adversarial += self.domains["b"].of_translator(fake_b, slot)
            cycle_a = l1_distance(a, self.b2a(fake_b, training=True))
            cycle_b = l1_distance(b, self.a2b(fake_a, training=True))
            loss = adversarial + self.cycle_weight * (cycle_a + cycle_b)
            identity = tf.zeros_like(loss)
            if self.identity_weight:
                identity += l1_distance(a, *same_a)
                identity += l1_distance(b, *same_b)
                loss += self.cycle_weight * self.identity_weight * identity
            if self.content_weight:
                content = self._content(a, fake_b) + self._content(b, fake_a)
                loss += self.content_weight * content
                kept["content_loss"] = tf.reduce_mean(content)
            total = step.global_mean(loss)
        learning = {name: getattr(self, name) for name in TRANSLATORS}
        gradients = _gradients(tape, total, learning)
        log = {
            "generator_loss": tf.reduce_mean(loss),
            "adversarial_loss": tf.reduce_mean(adversarial),
            "cycle_loss_a": tf.reduce_mean(cycle_a),
            "cycle_loss_b": tf.reduce_mean(cycle_b),
            "identity_loss": tf.reduce_mean(identity),
            **kept,
            "generator_gradient_norm": _norm(gradients),
        }
        return gradients, {"fake_a": fake_a, "fake_b": fake_b}, log

    def critic_gradients(self, slot: step.Batch) -> tuple[dict, dict]:
        """Gradients of all critics, and what to log.

        Half of the sum of loss and penalty: the paper's way to let the
        critics learn more slowly than the translators. Critics on frozen
        features have rates of their own.

        Args:
            slot: Real images, and `fake_a` and `fake_b` to hold against them.
        """
        with tf.GradientTape() as tape:
            judged = [d.of_critic(slot) for d in self.domains.values()]
            loss = 0.5 * tf.add_n([loss for loss, _ in judged])
            on_features = [
                d.of_feature_critic(slot) for d in self.domains.values()
            ]
            total = step.global_mean(loss)
            total += step.global_mean(tf.add_n([x for x, _ in on_features]))
        gradients = _gradients(tape, total, self.judges)
        return gradients, {
            "critic_loss": tf.reduce_mean(loss),
            **{k: x for _, log in judged + on_features for k, x in log.items()},
            "critic_gradient_norm": _norm(gradients),
        }

    def _content(self, image: tf.Tensor, translated: tf.Tensor) -> tf.Tensor:
        """Distance [B] of images to their translations in frozen maps."""
        own = [tf.stop_gradient(m) for m in self.content_features(image)]
        return feature_distance(own, self.content_features(translated))

    def _apply(self, gradients: dict[str, list[tf.Tensor]]) -> None:
        networks = {**self.networks, **self.judges}
        for name, values in gradients.items():
            step.apply(self.optimizers[name], values, networks[name])

    def train_step(self, batch: step.Batch) -> dict[str, tf.Tensor]:
        """One update of the translators, n of the critics, and the averages.

        The critics' first iteration looks at the images that the translators
        have just been judged by.

        Args:
            batch: `image_a` and `image_b` [B, n_critic, H, W, C] in [-1, 1];
                `pool` [B, n_critic, 2, 2], `mix` [B, n_critic, 2, 1, 1, 1] and,
                with augmentations, `augment` [B, n_critic, 2, K] in [0, 1),
                with A's numbers first.

        Returns:
            Scalars of this step. `critic_gap_a` is E[D(a)] - E[D(F(b))].
            Critic values are those of the last iteration.
        """
        slot = step.critic_slot(batch, 0)
        gradients, fakes, generator_log = self._generator_gradients(slot)
        self._apply(gradients)
        for i in range(self.n_critic):
            slot = step.critic_slot(batch, i)
            fakes = self.fakes(slot) if i else fakes
            gradients, critic_log = self._critic_gradients(
                {**slot, **self._from_pools(fakes, slot["pool"])}
            )
            self._apply(gradients)
            for judge in self.judges.values():
                step.update_spectral_norm(judge)
        for name in TRANSLATORS:
            step.update_ema(
                getattr(self, f"ema_{name}"),
                getattr(self, name),
                self.ema_decay,
                self.optimizers[name].iterations,
            )
        return {**critic_log, **generator_log}

    def _from_pools(self, fakes: step.Batch, chance: tf.Tensor) -> step.Batch:
        """The generated images that the critics get to see."""
        if not self.pools:
            return fakes
        return {
            f"fake_{domain}": self.pools[f"pool_{domain}"].exchange(
                fakes[f"fake_{domain}"], chance[:, i]
            )
            for i, domain in enumerate("ab")
        }

    def translate(self, images: tf.Tensor, direction: str) -> tf.Tensor:
        """Images as the averaged translator of a direction makes them.

        Args:
            images: Float32 [B, H, W, C] in [-1, 1].
            direction: `"a2b"` or `"b2a"`.

        Returns:
            Float32 [B, H, W, C] in [-1, 1].
        """
        return self.networks[f"ema_{direction}"](images, training=False)

    def game_config(self) -> dict:
        """What else `compile` was given, as it takes it."""
        return {
            "generator_optimizer": self.optimizers["a2b"],
            "critic_optimizer": self.optimizers["critic_a"],
            "adversarial_loss": losses.name_of(
                TRANSLATION_LOSSES, self.adversarial_loss
            ),
        }


def _gradients(
    tape: tf.GradientTape, loss: tf.Tensor, networks: dict[str, keras.Model]
) -> dict[str, list[tf.Tensor]]:
    weights = {
        name: [w.value for w in network.trainable_variables]
        for name, network in networks.items()
    }
    return tape.gradient(loss, weights)


def _check(n_critic: int, ema_decay: float, pool_size: int) -> None:
    if n_critic < 1 or not 0 <= ema_decay < 1 or pool_size < 0:
        raise ValueError(
            "n_critic must be at least 1, ema_decay in [0, 1) and pool_size "
            f"at least 0. Received: n_critic={n_critic}, "
            f"ema_decay={ema_decay}, pool_size={pool_size}"
        )


def _translated(
    translator: keras.Model, *batches: tf.Tensor
) -> list[tf.Tensor]:
    """Each batch translated; in one pass, if no norm would mix them."""
    mixing = keras.layers.BatchNormalization
    if len(batches) == 1 or any(
        isinstance(layer, mixing) for layer in translator.layers
    ):
        return [translator(images, training=True) for images in batches]
    together = translator(tf.concat(batches, axis=0), training=True)
    return tf.split(together, len(batches))


def _norm(gradients: dict[str, list[tf.Tensor]]) -> tf.Tensor:
    return step.gradient_norm(tf.nest.flatten(gradients))
