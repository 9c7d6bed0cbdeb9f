"""One WGAN-GP train step against NumPy, and what the model promises."""

import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.gans import WGANGP
from tfgan_transfer.layers import SpectralConv2D, SpectralDense

B, N_CRITIC, Z, SIDE = 4, 2, 3, 2
PIXELS = SIDE * SIDE
CRITIC_RATE, GENERATOR_RATE, LAMBDA = 0.1, 0.05, 10.0


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return values.astype("float32")


def linear_generator(batch_norm=False):
    """G(z) = z A + b, then batch norm if asked for."""
    latent = keras.Input((Z,), name="latent")
    x = keras.layers.Dense(PIXELS, name="dense")(latent)
    if batch_norm:
        x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
    image = keras.layers.Reshape((SIDE, SIDE, 1), name="image")(x)
    return keras.Model(latent, image, name="generator")


def critic_of(*layers):
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = image
    for layer in layers:
        x = layer(x)
    score = keras.layers.Reshape((), name="score_flat")(x)
    return keras.Model(image, score, name="critic")


def linear_critic():
    """D(x) = w.x + c."""
    return critic_of(
        keras.layers.Flatten(name="flat"), keras.layers.Dense(1, name="score")
    )


class HalfSquare(keras.layers.Layer):
    """a |x|^2 / 2, whose gradient at x is a x."""

    def build(self, shape):
        self.a = self.add_weight((), "ones", name="a")

    def call(self, x):
        squares = keras.ops.sum(keras.ops.square(x), axis=(1, 2, 3))
        return self.a * squares[:, None] / 2

    def compute_output_shape(self, shape):
        return (shape[0], 1)


def sgd(rate):
    return keras.optimizers.SGD(rate)


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9, epsilon=1e-8)


def compiled(generator=None, critic=None, optimizer=sgd, **options):
    model = WGANGP(generator or linear_generator(), critic or linear_critic())
    for network, seed in (model.generator, 1), (model.critic, 2):
        weights = network.trainable_variables
        for i, weight in enumerate(weights):
            if weight.name in ("kernel", "bias"):
                weight.assign(normal(*weight.shape, seed=(seed, i)))
    model.ema_generator.set_weights(model.generator.get_weights())
    model.compile(
        optimizer(GENERATOR_RATE),
        optimizer(CRITIC_RATE),
        n_critic=options.pop("n_critic", N_CRITIC),
        **options,
    )
    return model


def make_batch(seed=0):
    random = np.random.default_rng(seed)
    return {
        "image": normal(B, N_CRITIC, SIDE, SIDE, 1, seed=(seed, 0)),
        "latent": normal(B, N_CRITIC + 1, Z, seed=(seed, 1)),
        "mix": random.random((B, N_CRITIC, 1, 1, 1), dtype="float32"),
    }


def tensors(batch):
    return {name: tf.constant(value) for name, value in batch.items()}


def weights_of(network):
    return {v.path: v.numpy() for v in network.variables}


def assert_same(a, b):
    for path in a:
        np.testing.assert_array_equal(a[path], b[path], err_msg=path)


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
    assert {*logs} == {*expected.logs, "data_ready"}
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


def test_sample_does_not_depend_on_the_batch():
    model = compiled(linear_generator(batch_norm=True))
    model.train_step(tensors(make_batch()))
    latents = normal(6, Z, seed=3)
    together = model.sample(latents)
    others = np.concatenate([latents[:1], 100 * normal(5, Z, seed=4)])
    np.testing.assert_array_equal(model.sample(others)[0], together[0])
    alone = np.concatenate([model.sample(z[None]) for z in latents])
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_sample_is_the_averaged_generators():
    model = compiled(linear_generator(batch_norm=True))
    model.train_step(tensors(make_batch()))
    latents = normal(6, Z, seed=3)
    expected = model.ema_generator(latents, training=False)
    np.testing.assert_array_equal(model.sample(latents), expected)
    trained = model.generator(latents, training=False)
    assert np.abs(trained - expected).max() > 1e-3


def test_data_ready_is_the_wall_clock():
    model = compiled()
    before = time.time()
    logs = tf.function(model.train_step)(tensors(make_batch()))
    assert before <= float(logs["data_ready"]) <= time.time()


def test_fit_reports_the_last_step_and_no_bare_loss():
    model, batch = compiled(), make_batch()
    expected = compiled().train_step(tensors(batch))
    dataset = tf.data.Dataset.from_tensors(tensors(batch)).repeat()
    history = model.fit(
        dataset, steps_per_epoch=1, shuffle=False, verbose=0
    ).history
    assert {*history} == {*expected}
    for name in {*expected} - {"data_ready"}:
        np.testing.assert_allclose(history[name][0], expected[name], rtol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"adversarial_loss": "wgan"},
            "expected one of ['hinge', 'least_squares', 'non_saturating', "
            "'relativistic', 'wasserstein_clip', 'wasserstein_gp']. "
            "Received: adversarial_loss='wgan'",
        ),
        ({"n_critic": 0}, "Received: n_critic=0, ema_decay=0.999"),
        ({"ema_decay": 1.0}, "Received: n_critic=2, ema_decay=1.0"),
        ({"ema_decay": -0.1}, "Received: n_critic=2, ema_decay=-0.1"),
    ],
)
def test_compile_refuses(options, message):
    with pytest.raises(ValueError) as error:
        compiled(**options)
    assert str(error.value).endswith(message)


def test_compile_builds_the_optimizers():
    model = compiled(optimizer=adam)
    assert model.generator_optimizer.built and model.critic_optimizer.built
    assert {*model.state} == {
        "generator",
        "critic",
        "ema_generator",
        "generator_optimizer",
        "critic_optimizer",
    }
    # Keras would otherwise make an optimizer of its own, for all weights.
    assert model.optimizer is None


def test_ema_starts_as_a_copy_that_shares_nothing():
    model = WGANGP(linear_generator(), linear_critic())
    assert_same(weights_of(model.generator), weights_of(model.ema_generator))
    model.generator.set_weights([w + 1 for w in model.generator.get_weights()])
    kernels = [
        net.get_weights()[0] for net in (model.generator, model.ema_generator)
    ]
    np.testing.assert_allclose(kernels[0] - kernels[1], 1, rtol=1e-5)


def test_config_round_trip():
    model = compiled(linear_generator(batch_norm=True))
    copy = WGANGP.from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    for name in ("generator", "critic", "ema_generator"):
        networks = getattr(copy, name), getattr(model, name)
        assert networks[0] is not networks[1]
        shapes = [
            {v.path: v.shape for v in network.variables} for network in networks
        ]
        assert shapes[0] == shapes[1]


def test_keras_file_round_trip(tmp_path):
    model = compiled(linear_generator(batch_norm=True), optimizer=adam)
    model.train_step(tensors(make_batch()))
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for name in ("generator", "critic", "ema_generator"):
        assert_same(
            weights_of(getattr(model, name)), weights_of(getattr(copy, name))
        )
    latents = normal(6, Z, seed=3)
    np.testing.assert_array_equal(copy.sample(latents), model.sample(latents))
