"""On one replica XLA compiles the whole step, and changes nothing.

The tolerance is that between two replicas and one: what is compared has gone
through three steps of each network, optimizers and averages included.
"""

import functools

import numpy as np
import pytest

from tests.conformance import test_cyclegan as pairs
from tests.support import cases
from tfgan_transfer import losses
from tfgan_transfer.settings import choices

TOLERANCE = {"rtol": 2e-5, "atol": 2e-5}
GAME = {"network": "plain", "n_critic": 1, "adversarial_loss": "hinge"}
FEATURES = {**GAME, "feature_size": 32, "generator_lr": 0.001}
# Every loss; no penalty, one, one in every third iteration, spectral norm;
# clipped weights; labels, a frozen stage, batch norm; critics of their own and
# on features.
SINGLE = {
    "wasserstein_gp": {"n_critic": 1},
    "relativistic": {},
    "wasserstein_clip": {"n_critic": 1},
    "non_saturating": {},
    "least_squares": {},
    "acgan_concat": {"n_critic": 1},
    "stack_gan": {"n_critic": 1},
    "projected": {**FEATURES, "critic": "projected"},
    "both": {**FEATURES, "critic": "both", "spectral_norm": True},
}


def resolve(name, **flags):
    known = {case.name: case for case in cases.CASES}
    case = known.get(name, cases.Case(name, {}))
    return cases.resolve(case, **SINGLE[name], **flags)


@functools.cache
def eagerly(name):
    settings = resolve(name)
    model = cases.make(settings, cases.sgd)
    logs = cases.run_eagerly(model, settings)[-1]
    return cases.checkpoint.gather(model.state), logs


def resolve_pair(case, **flags):
    return pairs.resolve(case, identity_weight=0.0, n_critic=1, **flags)


@functools.cache
def pair_eagerly(case):
    settings = resolve_pair(case)
    model = pairs.make(settings)
    logs = pairs.train(model, settings)
    return pairs.checkpoint.gather(model.state), logs


@pytest.mark.parametrize("name", SINGLE)
def test_weights_and_logs_are_those_of_the_plain_code(name):
    settings = resolve(name)
    weights, logs = cases.fit(settings, replicas=1, xla=True)
    expected, expected_logs = eagerly(name)
    assert not cases.differences(weights, expected, **TOLERANCE)
    assert logs.keys() == expected_logs.keys()
    for key, value in expected_logs.items():
        assert logs[key] == pytest.approx(value, rel=1e-4, abs=1e-5), key


def test_each_loss_of_translators_is_there():
    named = {pairs.resolve(case)["adversarial_loss"] for case in pairs.WHOLE}
    assert named == {*choices.PAIR_LOSSES}


@pytest.mark.parametrize("case", pairs.WHOLE)
def test_translators_and_their_pools_too(case):
    weights, _ = pairs.fit(resolve_pair(case), replicas=1, xla=True)
    expected, _ = pair_eagerly(case)
    assert weights["pool_b"]["filled"] == 5
    # Rectifiers of frozen features are near 0 somewhere, and flip.
    frozen = case in ("projected", "both")
    band = {"rtol": 2e-3, "atol": 2e-3} if frozen else TOLERANCE
    assert not cases.differences(weights, expected, **band)


@pytest.mark.parametrize(
    "name", ["wasserstein_gp", "relativistic", "acgan_concat", "both"]
)
def test_mixed_bfloat16_stays_near(name):
    settings = resolve(name, precision="mixed_bfloat16")
    weights, logs = cases.fit(settings, replicas=1, xla=True)
    expected, expected_logs = eagerly(name)
    near(weights, logs, expected, expected_logs)


def test_mixed_bfloat16_of_translators_stays_near():
    settings = resolve_pair("least_squares", precision="mixed_bfloat16")
    weights, logs = pairs.fit(settings, replicas=1, xla=True)
    expected, expected_logs = pair_eagerly("least_squares")
    near(weights, logs, expected, expected_logs)


def near(weights, logs, expected, expected_logs):
    """The band is that of `test_precision.py`."""
    for group, arrays in weights.items():
        for path, array in arrays.items():
            assert array.dtype == expected[group][path].dtype, path
            assert np.isfinite(array).all(), path
    for key in {"critic_loss", "generator_loss", "penalty"} & {*logs}:
        size = max(1.0, abs(expected_logs[key]))
        assert abs(logs[key] - expected_logs[key]) < 0.25 * size, key


def test_every_loss_is_among_them():
    settled = {resolve(name)["adversarial_loss"] for name in SINGLE}
    assert settled == set(losses.ADVERSARIAL_LOSSES)
