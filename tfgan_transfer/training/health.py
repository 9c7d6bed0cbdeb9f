"""Stops a run at the first step whose numbers are not finite."""

import math

import keras


class NonFiniteValue(ArithmeticError):
    """A logged value became NaN or infinite.

    Args:
        step: The generator step in which it happened, counted from 1.
        names: Which values.
    """

    def __init__(self, step: int, names: list[str]):
        self.step = step
        super().__init__(
            f"{', '.join(names)} became NaN or infinite in step {step}"
        )


class Health(keras.callbacks.Callback):
    """Raises `NonFiniteValue` before anything else sees the step.

    It has to come first in the list of callbacks, so that a checkpoint of
    broken weights is never written.

    Args:
        start_step: Steps done before this `fit` began.
    """

    def __init__(self, start_step: int = 0):
        super().__init__()
        self.start_step = start_step

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Checks every value of the step."""
        broken = [k for k, v in (logs or {}).items() if not math.isfinite(v)]
        if broken:
            raise NonFiniteValue(self.start_step + batch + 1, broken)
