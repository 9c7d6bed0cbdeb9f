"""The grids of the callback: which pictures, where, and in notebooks."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

import tfgan_transfer as tt
from tfgan_transfer import images


@pytest.fixture(scope="module")
def digits():
    return tt.load_images("digits", size=8, channels=1, limit=40)


@pytest.fixture(scope="module")
def gan(digits):
    return tt.build(digits, model="acgan", width=2, latent_size=4, n_critic=1)


def train(gan, photos, grid, epochs=1):
    gan.fit(
        photos.batches(gan, batch_size=4),
        steps_per_epoch=1,
        epochs=epochs,
        callbacks=[grid],
        verbose=0,
    )


def test_it_shows_what_generate_draws(gan, digits, tmp_path):
    train(gan, digits, tt.SampleGrid(tmp_path, 6, seed=3))
    with Image.open(tmp_path / "00001.png") as file:
        found = np.asarray(file).astype(int)
    expected = images.grid(gan.generate(6, seed=3), gap=1)[..., 0]
    # Eight times as large, to be seen.
    expected = expected.repeat(8, axis=0).repeat(8, axis=1)
    assert found.shape == expected.shape
    # Another graph may round otherwise.
    assert np.abs(found - expected).max() <= 1


def test_translations_go_there_and_back(tmp_path):
    both = tt.load_domains("shapes", "shapes#outline", size=16, limit=4)
    gan = tt.build(both, network="unet", width=4, critic_layers=1)
    train_sets = both.split.train
    examples = train_sets.a.images[:2], train_sets.b.images[:3]
    train(gan, both, tt.SampleGrid(tmp_path, examples=examples))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a2b-00000.png",
        "a2b-00001.png",
        "b2a-00000.png",
        "b2a-00001.png",
    ]
    with Image.open(tmp_path / "b2a-00001.png") as file:
        assert file.size == (4 * 3 * 17, 4 * 3 * 17)


def test_a_notebook_shows_them(gan, digits, tmp_path, monkeypatch):
    shown = []

    class ZMQInteractiveShell:
        pass

    notebook = types.ModuleType("IPython")
    notebook.get_ipython = ZMQInteractiveShell
    notebook.display = types.SimpleNamespace(
        display=shown.append, Image=lambda filename: filename
    )
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    train(gan, digits, tt.SampleGrid(tmp_path / "a"), epochs=2)
    assert shown == [str(tmp_path / f"a/{i:05d}.png") for i in range(3)]
    train(gan, digits, tt.SampleGrid(tmp_path / "b", show=False))
    assert len(shown) == 3
