"""Several steps in one call to the device, up to whatever is due next."""

from collections.abc import Iterable, Iterator

import keras

from tfgan_transfer.training import devices


class Calls(keras.callbacks.Callback):
    """Makes the model train in calls of several steps.

    No call goes past a step at which something looks at the weights, so that
    all who do see them as if every step were a call of its own.

    Args:
        longest: Steps of a call that nothing cuts short; None for what suits
            the devices.
        start: Steps done before this `fit` began.
        end: Steps done when it ends.
        cadences: Something is due every so many steps; 0 for never.
    """

    def __init__(
        self,
        longest: int | None,
        *,
        start: int,
        end: int,
        cadences: Iterable[int],
    ):
        super().__init__()
        self.longest = longest
        self.start, self.end = start, end
        self.cadences = list(cadences)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Plans the calls."""
        strategy = self.model.distribute_strategy
        longest = self.longest or devices.steps_per_call(strategy)
        if longest > 1:
            self.model.train_in_calls(
                lengths(self.start, self.end, longest, self.cadences)
            )

    def on_train_end(self, logs: dict | None = None) -> None:
        """Leaves the model as it was, without a plan."""
        self.model.make_train_function(force=True)


def lengths(
    start: int, end: int, longest: int, cadences: Iterable[int]
) -> Iterator[int]:
    """Divides steps into calls that end wherever something is due.

    The first call makes one step: it traces and compiles, and its time tells
    nothing about those to come.

    Args:
        start: Steps done before.
        end: Steps done after the last call.
        longest: Steps of a call that nothing cuts short, at least 1.
        cadences: Something is due every so many steps; 0 for never.

    Yields:
        Steps of each call, `end - start` in all.
    """
    cadences = [every for every in cadences if every]
    step, most = start, 1
    while step < end:
        until_due = [every - step % every for every in cadences]
        count = min(most, end - step, *until_due)
        yield count
        step, most = step + count, longest
