"""--precision=auto."""

import json

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import config
from tfgan_transfer.training import precision, run_directory

FLAGS = {
    "data": "digits",
    "channels": "1",
    "size": "8",
    "width": 2,
    "latent_size": 4,
    "batch_size": 8,
    "n_critic": 1,
    "steps": 7200,
}
BFLOAT16, FLOAT32 = "mixed_bfloat16", "float32"


def resolved(**flags):
    return config.resolve({**FLAGS, **flags}, None, side=8, count=40)


@pytest.fixture(autouse=True)
def forgotten():
    precision.faster.cache_clear()
    yield
    precision.faster.cache_clear()


@pytest.mark.parametrize(
    "half, full, chosen",
    [(0.5, 1.0, BFLOAT16), (0.95, 1.0, FLOAT32), (2.0, 1.0, FLOAT32)],
)
def test_bfloat16_has_to_be_faster(monkeypatch, half, full, chosen):
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    monkeypatch.setattr(precision, "_layer", lambda *sizes: sizes[-1])
    seconds = {BFLOAT16: half, FLOAT32: full}
    monkeypatch.setattr(precision, "elapsed", seconds.get)
    settings = resolved(precision="auto")
    assert precision.settle_precision(settings, {}) == chosen


def test_a_real_layer_is_measured(monkeypatch):
    measured = []
    real = precision.elapsed
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    monkeypatch.setattr(
        precision, "elapsed", lambda work: measured.append(real(work)) or 1.0
    )
    settings = resolved(precision="auto")
    assert precision.settle_precision(settings, {}) == FLOAT32
    assert len(measured) == 10 and min(measured) > 0
    # A plan asks for each of its parts, and its run once more.
    assert precision.settle_precision(settings, {}) == FLOAT32
    assert len(measured) == 10
    larger = {**settings, "size": "16"}
    assert precision.settle_precision(larger, {}) == FLOAT32
    assert len(measured) == 20


def test_what_is_settled_already_is_not_probed(monkeypatch):
    monkeypatch.setattr(
        precision, "has_bfloat16", lambda: pytest.fail("probed")
    )
    assert precision.settle_precision(resolved(), {}) == FLOAT32
    before = {"precision": BFLOAT16}
    auto = resolved(precision="auto")
    assert precision.settle_precision(auto, before) == BFLOAT16


def test_a_processor_without_bfloat16_takes_float32(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    auto = resolved(precision="auto")
    assert precision.settle_precision(auto, {}) == FLOAT32


def test_several_processes_have_to_be_told(monkeypatch):
    cluster = {"cluster": {"worker": ["a:1", "b:1"]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    with pytest.raises(UserError, match="precision: auto is for one"):
        precision.settle_precision(resolved(precision="auto"), {})


def test_the_same_command_continues_a_run_that_chose():
    stored = {"precision": BFLOAT16}
    run_directory.refuse_changes(stored, {"precision": "auto"})
    with pytest.raises(UserError, match="precision=float32"):
        run_directory.refuse_changes(stored, {"precision": FLOAT32})
