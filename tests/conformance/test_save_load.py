"""A model that was saved and loaded is the same model, to the last bit."""

import numpy as np
import pytest

from tests.support import cases
from tfgan_transfer.training import checkpoint

every_case = pytest.mark.parametrize(
    "case", cases.CASES, ids=lambda case: case.name
)


@every_case
def test_checkpoint_round_trip_and_the_next_step(case, tmp_path):
    settings = cases.resolve(case)
    model = cases.make(settings)
    cases.run_eagerly(model, settings, stop=1)
    saved = checkpoint.gather(model.state)
    path = checkpoint.save(tmp_path, 1, saved).path
    cases.run_eagerly(model, settings, start=1, stop=2)
    expected = checkpoint.gather(model.state)
    assert cases.differences(expected, saved, rtol=0, atol=0)

    fresh = cases.make({**settings, "seed": 1})
    loaded = checkpoint.load(checkpoint.verify(path).path)
    assert cases.differences(checkpoint.gather(fresh.state), loaded, 0, 0)
    checkpoint.restore(fresh.state, loaded)
    restored = checkpoint.gather(fresh.state)
    assert not cases.differences(restored, saved, rtol=0, atol=0)
    for group, arrays in restored.items():
        for name, array in arrays.items():
            assert array.dtype == saved[group][name].dtype, name
    for optimizer in ("generator_optimizer", "critic_optimizer"):
        slots = [a for a in restored[optimizer].values() if a.ndim]
        assert any(np.any(slot) for slot in slots)

    cases.run_eagerly(fresh, settings, start=1, stop=2)
    assert not cases.differences(
        checkpoint.gather(fresh.state), expected, rtol=0, atol=0
    )


@every_case
def test_config_round_trip(case):
    settings = cases.resolve(case)
    model = cases.make(settings)
    copy = type(model).from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    inputs = cases.inputs(settings, 3)
    for name in ("generator", "critic", "ema_generator"):
        network, rebuilt = getattr(model, name), getattr(copy, name)
        checkpoint.restore({name: rebuilt}, checkpoint.gather({name: network}))
    np.testing.assert_array_equal(copy.sample(*inputs), model.sample(*inputs))
    images = model.sample(*inputs)
    np.testing.assert_array_equal(copy.score(images), model.score(images))
