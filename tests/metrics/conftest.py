import importlib.util
import json
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

REFERENCE = pathlib.Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Linear algebra on several threads crawls when the cores are busy."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def golden():
    return json.loads((REFERENCE / "metrics.json").read_text())


@pytest.fixture(scope="session")
def recipe():
    """The module that describes the features behind the golden values."""
    spec = importlib.util.spec_from_file_location(
        "make_metrics_golden", REFERENCE / "make_metrics_golden.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def digits():
    """Real digits, uint8 [N, 8, 8, 1], cut into three disjoint sets."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    order = np.random.default_rng(0).permutation(len(loaded.target))
    images = np.round(loaded.images[order] * 255 / 16).astype(np.uint8)
    labels = loaded.target[order]
    parts = {"train": (0, 600), "held_out": (600, 1200), "fresh": (1200, 1797)}
    return types.SimpleNamespace(
        **{
            name: types.SimpleNamespace(
                images=images[start:stop, :, :, None],
                labels=labels[start:stop],
                features=images[start:stop].reshape(stop - start, -1) / 255.0,
            )
            for name, (start, stop) in parts.items()
        }
    )


class FakeInception(tf.Module):
    """A tiny network with the calling convention of TF-GAN's module."""

    def __init__(self, side=None, slope=1.0):
        super().__init__()
        self.slope = tf.Variable(slope)
        self.side = side

    def save(self, directory):
        spec = tf.TensorSpec([None, self.side, self.side, 3], tf.float32)
        self.__call__.get_concrete_function(spec)
        tf.saved_model.save(self, str(directory))

    @tf.function
    def __call__(self, images):
        pooled = self.slope * tf.nn.avg_pool2d(images, 32, 32, "VALID")
        flat = tf.reshape(pooled, [tf.shape(images)[0], -1])
        # pool_3 keeps the 1 x 1 that pooling leaves.
        return {
            "pool_3": tf.square(flat[:, None, None, :48] + 0.5),
            "logits": flat[:, :10],
        }


@pytest.fixture(scope="session")
def saved_network(tmp_path_factory):
    """Directory of a SavedModel for 299 px, named like the hub's cache."""
    cache = tmp_path_factory.mktemp("hub")
    directory = cache / "c4be6b55dc0338e82546082d22184ebdc77d76cf"
    FakeInception(299).save(directory)
    return directory


@pytest.fixture(scope="session")
def small_network(tmp_path_factory):
    """Directory of another network, for 96 px."""
    directory = tmp_path_factory.mktemp("models") / "mynet"
    FakeInception(96, slope=2.0).save(directory)
    return directory


@pytest.fixture(scope="session")
def real_networks():
    """Directory with pretrained networks that not every checkout has."""
    directory = pathlib.Path(__file__).parents[3] / "shared" / "inception"
    if not directory.exists():
        pytest.skip("the pretrained networks in ../shared are not here")
    return directory
