"""What makes two runs the same run."""

import json
import pathlib

from tfgan_transfer.training import checkpoint


def rows(run: pathlib.Path) -> list[dict]:
    """The rows of metrics.jsonl without what the wall clock says."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{**json.loads(line), "timing": None} for line in lines]


def newest(run: pathlib.Path) -> checkpoint.Checkpoint:
    found, damaged = checkpoint.latest(run / "checkpoints")
    assert not damaged
    return found


def assert_same_weights(run: pathlib.Path, other: pathlib.Path) -> None:
    """Bit for bit: weights, averages, optimizer slots."""
    ours, theirs = (checkpoint.load(newest(r).path) for r in (run, other))
    assert ours.keys() == theirs.keys() and len(ours) == 5
    for name, arrays in ours.items():
        assert arrays.keys() == theirs[name].keys()
        for path, array in arrays.items():
            expected = theirs[name][path]
            assert array.dtype == expected.dtype, path
            assert array.tobytes() == expected.tobytes(), path


def assert_same_run(run: pathlib.Path, other: pathlib.Path) -> None:
    """Weights and all that was reported on the way to them."""
    assert newest(run).step == newest(other).step
    assert_same_weights(run, other)
    assert rows(run) == rows(other)
    assert {p.name: p.read_bytes() for p in (run / "samples").iterdir()} == {
        p.name: p.read_bytes() for p in (other / "samples").iterdir()
    }
    for field in ("window", "lr_scale"):
        assert newest(run).manifest[field] == newest(other).manifest[field]
