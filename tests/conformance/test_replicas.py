"""Two replicas that share a batch learn what one learns from all of it.

Tolerance: the two sum the same float32 numbers in another order, so gradients
of up to about 10 differ by some 1e-7 of their size, and SGD adds three of them
times 0.01 and momentum. A wrong factor in front of a gradient changes weights
by more than 1e-3. Where kernels are taken in pieces 2.7e-6 was seen.
"""

import numpy as np
import pytest

from tests.support import cases
from tfgan_transfer.gans import step
from tfgan_transfer.ops import processor

BOUND = 5e-6 if processor.is_narrow() else 2e-6
TOLERANCE = {"rtol": BOUND, "atol": BOUND}


# A replica compares spectra or features of its own half, as batch norm does.
OF_HALVES = ("spectrum", "feature_matching")
ALIKE = [case for case in cases.CASES if case.name not in OF_HALVES]


@pytest.mark.parametrize("case", ALIKE, ids=lambda case: case.name)
def test_two_replicas_equal_one(case):
    # Batch norm over a replica's own half would be another model.
    settings = cases.resolve(case, sync_batch_norm=True)
    weights, logs = cases.fit(settings, replicas=2)
    expected, expected_logs = cases.reference(case.name)
    assert not cases.differences(weights, expected, **TOLERANCE)
    for name in ("critic_loss", "penalty", "wasserstein", "generator_loss"):
        np.testing.assert_allclose(
            logs[name], expected_logs[name], rtol=1e-5, atol=1e-6, err_msg=name
        )


def test_one_replica_is_the_plain_code():
    settings = cases.resolve(cases.named("dcgan"))
    weights, _ = cases.fit(settings, replicas=1)
    expected, _ = cases.reference("dcgan")
    assert not cases.differences(weights, expected, **TOLERANCE)


def test_the_comparison_notices_a_missing_factor(monkeypatch):
    monkeypatch.setattr(step, "global_mean", step.tf.reduce_mean)
    settings = cases.resolve(cases.named("wasserstein_gp"))
    weights, _ = cases.fit(settings, replicas=2)
    expected, _ = cases.reference("wasserstein_gp")
    wrong = cases.differences(weights, expected, rtol=0, atol=1e-3)
    assert any(name.startswith("critic/") for name in wrong)
    assert any(name.startswith("generator/") for name in wrong)
