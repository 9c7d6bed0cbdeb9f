"""The gradient functions under XLA are those of the plain code.

Tolerance: XLA fuses and reorders float32 sums; second derivatives through
norms cancel, so a gradient may be off by 1e-5 of the largest of its layer, and
by 1e-2 where it has come through the dozens of layers of a frozen classifier,
of which any rectifier near 0 may turn over.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.test_whole_step import SINGLE
from tests.support import cases
from tfgan_transfer.gans import step

SHARE_OF_LARGEST = {"network": 1e-5, "projected": 1e-2, "both": 1e-2}


def assert_close(values, expected, name, share, largest=None):
    largest = np.abs(expected).max() if largest is None else largest
    np.testing.assert_allclose(
        values,
        expected,
        rtol=10 * share,
        atol=share * largest + 1e-6,
        err_msg=name,
    )


# What is compiled as a whole step there, with these in it, is not again.
@pytest.mark.parametrize(
    "case",
    [case for case in cases.CASES if case.name not in SINGLE],
    ids=lambda case: case.name,
)
def test_xla_gradients_equal_the_plain_ones(case):
    settings = cases.resolve(case)
    model = cases.make(settings, xla=True)
    stream = cases.build.batches(
        settings,
        cases.images(settings["size"]),
        tf.distribute.get_strategy(),
        0,
    )
    batch, share = next(iter(stream)), SHARE_OF_LARGEST[settings["critic"]]
    for name, slot in ("critic", 0), ("generator", settings["n_critic"]):
        part = step.critic_slot(batch, slot)
        compiled = getattr(model, f"_{name}_gradients")
        assert isinstance(compiled, tf.types.experimental.PolymorphicFunction)
        compiled, logs = compiled(part)
        plain, plain_logs = getattr(model, f"{name}_gradients")(part)
        networks = model.critics if name == "critic" else [model.generator]
        variables = [w for one in networks for w in one.trainable_variables]
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
            assert_close(values, expected, variable.path, share, scale[layer])
        for key, expected in plain_logs.items():
            assert_close(logs[key], expected, key, share)


def test_xla_on_two_replicas():
    # How the two get along does not depend on network or loss. This one has a
    # second derivative, and a critic with a state of its own.
    settings = cases.resolve(cases.named("hinge"), gradient_penalty=2.0)
    weights, _ = cases.fit(settings, replicas=2, xla=True)
    model = cases.make(settings, cases.sgd)
    cases.run_eagerly(model, settings)
    expected = cases.checkpoint.gather(model.state)
    assert not cases.differences(weights, expected, rtol=1e-5, atol=1e-5)
