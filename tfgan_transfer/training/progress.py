"""Where the run stands: progress bar, metrics.jsonl, TensorBoard scalars."""

import sys
import time
from collections.abc import Callable

import keras
import tensorflow as tf
import tqdm

from tfgan_transfer.training.run_directory import RunDirectory


class Progress(keras.callbacks.Callback):
    """Reports means over windows of `every` steps.

    The window is part of the checkpoint, so a resumed run writes the rows
    that an unbroken one writes. Wall-clock values stand under `timing`.

    Args:
        run: Run directory whose metrics.jsonl gets the rows.
        writer: TensorBoard writer, or None for no summaries.
        steps: Total steps of the run.
        start_step: Steps done before this `fit` began.
        end: Steps after which others follow that take longer or shorter, if
            not all of them are alike.
        left: Maps the steps that are done to the seconds that all others
            take, if somebody has planned them.
        every: Steps between two rows.
        images_per_step: Real images that one step consumes.
        window: `window` of the checkpoint that the run continues.
        gap: What the line for people calls `wasserstein`, the critic's mean
            score of real images less that of generated ones. It estimates a
            Wasserstein distance only where the loss makes it one. Stored rows
            and summaries have one name for all losses, which others read.
    """

    def __init__(
        self,
        run: RunDirectory,
        writer: tf.summary.SummaryWriter | None,
        *,
        steps: int,
        start_step: int,
        every: int,
        images_per_step: int,
        end: int | None = None,
        left: Callable[[int], float] | None = None,
        window: dict | None = None,
        gap: str = "wasserstein",
    ):
        super().__init__()
        self.run = run
        self.writer = writer
        self.steps = steps
        self.start_step = start_step
        self.end = min(end or steps, steps)
        self.left = left
        self.every = every
        self.images_per_step = images_per_step
        self.gap = gap
        self.window = dict(window or {"count": 0, "sums": {}})

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Opens the bar; a log file gets lines instead."""
        self.model.shows_clock = True
        self.bar = tqdm.tqdm(
            total=self.steps,
            initial=self.start_step,
            unit="step",
            # What it takes to be left counts all steps as those that are done.
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]",
            disable=not sys.stderr.isatty(),
        )
        self._restart_clock()

    def on_train_batch_begin(
        self, batch: int, logs: dict | None = None
    ) -> None:
        """Starts the clock of a step."""
        # Not the clock on the wall, which may be set back.
        self.called = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Adds the step to the window, and closes the window when full."""
        values = dict(logs or {})
        # Not below zero, whoever has set the clock back meanwhile.
        data_wait = max(0.0, float(values.pop("data_wait")))
        taken = time.monotonic() - self.called
        if batch == 0:  # It also traces and compiles.
            self.first = f"first step {taken:.1f} s"
            self.began = time.monotonic()
        else:
            self.busy += taken
            self.waited += data_wait
            self.timed_steps += 1
        sums = self.window["sums"]
        for name, value in values.items():
            sums[name] = sums.get(name, 0.0) + value
        self.window["count"] += 1
        self.bar.update()
        step = self.start_step + batch + 1
        if step % self.every == 0 or step == self.steps:
            self._report(step)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the bar."""
        self.model.shows_clock = False
        self.bar.close()

    def _report(self, step: int) -> None:
        count = self.window["count"]
        row = {k: v / count for k, v in self.window["sums"].items()}
        for name, owner in self.model.state.items():
            if isinstance(owner, keras.optimizers.Optimizer):
                row[f"{name}_lr"] = float(
                    tf.convert_to_tensor(owner.learning_rate)
                )
        busy = max(self.busy, 1e-9)
        timing = {
            "images_per_second": self.images_per_step * self.timed_steps / busy,
            "data_wait_share": self.waited / busy,
        }
        self.run.append_metrics({"step": step, **row, "timing": timing})
        if self.writer:
            with self.writer.as_default(step):
                for name, value in {**row, **timing}.items():
                    tf.summary.scalar(name, value)
            self.writer.flush()
        self._show(step, row, timing)
        if step % self.every == 0:
            self.window = {"count": 0, "sums": {}}
        self._restart_clock()

    def _show(self, step: int, row: dict, timing: dict) -> None:
        shown = ("critic_loss", "generator_loss", "wasserstein")
        called = {"wasserstein": self.gap}
        values = {called.get(k, k): f"{row[k]:.3g}" for k in shown if k in row}
        if not self.bar.disable:
            said = [f"{k}={v}" for k, v in values.items()]
            self.bar.set_postfix_str(", ".join([*said, *self._expected(step)]))
            return
        speed = f"{timing['images_per_second']:.0f} images/s"
        print(
            f"step {step}/{self.steps}",
            *(f"{k} {v}" for k, v in values.items()),
            *([speed] if self.timed_steps else ()),
            *self._expected(step),
            *([self.first] if self.first else ()),
            sep="  ",
            flush=True,
        )
        self.first = ""

    def _expected(self, step: int) -> list[str]:
        """What is left of the run, or of those of its steps that are alike."""
        # The first step traces, and is no measure of others.
        done, where = step - self.start_step - 1, ""
        if not done and step < self.end:
            return []
        if self.left:
            left = self.left(step)
        else:
            each = (time.monotonic() - self.began) / max(done, 1)
            left = each * (self.end - step)
            where = f" to step {self.end}" if self.end < self.steps else ""
        return [f"ETA {tqdm.tqdm.format_interval(left)}{where}"]

    def _restart_clock(self) -> None:
        self.busy = 0.0
        self.timed_steps = 0
        self.waited = 0.0
