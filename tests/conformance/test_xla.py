"""The gradient functions under XLA are those of the plain code.

Tolerance: XLA fuses and reorders float32 sums; second derivatives through
norms cancel, so a gradient may be off by 1e-5 of the largest of its layer.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import cases
from tfgan_transfer.gans import step

SHARE_OF_LARGEST = 1e-5


def assert_close(values, expected, name, largest=None):
    largest = np.abs(expected).max() if largest is None else largest
    np.testing.assert_allclose(
        values,
        expected,
        rtol=1e-4,
        atol=SHARE_OF_LARGEST * largest + 1e-6,
        err_msg=name,
    )


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_xla_gradients_equal_the_plain_ones(case):
    settings = cases.resolve(case)
    model = cases.make(settings, xla=True)
    stream = cases.build.batches(
        settings,
        cases.images(settings["size"]),
        tf.distribute.get_strategy(),
        0,
    )
    batch = next(iter(stream))
    for name, slot in ("critic", 0), ("generator", settings["n_critic"]):
        part = step.critic_slot(batch, slot)
        compiled = getattr(model, f"_{name}_gradients")
        assert isinstance(compiled, tf.types.experimental.PolymorphicFunction)
        compiled, logs = compiled(part)
        plain, plain_logs = getattr(model, f"{name}_gradients")(part)
        variables = getattr(model, name).trainable_variables
        assert any(np.any(gradient) for gradient in plain)
        # A bias in front of a batch norm has no gradient but for rounding:
        # it is compared with what its layer is used to.
        scale = {}
        for expected, variable in zip(plain, variables, strict=True):
            layer = variable.path.rsplit("/", 1)[0]
            largest = float(np.abs(expected).max())
            scale[layer] = max(scale.get(layer, 0.0), largest)
        for values, expected, variable in zip(
            compiled, plain, variables, strict=True
        ):
            layer = variable.path.rsplit("/", 1)[0]
            assert_close(values, expected, variable.path, scale[layer])
        for key, expected in plain_logs.items():
            assert_close(logs[key], expected, key)


def test_xla_on_two_replicas():
    # How the two get along does not depend on network or loss. This one has a
    # second derivative, and a critic with a state of its own.
    settings = cases.resolve(cases.named("hinge"), gradient_penalty=2.0)
    weights, _ = cases.fit(settings, replicas=2, xla=True)
    model = cases.make(settings, cases.sgd)
    cases.run_eagerly(model, settings)
    expected = cases.checkpoint.gather(model.state)
    assert not cases.differences(weights, expected, rtol=1e-5, atol=1e-5)
