"""A callback that shows what a model draws while it learns."""

import pathlib
import sys

import keras
import numpy as np

from tfgan_transfer import images, pixels
from tfgan_transfer.errors import UserError
from tfgan_transfer.library import records
from tfgan_transfer.settings.choices import DIRECTIONS
from tfgan_transfer.trained.sampling import Sampler
from tfgan_transfer.training.translation_grid import sheet


class SampleGrid(keras.callbacks.Callback):
    """Writes a grid of samples at the beginning and after each epoch.

    The averaged generator draws the same latents each time. In a notebook the
    grids are shown as well.

    Args:
        folder: Gets `00000.png`, `00001.png`, ... by epoch.
        count: Images in a grid.
        seed: Which images, as for `generate`.
        examples: For a CycleGAN: uint8 [N, H, W, C] of A and of B, which are
            translated there and back.
        show: Whether grids are shown; in notebooks when absent.

    Example:
        >>> import tempfile, os
        >>> import tfgan_transfer as tt
        >>> digits = tt.load_images("digits", size=8, channels=1)
        >>> gan = tt.build(digits, width=2, latent_size=4, n_critic=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     grid = tt.SampleGrid(folder, count=4)
        ...     batches = digits.batches(gan, batch_size=4)
        ...     _ = gan.fit(
        ...         batches, steps_per_epoch=1, callbacks=[grid], verbose=0
        ...     )
        ...     sorted(os.listdir(folder))
        ['00000.png', '00001.png']
    """

    def __init__(
        self,
        folder: str | pathlib.Path,
        count: int = 16,
        *,
        seed: int = 0,
        examples: tuple[np.ndarray, np.ndarray] | None = None,
        show: bool | None = None,
    ):
        super().__init__()
        self.folder = records.place(folder, "folder")
        self.count = count
        self.seed = seed
        self.examples = examples
        self.show = _in_notebook() if show is None else show

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Draws what the model begins with."""
        self._write(0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Draws what an epoch has made of it."""
        self._write(epoch + 1)

    def _write(self, number: int) -> None:
        side = self.model.networks[self.model.parts[0]].output_shape[1]
        scale = images.readable_scale(side)
        for name, picture in self._pictures().items():
            path = self.folder / f"{name}{number:05d}.png"
            try:
                images.save(path, picture, scale)
            except OSError as error:
                raise UserError(
                    f"--folder: {str(path)!r} cannot be written "
                    f"({error.strerror}); give a folder that can be"
                ) from error
            if self.show:
                from IPython import display

                display.display(display.Image(filename=str(path)))

    def _pictures(self) -> dict[str, np.ndarray]:
        """Beginning of a file's name -> the picture in it."""
        if hasattr(self.model, "translate"):
            return {
                f"{direction}-": sheet(self.model, direction, batch)
                for direction, batch in zip(
                    DIRECTIONS, self.examples or (), strict=False
                )
            }
        record = records.of(self.model)
        sampler = Sampler(self.model.ema_generator, record, seed=self.seed)
        drawn = self.model.sample(
            sampler.latents(self.count), sampler.labels(self.count)
        )
        return {"": images.grid(pixels.to_uint8(drawn), gap=1)}


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    found = shell and shell.get_ipython()
    return type(found).__name__ == "ZMQInteractiveShell"
