"""The game of a pair of translators and their critics: how it is set up."""

import keras

from tfgan_transfer import losses
from tfgan_transfer.gans import step
from tfgan_transfer.gans.pool import ImagePool

TRANSLATORS = ("a2b", "b2a")
CRITICS = ("critic_a", "critic_b")


def set_game(
    model: keras.Model,
    generator_optimizer: keras.optimizers.Optimizer,
    critic_optimizer: keras.optimizers.Optimizer,
    *,
    adversarial_loss: str = "least_squares",
    cycle_weight: float = 10.0,
    identity_weight: float = 0.5,
    pool_size: int = 50,
    n_critic: int = 1,
    gradient_penalty: float = 0.0,
    ema_decay: float = 0.999,
    xla: bool = False,
) -> None:
    """Compiles a model; must be called inside the strategy's scope.

    Args:
        model: Its networks are set.
        generator_optimizer: Pattern for the optimizers of a2b and b2a.
            Adam treats each weight by itself, so two copies do what one
            for both would do.
        critic_optimizer: The same for the critics.
        adversarial_loss: A key of `losses.TRANSLATION_LOSSES`.
        cycle_weight: Weight lambda of the cycle loss.
        identity_weight: Weight of the identity loss, in units of
            `cycle_weight`; 0 for none.
        pool_size: Generated images that are remembered for each critic;
            0 for none.
        n_critic: Critic iterations per generator step, at least 1.
        gradient_penalty: Weight of the two-sided penalty. It is taken on
            the mean over an image's patches, whose slope does not depend
            on how many patches there are.
        ema_decay: Decay of the averages per generator step.
        xla: Whether the gradient functions are compiled by XLA.

    Raises:
        ValueError: If the loss is unknown or a number is out of range.
    """
    _check(adversarial_loss, n_critic, ema_decay, pool_size)
    keras.Model.compile(model, optimizer=None)
    model.optimizers = {
        **{name: generator_optimizer for name in TRANSLATORS},
        **{name: critic_optimizer for name in CRITICS},
    }
    for name, pattern in model.optimizers.items():
        optimizer = type(pattern).from_config(pattern.get_config())
        optimizer.build(getattr(model, name).trainable_variables)
        model.optimizers[name] = optimizer
    shape = model.a2b.input_shape[1:]
    model.pools = {
        name: ImagePool(pool_size, shape)
        for name in ("pool_a", "pool_b")
        if pool_size
    }
    model.adversarial_loss = losses.TRANSLATION_LOSSES[adversarial_loss]
    model.cycle_weight = cycle_weight
    model.identity_weight = identity_weight
    model.n_critic = n_critic
    model.gradient_penalty = gradient_penalty
    model.ema_decay = ema_decay
    model._critic_gradients = step.compiled(model.critic_gradients, xla)
    model._generator_gradients = step.compiled(model.generator_gradients, xla)
    model.train_function = step.train_function(model)


def _check(
    adversarial_loss: str, n_critic: int, ema_decay: float, pool_size: int
) -> None:
    if adversarial_loss not in losses.TRANSLATION_LOSSES:
        raise ValueError(
            f"Unknown adversarial_loss, expected one of "
            f"{sorted(losses.TRANSLATION_LOSSES)}. "
            f"Received: adversarial_loss={adversarial_loss!r}"
        )
    if n_critic < 1 or not 0 <= ema_decay < 1 or pool_size < 0:
        raise ValueError(
            "n_critic must be at least 1, ema_decay in [0, 1) and pool_size "
            f"at least 0. Received: n_critic={n_critic}, "
            f"ema_decay={ema_decay}, pool_size={pool_size}"
        )
