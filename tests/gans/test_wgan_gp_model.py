"""What the WGAN-GP model promises around its train step."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    Z,
    adam,
    assert_same,
    compiled,
    linear_critic,
    linear_generator,
    make_batch,
    normal,
    tensors,
    weights_of,
)
from tfgan_transfer.gans import WGANGP


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


def test_waiting_for_data_is_measured():
    model = compiled()
    before = time.time()
    model.shows_clock = True
    batches = tf.data.Dataset.from_tensors(tensors(make_batch()))
    logs = model.train_function(iter(batches))
    assert 0 <= float(logs["data_wait"]) <= time.time() - before


def test_fit_reports_the_last_step_and_no_bare_loss():
    model, batch = compiled(), make_batch()
    expected = compiled().train_step(tensors(batch))
    dataset = tf.data.Dataset.from_tensors(tensors(batch)).repeat()
    history = model.fit(
        dataset, steps_per_epoch=1, shuffle=False, verbose=0
    ).history
    assert {*history} == {*expected}
    for name in expected:
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
