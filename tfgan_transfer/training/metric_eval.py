"""Measures the generator while it trains: curves, best checkpoint, stopping."""

import statistics
import traceback
from collections.abc import Callable

import keras
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.training.run_directory import RunDirectory, rows

SMOOTHED = 3


class MetricEval(keras.callbacks.Callback):
    """Evaluates the averaged generator every so often.

    Every value goes to `metrics.jsonl` with its protocol, and to TensorBoard.
    What has been measured before is read back from `metrics.jsonl`, so that a
    resumed run stops where an unbroken one would.

    It runs after the checkpoint of its step is saved. An evaluation that fails
    is a warning in its row, and training goes on.

    Args:
        run: Run directory.
        writer: TensorBoard writer, or None.
        measure: Maps the model to JSON records, each with `metric` (short
            name), `name`, `value` and `protocol`; and to a warning, empty if
            all is well.
        best_metric: Short name of the metric to steer by; lower is better.
        start_step: Steps done before this `fit` began.
        every: Steps between two evaluations.
        steps: Total steps; the last one is always evaluated.
        patience: Evaluations without a better smoothed value after which
            training stops; 0 for never.
        note: Told of each step what was measured, by short name.
        ending: Whether a step is the last one after all.
    """

    def __init__(
        self,
        run: RunDirectory,
        writer: tf.summary.SummaryWriter | None,
        measure: Callable[[keras.Model], tuple[list[dict], str]],
        *,
        best_metric: str,
        start_step: int,
        every: int,
        steps: int,
        patience: int = 0,
        note: Callable[[int, dict[str, float]], None] | None = None,
        ending: Callable[[], bool] = lambda: False,
    ):
        super().__init__()
        self.run = run
        self.writer = writer
        self.measure = measure
        self.best_metric = best_metric
        self.start_step = start_step
        self.every = every
        self.steps = steps
        self.patience = patience
        self.note = note
        self.ending = ending
        self.latest: dict[str, float] = {}

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Evaluates when due; asks `fit` to stop when nothing improves."""
        self.latest = {}
        step = self.start_step + batch + 1
        if due(step, self.every, self.steps) or self.ending():
            self._evaluate(step)

    def catch_up(self, model: keras.Model) -> None:
        """Evaluates the step that a run continues from, if a kill was faster.

        Args:
            model: As it was at that step.
        """
        self.set_model(model)
        for row in rows(self.run.metrics):
            # Rows of the `evaluate` command have no warning.
            if row.get("step") == self.start_step and "warning" in row:
                self._note(self.start_step, row["evaluation"])
                return
        self._evaluate(self.start_step)

    def _evaluate(self, step: int) -> None:
        records, warning = self._measured(step)
        self.run.append_metrics(
            {"step": step, "evaluation": records, "warning": warning}
        )
        self._report(step, records, warning)
        self._note(step, records)
        history = measured(self.run, self.best_metric)
        if exhausted(history, self.patience):
            print(
                f"stopping at step {step}: {self.best_metric} has not "
                f"improved in {self.patience} evaluations"
            )
            self.model.stop_training = True

    def _measured(self, step: int) -> tuple[list[dict], str]:
        try:
            return self.measure(self.model)
        # Whatever it is: a number is not worth the steps.
        except Exception as error:
            kind = ""
            if not isinstance(error, UserError):
                traceback.print_exc()
                kind = f"{type(error).__name__}: "
            text = " ".join(str(error).split())
            return [], f"step {step} was not evaluated: {kind}{text}"

    def _note(self, step: int, records: list[dict]) -> None:
        self.latest = {row["metric"]: row["value"] for row in records}
        if self.note:
            self.note(step, self.latest)

    def _report(self, step: int, records: list[dict], warning: str) -> None:
        shown = [
            f"{row['name']} {row['value']:.4g}"
            for row in records
            # Those of single classes would fill the screen.
            if "/" not in row["name"]
        ]
        if records:
            print(f"step {step}  evaluation:", "  ".join(shown), flush=True)
        if warning:
            print(f"warning: {warning}", flush=True)
        if self.writer:
            with self.writer.as_default(step):
                for row in records:
                    tf.summary.scalar(f"metrics/{row['name']}", row["value"])
            self.writer.flush()


def due(step: int, every: int, steps: int) -> bool:
    """Whether a step is one to evaluate: every so many, and the last."""
    return step > 0 and (step % every == 0 or step == steps)


def measured(run: RunDirectory, metric: str) -> list[float]:
    """Values of one metric in the order in which training measured them."""
    return [
        score["value"]
        for row in run.evaluations()
        for score in row["evaluation"]
        if score.get("metric") == metric
    ]


def exhausted(values: list[float], patience: int) -> bool:
    """Whether a smoothed, lower-is-better metric has stopped improving.

    Args:
        values: Measurements so far. Each is smoothed by the mean of the last
            three, since a single small evaluation jumps.
        patience: Evaluations without improvement to put up with; 0 for ever.

    Returns:
        True if the best smoothed value is `patience` evaluations old.
    """
    if not patience or not values:
        return False
    smoothed = [
        statistics.fmean(values[max(0, i - SMOOTHED + 1) : i + 1])
        for i in range(len(values))
    ]
    best = smoothed.index(min(smoothed))
    return len(smoothed) - 1 - best >= patience
