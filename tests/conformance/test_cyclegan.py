"""The conformance matrix of the models that translate between two sets.

The same tests as the other models go through, in one file: replicas, XLA,
precision, and saving. A case is a set of flags of `--model=cyclegan`.
"""

import functools
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import cases
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.gans import step
from tfgan_transfer.networks import cyclegan as networks
from tfgan_transfer.settings import config
from tfgan_transfer.training import checkpoint, devices

STEPS = 3
FLAGS = {
    "model": "cyclegan",
    "data_a": "shapes",
    "data_b": "shapes#outline",
    "limit": 12,
    "size": "16",
    "width": 2,
    "network": "unet",
    "critic_layers": 1,
    "pool_size": 5,
    "batch_size": 4,
    # Where a cycle is almost closed, rounding decides the sign of its slope.
    "generator_lr": 0.001,
    "steps": STEPS,
}
CASES = {
    "least_squares": {},
    "non_saturating": {
        "adversarial_loss": "non_saturating",
        "critic_view": "image",
        "identity_weight": 0.0,
    },
    "wasserstein_gp": {"adversarial_loss": "wasserstein_gp", "n_critic": 2},
    "batch_norm": {"network": "hourglass", "pool_size": 0},
    "residual": {"network": "resnet_6", "freeze": "a2b:0-2"},
    "projected": {
        "critic": "projected",
        "adversarial_loss": "hinge",
        "feature_size": 32,
        "doubling": "smooth",
    },
    "both": {
        "critic": "both",
        "feature_size": 32,
        "feature_lr": 0.001,
        "augment": "translation",
        "content_weight": 1.0,
        "residual_image": True,
        "network": "resnet_6",
        "doubling": "smooth",
    },
}
every_case = pytest.mark.parametrize("case", CASES)
# Of each loss and each kind of critic one: `test_whole_step.py` compiles them.
WHOLE = ("least_squares", "non_saturating", "wasserstein_gp", "projected")
WHOLE += ("both",)
# As in `test_replicas.py`; instance norm of small maps adds some rounding, and
# a classifier's many layers more: 8.5e-5 of one pixel of a pool was seen.
BOUNDS = {**dict.fromkeys(CASES, 5e-5), "both": 1e-4}


def resolve(case, **flags):
    return config.resolve(
        {**FLAGS, **CASES[case], **flags}, None, side=16, count=12
    )


@functools.cache
def images():
    return pairs.load_data(resolve("least_squares")).train


def make(settings, optimizer=cases.sgd, xla=False, strategy=None):
    """Builds the model; the same one each time, as in a new process."""
    keras.backend.clear_session()
    devices.prepare(settings)
    with (
        (strategy or tf.distribute.get_strategy()).scope(),
        mock.patch.object(pairs, "optimizer", optimizer),
        # Six blocks do nothing that one does not, and take longer.
        mock.patch.dict(
            networks.TRANSLATORS,
            resnet_6=functools.partial(networks.resnet, blocks=1),
        ),
    ):
        model = pairs.gan(Plan(settings), xla=xla)
        # First weights are so small that maps of two channels are nearly
        # flat, where rounding counts most.
        for network in model.networks.values():
            for weight in network.trainable_variables:
                if weight.name == "kernel":
                    value, scale = np.asarray(weight), 0.2
                    # At first a residual image closes every cycle; changes
                    # from end to end of the range would enlarge rounding.
                    if not value.any():
                        rng, scale = np.random.default_rng(0), 0.02
                        value = rng.normal(size=value.shape)
                    weight.assign(value * scale / np.std(value))
        return model


def batches(settings, start=0, stop=STEPS):
    stream = pairs.batches(
        settings, images(), tf.distribute.get_strategy(), start
    )
    return list(stream.take(stop - start))


def train(model, settings, start=0, stop=STEPS):
    """Without a graph: the plainest reading of the code."""
    logs = [model.train_step(b) for b in batches(settings, start, stop)]
    return {name: float(value) for name, value in logs[-1].items()}


@functools.cache
def reference(case):
    settings = resolve(case)
    model = make(settings)
    logs = train(model, settings)
    return checkpoint.gather(model.state), logs


def fit(settings, replicas, xla=False):
    strategy = tf.distribute.MirroredStrategy(
        [f"CPU:{i}" for i in range(replicas)]
    )
    model = make(settings, xla=xla, strategy=strategy)
    history = model.fit(
        pairs.batches(settings, images(), strategy, 0),
        epochs=1,
        steps_per_epoch=STEPS,
        shuffle=False,
        verbose=0,
    ).history
    logs = {name: values[-1] for name, values in history.items()}
    return checkpoint.gather(model.state), logs


