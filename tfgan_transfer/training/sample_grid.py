"""Grids of real images and of samples at fixed latents."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer import images, pixels
from tfgan_transfer.training.run_directory import RunDirectory


class SampleGrid(keras.callbacks.Callback):
    """Writes what the generators make of the same latents as they learn.

    `samples/ema-STEP.png` shows the averaged generator, which is the one to
    use; `samples/generator-STEP.png` the one in training. Both sample with
    moving batch-norm statistics.

    Args:
        run: Run directory.
        writer: TensorBoard writer, or None.
        latents: Float32 [N, Z], the fixed latents.
        labels: Float32 [N, L], the fixed labels of a conditional model.
        real: Uint8 [M, H, W, C], some training images to compare with.
        start_step: Steps done before this `fit` began.
        every: Steps between two grids; 0 for none.
        steps: Total steps; the last one always gets a grid.
    """

    def __init__(
        self,
        run: RunDirectory,
        writer: tf.summary.SummaryWriter | None,
        *,
        latents: np.ndarray,
        labels: np.ndarray | None = None,
        real: np.ndarray,
        start_step: int,
        every: int,
        steps: int,
    ):
        super().__init__()
        self.run = run
        self.writer = writer
        self.latents = latents
        self.labels = labels
        self.real = real
        self.start_step = start_step
        self.every = every
        self.steps = steps

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Writes the real grid, and the samples of an untrained generator."""
        if self.every:
            self._write("real", self.real, self.start_step, "real.png")
        if self.every and self.start_step == 0:
            self._write_samples(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Writes the grids that are due."""
        step = self.start_step + batch + 1
        ended = step == self.steps or self.model.stop_training
        if self.every and (step % self.every == 0 or ended):
            self._write_samples(step)

    def _write_samples(self, step: int) -> None:
        inputs = self.latents
        if self.labels is not None:
            inputs = [self.latents, self.labels]
        generators = {
            "ema": self.model.ema_generator,
            "generator": self.model.generator,
        }
        for name, generator in generators.items():
            samples = pixels.to_uint8(generator(inputs, training=False))
            self._write(name, samples, step, f"{name}-{step:08d}.png")

    def _write(
        self, name: str, batch: np.ndarray, step: int, file: str
    ) -> None:
        sheet = images.grid(batch, gap=1)
        scale = images.readable_scale(batch.shape[1])
        images.save(self.run.samples / file, sheet, scale)
        # A resumed run writes the real images again, but has shown them.
        if self.writer and (step > self.start_step or step == 0):
            with self.writer.as_default(step):
                tf.summary.image(f"samples/{name}", sheet[np.newaxis])
