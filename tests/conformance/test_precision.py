"""Training in mixed bfloat16 stays near training in float32.

bfloat16 keeps 8 bits, a relative error of 0.4 % per operation. The band is
loose on purpose: it catches a loss in half precision that overflows or is
scaled wrongly, not rounding.
"""

import numpy as np
import pytest

from tests.support import cases

BAND = 0.25


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_mixed_bfloat16_trains(case):
    settings = cases.resolve(case, precision="mixed_bfloat16")
    model = cases.make(settings, cases.sgd)
    for network in (model.generator, model.critic):
        *inner, head = [layer for layer in network.layers if layer.weights]
        assert "bfloat16" in {layer.compute_dtype for layer in inner}
        assert head.compute_dtype == "float32"
        assert {output.dtype for output in network.outputs} == {"float32"}
    before = cases.checkpoint.gather(model.state)
    logs = cases.run_eagerly(model, settings)[-1]
    weights = cases.checkpoint.gather(model.state)
    for group, arrays in weights.items():
        for path, array in arrays.items():
            assert np.isfinite(array).all(), path
            if not path.endswith("/iteration"):
                assert array.dtype == np.float32, path
        assert group == "augmentation" or any(
            np.any(a != before[group][p]) for p, a in arrays.items()
        )
    _, expected = cases.reference(case.name)
    for name in ("critic_loss", "generator_loss", "penalty"):
        size = max(1.0, abs(expected[name]))
        assert abs(logs[name] - expected[name]) < BAND * size, name
