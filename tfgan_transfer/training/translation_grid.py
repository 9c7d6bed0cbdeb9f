"""Sheets of fixed images, their translations, and the way back."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer import images, pixels
from tfgan_transfer.settings.choices import DIRECTIONS
from tfgan_transfer.training.run_directory import RunDirectory


def sheet(model: keras.Model, direction: str, batch: np.ndarray) -> np.ndarray:
    """Lays out a row for each image: itself, translated, and back again.

    Args:
        model: Has `translate(images, direction)`.
        direction: `"a2b"` or `"b2a"`.
        batch: Uint8 [N, H, W, C].

    Returns:
        Uint8 [N * (H + 1), 3 * (W + 1), C].
    """
    home = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    rows = []
    # One by one: a sheet must not need more memory than training does.
    for image in batch:
        original = pixels.to_float(image[np.newaxis])
        there = model.translate(original, direction)
        back = model.translate(there, home)
        rows += [image, *map(_first, (there, back))]
    return images.grid(np.stack(rows), columns=3, gap=1)


def _first(batch: tf.Tensor) -> np.ndarray:
    return pixels.to_uint8(batch[0])


class TranslationGrid(keras.callbacks.Callback):
    """Writes `samples/a2b-STEP.png` and `samples/b2a-STEP.png`.

    The averaged translators, which are the ones to use, translate the same
    images each time.

    Args:
        run: Run directory.
        writer: TensorBoard writer, or None.
        examples: Uint8 [N, H, W, C] of A, and of B.
        start_step: Steps done before this `fit` began.
        every: Steps between two sheets; 0 for none.
        steps: Total steps; the last one always gets sheets.
    """

    def __init__(
        self,
        run: RunDirectory,
        writer: tf.summary.SummaryWriter | None,
        *,
        examples: tuple[np.ndarray, np.ndarray],
        start_step: int,
        every: int,
        steps: int,
    ):
        super().__init__()
        self.run = run
        self.writer = writer
        self.examples = dict(zip(DIRECTIONS, examples, strict=True))
        self.start_step = start_step
        self.every = every
        self.steps = steps

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Writes what an untrained model makes of the images."""
        if self.every and self.start_step == 0:
            self._write(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Writes the sheets that are due."""
        step = self.start_step + batch + 1
        ended = step == self.steps or self.model.stop_training
        if self.every and (step % self.every == 0 or ended):
            self._write(step)

    def _write(self, step: int) -> None:
        for direction, batch in self.examples.items():
            picture = sheet(self.model, direction, batch)
            scale = images.readable_scale(batch.shape[1])
            path = self.run.samples / f"{direction}-{step:08d}.png"
            images.save(path, picture, scale)
            if self.writer:
                with self.writer.as_default(step):
                    tf.summary.image(
                        f"samples/{direction}", picture[np.newaxis]
                    )
