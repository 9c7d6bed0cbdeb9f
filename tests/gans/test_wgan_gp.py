"""One WGAN-GP train step against NumPy."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    CRITIC_RATE,
    GENERATOR_RATE,
    LAMBDA,
    N_CRITIC,
    PIXELS,
    SIDE,
    B,
    HalfSquare,
    adam,
    assert_same,
    compiled,
    critic_of,
    linear_critic,
    linear_generator,
    make_batch,
    normal,
    sgd,
    tensors,
    weights_of,
)
from tfgan_transfer.gans import WGANGP
from tfgan_transfer.layers.spectral import SpectralConv2D, SpectralDense


class NumpySGD:
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, weights, gradients):
        return [
            w - self.rate * g for w, g in zip(weights, gradients, strict=True)
        ]


class NumpyAdam(NumpySGD):
    """Kingma & Ba 2015, algorithm 1, for beta1 = 0 and beta2 = 0.9."""

    def __init__(self, rate):
        super().__init__(rate)
        self.t, self.v = 0, [0.0, 0.0]

    def __call__(self, weights, gradients):
        self.t += 1
        self.v = [
            0.9 * v + 0.1 * g**2 for v, g in zip(self.v, gradients, strict=True)
        ]
        root = [np.sqrt(v / (1 - 0.9**self.t)) for v in self.v]
        return [
            w - self.rate * g / (r + 1e-8)
            for w, g, r in zip(weights, gradients, root, strict=True)
        ]


def numpy_step(model, batch, optimizer):
    """Algorithm 1 of WGAN-GP for linear networks, in float64."""
    a, b = (w.astype(float) for w in model.generator.get_weights())
    w, c = (w.astype(float) for w in model.critic.get_weights())
    w = w[:, 0]
    update = optimizer(CRITIC_RATE)
    for slot in range(N_CRITIC):
        real = batch["image"][:, slot].reshape(B, PIXELS).astype(float)
        fake = batch["latent"][:, slot] @ a + b
        length = np.linalg.norm(w)
        penalty = LAMBDA * (length - 1) ** 2
        wasserstein = np.mean(real @ w) - np.mean(fake @ w)
        # grad D is w everywhere, so the mixed images drop out, and the
        # gradient of the penalty is 2 lambda (|w| - 1) w / |w|.
        slope = np.mean(fake, axis=0) - np.mean(real, axis=0)
        slope += 2 * LAMBDA * (length - 1) * w / length
        w, c = update([w, c], [slope, np.zeros(1)])
    latent = batch["latent"][:, N_CRITIC].astype(float)
    fake_score = (latent @ a + b) @ w + c
    slopes = [-np.outer(latent.mean(axis=0), w), -w]
    a, b = optimizer(GENERATOR_RATE)([a, b], slopes)
    logs = {
        "critic_loss": penalty - wasserstein,
        "penalty": penalty,
        "wasserstein": wasserstein,
        "critic_gradient_norm": np.linalg.norm(slope),
        "generator_loss": -np.mean(fake_score),
        "generator_gradient_norm": np.sqrt(sum(np.sum(s**2) for s in slopes)),
    }
    return types.SimpleNamespace(generator=[a, b], critic=[w, c], logs=logs)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize(
    "optimizer, numpy_optimizer", [(sgd, NumpySGD), (adam, NumpyAdam)]
)
def test_one_train_step_is_the_papers_algorithm(
    optimizer, numpy_optimizer, xla
):
    model = compiled(optimizer=optimizer, xla=xla)
    batch = make_batch()
    expected = numpy_step(model, batch, numpy_optimizer)
    logs = tf.function(model.train_step)(tensors(batch))
    for network in ("generator", "critic"):
        values = getattr(model, network).get_weights()
        for value, number in zip(
            values, getattr(expected, network), strict=True
        ):
            np.testing.assert_allclose(
                value.ravel(), number.ravel(), atol=1e-5, err_msg=network
            )
    assert {*logs} == {*expected.logs}
    for name, number in expected.logs.items():
        np.testing.assert_allclose(logs[name], number, rtol=1e-4, err_msg=name)


def test_every_example_is_mixed_by_its_own_weight():
    # For D(x) = a |x|^2 / 2 the penalty is (a |x| - 1)^2 at the mixed image,
    # and its slope in a is 2 (a |x| - 1) |x|.
    critic = critic_of(HalfSquare(name="square"))
    model = compiled(critic=critic, n_critic=1, gradient_penalty=LAMBDA)
    batch = make_batch()
    a, b = model.generator.get_weights()
    real = batch["image"][:, 0].reshape(B, PIXELS)
    fake = batch["latent"][:, 0] @ a + b
    mixed = real + batch["mix"][:, 0].reshape(B, 1) * (fake - real)
    length = np.linalg.norm(mixed, axis=1)
    slope = np.mean(np.sum(fake**2, axis=1) - np.sum(real**2, axis=1)) / 2
    slope += LAMBDA * np.mean(2 * (length - 1) * length)
    model.train_step(tensors(batch))
    np.testing.assert_allclose(
        float(critic.variables[0].numpy()),
        1 - CRITIC_RATE * slope,
        rtol=1e-5,
    )


def test_weights_of_r1_and_r2():
    # D(x) = a |x|^2 / 2: half the squared slope is a^2 |x|^2 / 2.
    critic = critic_of(HalfSquare(name="square"))
    model = compiled(
        critic=critic,
        n_critic=1,
        adversarial_loss="relativistic",
        gradient_penalty=0.0,
        r1=3.0,
        r2=0.5,
    )
    batch = tensors(make_batch())
    real = batch["image"][:, 0]
    fake = model.generator(batch["latent"][:, 0])
    squares = [
        np.mean(np.sum(np.square(images), axis=(1, 2, 3)))
        for images in (real, fake)
    ]
    logs = model.train_step(batch)
    np.testing.assert_allclose(
        logs["penalty"], 3.0 * squares[0] / 2 + 0.5 * squares[1] / 2, rtol=1e-5
    )


def test_critic_of_several_outputs_is_scored_by_the_first():
    critic = linear_critic()
    classes = keras.layers.Dense(3, name="classes")(critic.layers[1].output)
    two = keras.Model(critic.input, [critic.output, classes])
    model = WGANGP(linear_generator(), two)
    images = normal(B, SIDE, SIDE, 1)
    np.testing.assert_array_equal(model.score(images), critic(images))


def test_every_critic_iteration_sees_its_own_images():
    def critic_after(change):
        model, batch = compiled(), make_batch()
        change(batch["image"])
        model.train_step(tensors(batch))
        return model.critic.get_weights()[0]

    def change_slot(slot):
        def change(images):
            images[0, slot] += 1.0

        return change

    unchanged = critic_after(lambda images: None)
    for slot in range(N_CRITIC):
        difference = critic_after(change_slot(slot)) - unchanged
        assert np.abs(difference).max() > 1e-3
    # The last slot's images enter its own update only: w moves by rate / B.
    np.testing.assert_allclose(difference, CRITIC_RATE / B, rtol=1e-4)


def test_each_update_leaves_the_other_network_alone():
    model, slot = compiled(), tensors(make_batch())
    slot = {name: values[:, 0] for name, values in slot.items()}
    nets = {"critic": model.critic, "generator": model.generator}
    for mine, other in ("critic", "generator"), ("generator", "critic"):
        before = {name: weights_of(net) for name, net in nets.items()}
        gradients, _ = getattr(model, f"{mine}_gradients")(slot)
        getattr(model, f"{mine}_optimizer").apply(
            gradients, nets[mine].trainable_variables
        )
        assert_same(weights_of(nets[other]), before[other])
        for path, value in weights_of(nets[mine]).items():
            if path != "score/bias":
                assert np.abs(value - before[mine][path]).min() > 0, path


def test_ema_follows_the_ramp_batch_norm_statistics_included():
    decay = 0.28  # Between the ramp's second and third value.
    model = compiled(linear_generator(batch_norm=True), ema_decay=decay)
    expected = weights_of(model.generator)
    train_step = tf.function(model.train_step)
    for step in range(1, 5):
        train_step(tensors(make_batch(seed=step)))
        share = min(decay, (1 + step) / (10 + step))
        for path, value in weights_of(model.generator).items():
            expected[path] = share * expected[path] + (1 - share) * value
        average = weights_of(model.ema_generator)
        assert average.keys() == expected.keys()
        for path, value in expected.items():
            np.testing.assert_allclose(
                average[path], value, rtol=1e-5, atol=1e-6, err_msg=path
            )
    statistics = np.abs(expected["norm/moving_mean"])
    assert statistics.min() > 0


def test_clip_bounds_every_critic_weight():
    model = compiled(
        adversarial_loss="wasserstein_clip", gradient_penalty=0.0, clip=0.01
    )
    for seed in range(2):
        model.train_step(tensors(make_batch(seed)))
    weights = [np.abs(w) for w in model.critic.get_weights()]
    assert max(w.max() for w in weights) == np.float32(0.01)
    assert max(np.abs(w).max() for w in model.generator.get_weights()) > 0.1


def test_spectral_norm_converges_while_training():
    conv = SpectralConv2D(6, 2, padding="same", name="conv")
    score = SpectralDense(1, name="score")
    flat = keras.layers.Flatten(name="flat")
    model = compiled(
        critic=critic_of(conv, keras.layers.ReLU(), flat, score),
        adversarial_loss="hinge",
        gradient_penalty=0.0,
    )
    model.critic_optimizer.learning_rate = 1e-3

    def sigma(layer):
        kernel = layer.kernel.numpy().reshape(-1, layer.kernel.shape[-1])
        estimate = np.linalg.norm(kernel @ layer.u.numpy())
        return np.linalg.svd(kernel / estimate, compute_uv=False)[0]

    assert sigma(conv) < 1.01  # `compile` has looked for it already.
    conv.u.assign(np.eye(6, 1))
    assert sigma(conv) > 1.05
    train_step = tf.function(model.train_step)
    for seed in range(20):
        train_step(tensors(make_batch(seed)))
    for layer in (conv, score):
        np.testing.assert_allclose(sigma(layer), 1, atol=1e-3)
