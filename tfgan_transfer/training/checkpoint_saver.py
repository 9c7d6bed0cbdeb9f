"""Saves checkpoints while `Model.fit` runs."""

from collections.abc import Callable, Sequence

import keras

from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.interruption import StopRequest
from tfgan_transfer.training.run_directory import RunDirectory


class CheckpointSaver(keras.callbacks.Callback):
    """Saves every so often, at the end, and when the process is told to stop.

    It has to come after all callbacks that report a step, so that a
    checkpoint never holds one that they have not. Only evaluations follow it:
    they take long and may fail, and `note` adds what they find.

    Args:
        run: Run directory.
        stop: Set by signals; after saving, training stops.
        extras: Maps the step to further JSON values for the manifest.
        steps: Total steps.
        start_step: Steps done before this `fit` began.
        cadences: A checkpoint is due every so many steps; 0 for never.
        keep: How many of the newest are kept.
        best_metric: The checkpoint with the lowest value of this one is kept
            as well.
        chief: Whether this process writes. The others take part in reading
            the weights, and stop only where the chief saves anyway.
        workers: Number of processes that train together.
    """

    def __init__(
        self,
        run: RunDirectory,
        stop: StopRequest,
        *,
        extras: Callable[[int], dict],
        steps: int,
        start_step: int,
        cadences: Sequence[int],
        keep: int,
        best_metric: str = "",
        chief: bool = True,
        workers: int = 1,
    ):
        super().__init__()
        self.run = run
        self.stop = stop
        self.extras = extras
        self.steps = steps
        self.step = start_step
        self.cadences = [cadence for cadence in cadences if cadence]
        self.keep = keep
        self.best_metric = best_metric
        self.chief = chief
        self.workers = workers

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Saves step 0, so that even the first window can be rolled back."""
        if self.step == 0:
            self._save()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves when due or when asked to stop."""
        self.step += 1
        if self.model.steps_ahead:
            # The weights are those of a later step, where this is due too.
            return
        due = (
            self.step == self.steps
            or self.model.stop_training
            or any(self.step % cadence == 0 for cadence in self.cadences)
        )
        # Several workers get the signal in different steps; only a planned
        # checkpoint is a point that all of them reach.
        stopping = self.stop.requested and (due or self.workers == 1)
        if due or stopping:
            self._save()
        if stopping:
            self.model.stop_training = True

    def note(self, step: int, metrics: dict) -> None:
        """Adds what was measured of a checkpoint, which may be the best now.

        Args:
            step: Of the newest checkpoint.
            metrics: Short name -> value.
        """
        checkpoint.annotate(self.run.checkpoints, step, metrics=metrics)
        self._prune()

    def _save(self) -> None:
        groups = checkpoint.gather(self.model.state)
        if self.chief:
            checkpoint.save(
                self.run.checkpoints,
                self.step,
                groups,
                **self.extras(self.step),
            )
            self._prune()

    def _prune(self) -> None:
        directory = self.run.checkpoints
        checkpoint.prune(
            directory,
            self.step,
            keep=self.keep,
            best=checkpoint.best_step(directory, self.best_metric),
        )
