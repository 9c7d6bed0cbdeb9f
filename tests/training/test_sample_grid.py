"""Grids appear when due and show what the networks draw."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.training.sample_grid import SampleGrid

LATENTS = np.array([[-1.0], [0.0], [1.0]], np.float32)


def draw(latents: np.ndarray) -> np.ndarray:
    """Images of 2 x 2 pixels, all as bright as the latent."""
    return np.broadcast_to(latents[:, :, None, None], [len(latents), 2, 2, 1])


class Twin:
    """A model whose generator draws the negative of its average."""

    def __init__(self):
        self.training = []
        self.stop_training = False

    def generator(self, latents, training):
        self.training.append(training)
        return draw(-latents)

    def ema_generator(self, latents, training):
        self.training.append(training)
        return draw(latents)


def grid(run: RunDirectory, start_step=0, every=10, writer=None) -> SampleGrid:
    made = SampleGrid(
        run,
        writer,
        latents=LATENTS,
        real=np.full([4, 2, 2, 1], 7, np.uint8),
        start_step=start_step,
        every=every,
        steps=25,
    )
    made.set_model(Twin())
    return made


def train(callback: SampleGrid, steps: int) -> list[str]:
    callback.on_train_begin()
    for batch in range(steps):
        callback.on_train_batch_end(batch, {})
    if not callback.run.samples.exists():
        return []
    return sorted(path.name for path in callback.run.samples.iterdir())


def names(*steps: int) -> list[str]:
    return sorted(
        f"{who}-{step:08d}.png"
        for who in ("ema", "generator")
        for step in steps
    ) + ["real.png"]


def test_grids_are_due_at_the_start_regularly_and_at_the_end(tmp_path):
    assert train(grid(RunDirectory(tmp_path)), 25) == names(0, 10, 20, 25)


def test_a_continued_run_writes_only_what_is_missing(tmp_path):
    made = train(grid(RunDirectory(tmp_path), start_step=18), 7)
    assert made == names(20, 25)


def test_a_step_that_ends_the_run_has_a_grid(tmp_path):
    ended = grid(RunDirectory(tmp_path))
    ended.model.stop_training = True
    assert train(ended, 1) == names(0, 1)


def test_none_at_all(tmp_path):
    assert train(grid(RunDirectory(tmp_path), every=0), 25) == []


@pytest.mark.parametrize("who, sign", [("ema", 1), ("generator", -1)])
def test_each_network_gets_its_own_sheet(tmp_path, who, sign):
    callback = grid(RunDirectory(tmp_path))
    train(callback, 0)
    sheet = np.asarray(Image.open(tmp_path / f"samples/{who}-00000000.png"))
    # Three latents fill a sheet of two by two; pixels are shown 32 times.
    half = len(sheet) // 2
    centres = sheet[half // 2 :: half, half // 2 :: half].ravel()
    expected = [0, 128, 255][::sign] + [255]
    np.testing.assert_array_equal(centres[:3], expected[:3])
    assert callback.model.training == [False, False]


def test_tensorboard_gets_the_sheets(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path / "board"))
    train(grid(RunDirectory(tmp_path), writer=writer), 0)
    writer.close()
    (file,) = (tmp_path / "board").iterdir()
    tags = {
        value.tag
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    assert tags == {"samples/real", "samples/ema", "samples/generator"}
