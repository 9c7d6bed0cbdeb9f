"""--penalty_every: when penalties are taken, and what they then weigh."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    CRITIC_RATE,
    LAMBDA,
    B,
    HalfSquare,
    compiled,
    critic_of,
    make_batch,
    tensors,
)
from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import config


def lazy(every, **options):
    critic = critic_of(HalfSquare(name="square"))
    return compiled(
        critic=critic,
        gradient_penalty=LAMBDA,
        penalty_every=every,
        **options,
    )


def slopes(model, batch, i, a):
    """d loss / d a of an iteration without the penalty, and of the penalty."""
    kernel, bias = model.generator.get_weights()
    real = batch["image"][:, i].reshape(B, -1)
    fake = batch["latent"][:, i] @ kernel + bias
    mixed = real + batch["mix"][:, i].reshape(B, 1) * (fake - real)
    length = np.linalg.norm(mixed, axis=1)
    loss = np.mean(np.sum(fake**2, axis=1) - np.sum(real**2, axis=1)) / 2
    return loss, LAMBDA * np.mean(2 * (a * length - 1) * length)


@pytest.mark.parametrize("xla", (False, True))
def test_every_second_iteration_with_twice_the_weight(xla):
    model = lazy(2, xla=xla)
    batch = make_batch()
    a = 1.0
    for i, weight in (0, 0), (1, 2):
        loss, penalty = slopes(model, batch, i, a)
        a -= CRITIC_RATE * (loss + weight * penalty)
    tf.function(model.train_step)(tensors(batch))
    np.testing.assert_allclose(model.critic.get_weights()[0], a, rtol=1e-4)


def test_turns_go_on_where_a_checkpoint_left_them():
    model = lazy(3, n_critic=1)
    batch = tensors(make_batch())
    taken = []
    for done in range(7):
        # The number of updates is what a checkpoint brings back.
        model.critic_optimizer.iterations.assign(done)
        taken.append(float(model.train_step(batch)["penalty"]) > 0)
    assert taken == [False, False, True, False, False, True, False]


def test_without_a_penalty_there_is_nothing_to_space_out():
    flags = {
        "adversarial_loss": "non_saturating",
        "r1": 0.0,
        "penalty_every": 2,
        "data": "digits",
    }
    with pytest.raises(UserError, match="penalty_every: received 2"):
        config.resolve(flags, None, side=8, count=40)
    with pytest.raises(ValueError, match="penalty_every=0"):
        lazy(0)
