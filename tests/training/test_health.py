"""A run stops at the first step whose numbers are not finite."""

import math

import keras
import numpy as np
import pytest

from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.checkpoint_saver import CheckpointSaver
from tfgan_transfer.training.health import Health, NonFiniteValue
from tfgan_transfer.training.interruption import StopRequest
from tfgan_transfer.training.run_directory import RunDirectory


class Counter(keras.Model):
    """Counts its steps; its loss breaks in one of them."""

    def __init__(self, broken_step: int, value: float = math.nan):
        super().__init__()
        self.total = self.add_weight(name="total", initializer="zeros")
        self.broken_step = broken_step
        self.value = value
        self.built = True
        self.steps_ahead = 0

    @property
    def state(self) -> dict:
        return {"counter": self}

    def train_step(self, data):
        self.total.assign_add(1.0)
        broken = keras.ops.equal(self.total, self.broken_step)
        return {
            "fine": self.total.value,
            "loss": keras.ops.where(broken, self.value, 1.0),
        }


def fit(model: Counter, callbacks: list, steps: int) -> None:
    model.compile(optimizer=None)
    model.fit(
        np.zeros([steps, 1]), batch_size=1, callbacks=callbacks, verbose=0
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_names_the_step_and_the_value(value):
    with pytest.raises(NonFiniteValue) as caught:
        fit(Counter(4, value), [Health(start_step=100)], steps=9)
    assert caught.value.step == 104
    assert str(caught.value) == "loss became NaN or infinite in step 104"


def test_finite_values_pass():
    model = Counter(99)
    fit(model, [Health()], steps=5)
    assert float(model.total) == 5


def test_every_broken_value_is_named():
    with pytest.raises(NonFiniteValue, match="^a, c became"):
        Health().on_train_batch_end(0, {"a": math.inf, "b": 1, "c": math.nan})


def test_broken_weights_never_reach_a_checkpoint(tmp_path):
    """Step 4 breaks and is due to be saved; step 2 is the last good one."""
    saver = CheckpointSaver(
        RunDirectory(tmp_path),
        StopRequest(),
        extras=lambda step: {},
        steps=10,
        start_step=0,
        cadences=[2],
        keep=3,
    )
    with pytest.raises(NonFiniteValue):
        fit(Counter(4), [Health(), saver], steps=10)
    assert [p.name for p in checkpoint.steps(tmp_path / "checkpoints")] == [
        "step-00000000",
        "step-00000002",
    ]
    found, _ = checkpoint.latest(tmp_path / "checkpoints")
    (total,) = checkpoint.load(found.path)["counter"].values()
    assert total == 2