@every_case
def test_two_replicas_equal_one(case):
    settings = resolve(case)
    if settings["network"] == "hourglass":
        settings["sync_batch_norm"] = True
    weights, logs = fit(settings, replicas=2)
    expected, expected_logs = reference(case)
    bound = BOUNDS[case]
    assert not cases.differences(weights, expected, rtol=bound, atol=bound)
    if settings["pool_size"]:
        assert expected["pool_b"]["filled"] == 5
    for name, value in expected_logs.items():
        if "gradient_norm" not in name:
            assert logs[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_xla_on_two_replicas():
    weights, _ = fit(resolve("least_squares"), replicas=2, xla=True)
    expected, _ = reference("least_squares")
    assert not cases.differences(weights, expected, rtol=1e-4, atol=1e-4)


def test_the_comparison_notices_pools_that_are_not_shared(monkeypatch):
    """Each replica's own half of the batch, in a pool of its own."""

    def alone(self, value, axis):
        return tf.nest.map_structure(lambda v: tf.concat([v, v], axis), value)

    monkeypatch.setattr(tf.distribute.ReplicaContext, "all_gather", alone)
    weights, _ = fit(resolve("least_squares"), replicas=2)
    expected, _ = reference("least_squares")
    wrong = cases.differences(weights, expected, rtol=0, atol=1e-3)
    assert "pool_a/images" in wrong


@pytest.mark.parametrize("case", [case for case in CASES if case not in WHOLE])
def test_xla_gradients_equal_the_plain_ones(case):
    settings = resolve(case)
    share = 1e-4
    model = make(settings, xla=True)
    (batch,) = batches(settings, stop=1)
    slot = step.critic_slot(batch, 0)
    gradients, fakes, log = model._generator_gradients(slot)
    plain, plain_fakes, plain_log = model.generator_gradients(slot)
    slot = {**slot, **plain_fakes}
    critics, critic_log = model._critic_gradients(slot)
    plain_critics, plain_critic_log = model.critic_gradients(slot)
    gradients |= critics
    plain |= plain_critics
    assert gradients.keys() == {*pairs.NETWORKS, *model.judges}
    for name, values in plain.items():
        # A bias in front of a norm has no gradient but for rounding.
        assert_close(flat(gradients[name]), flat(values), name, share)
    for name, value in {**plain_fakes, **plain_log, **plain_critic_log}.items():
        assert_close({**fakes, **log, **critic_log}[name], value, name, share)


def flat(tensors):
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def assert_close(value, expected, name, share):
    largest = np.abs(expected).max()
    np.testing.assert_allclose(
        value, expected, rtol=share, atol=share * largest, err_msg=name
    )


@every_case
def test_mixed_bfloat16_trains(case):
    settings = resolve(case, precision="mixed_bfloat16")
    model = make(settings)
    for network in model.networks.values():
        *inner, head = [layer for layer in network.layers if layer.weights]
        assert "bfloat16" in {layer.compute_dtype for layer in inner}
        assert head.compute_dtype == "float32"
        assert network.outputs[0].dtype == "float32"
    before = checkpoint.gather(model.state)
    logs = train(model, settings)
    for group, arrays in checkpoint.gather(model.state).items():
        assert all(np.isfinite(array).all() for array in arrays.values())
        # The chance of an augmentation stays.
        assert group == "augmentation" or any(
            np.any(a != before[group][p]) for p, a in arrays.items()
        )
    _, expected = reference(case)
    for name in ("generator_loss", "critic_loss", "cycle_loss_a"):
        size = max(1.0, abs(expected[name]))
        assert abs(logs[name] - expected[name]) < 0.25 * size, name


@every_case
def test_checkpoint_round_trip_and_the_next_step(case, tmp_path):
    settings = resolve(case)
    model = make(settings, pairs.optimizer)
    train(model, settings, stop=2)
    saved = checkpoint.gather(model.state)
    path = checkpoint.save(tmp_path, 2, saved).path
    train(model, settings, start=2)
    expected = checkpoint.gather(model.state)
    assert cases.differences(expected, saved, rtol=0, atol=0)

    fresh = make({**settings, "seed": 1}, pairs.optimizer)
    checkpoint.restore(fresh.state, checkpoint.load(path))
    restored = checkpoint.gather(fresh.state)
    assert not cases.differences(restored, saved, rtol=0, atol=0)
    train(fresh, settings, start=2)
    assert not cases.differences(
        checkpoint.gather(fresh.state), expected, rtol=0, atol=0
    )


@every_case
def test_config_round_trip(case):
    model = make(resolve(case))
    copy = type(model).from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    weights = checkpoint.gather(model.networks)
    checkpoint.restore(copy.networks, weights)
    batch = images().a.images[:2] / np.float32(127.5) - 1
    for direction in ("a2b", "b2a"):
        np.testing.assert_array_equal(
            copy.translate(batch, direction), model.translate(batch, direction)
        )
