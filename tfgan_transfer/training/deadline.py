"""Ends training when the hours that it may take are over."""

import time
from collections.abc import Callable

import keras

# A plan is an estimate: a run that is nearly done may finish.
LATE = 1.1


class Deadline(keras.callbacks.Callback):
    """Stops `fit` when a run has trained for too long, all attempts together.

    Its clock runs from when it is made: building, evaluating and saving count,
    and so does work that a rollback throws away. Checkpoints keep what it
    shows, so a run that was stopped and goes on has only the rest. Steps lost
    by a kill are lost together with their time.

    It comes before whatever draws, saves or measures the last step.

    Args:
        hours: How long training should take, None for no limit; it ends
            after `LATE` times that.
        clock: Seconds since any moment.
        began: When the command began, by that clock: planning counts too.
            Now, when absent.

    Attributes:
        before: Seconds that earlier attempts took, None until they are known.
        struck: Whether the last step was the last one for being late.
    """

    def __init__(
        self,
        hours: float | None,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ):
        super().__init__()
        self.hours = hours
        self.clock = clock
        self.before: float | None = None
        self.struck = False
        self.began = clock() if began is None else began

    @property
    def seconds(self) -> float:
        """For which the run has trained, in this attempt and those before."""
        return (self.before or 0.0) + self.clock() - self.began

    @property
    def over(self) -> bool:
        """Whether the run has to end."""
        return self.hours is not None and self.seconds >= limit(self.hours)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Makes this step the last one if it is late."""
        # In a call of several steps the weights are ahead until its last one.
        self.struck = self.over and not self.model.steps_ahead
        if self.struck:
            self.model.stop_training = True

    def sentence(self, step: int, steps: int) -> str:
        """Says that the run has ended early, and how it goes on.

        Args:
            step: Steps done.
            steps: Steps that were planned.
        """
        needed = hours_for(self.seconds, step, steps)
        return (
            f"the time is up: training has taken {self.seconds / 3600:.2g} "
            f"hours of {self.hours:g}, and ends at step {step} of {steps}; "
            f"everything is saved, and --hours={needed:.2g} would go on"
        )


def limit(hours: float) -> float:
    """Seconds after which a run of some hours is ended."""
    return LATE * 3600 * hours


def hours_for(seconds: float, step: int, steps: int) -> float:
    """Hours in which a run that took some time would do all of its steps.

    Args:
        seconds: That it took.
        step: Steps done.
        steps: Steps that were planned.
    """
    return LATE * seconds / 3600 * steps / max(1, step)
