import importlib.util
import json
import pathlib
import types

import numpy as np
import pytest

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
