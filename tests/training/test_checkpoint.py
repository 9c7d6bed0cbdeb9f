"""Checkpoints are whole or absent, and say what is wrong with them."""

import itertools
import json
import os
import pathlib
import shutil
import sys
import types

import keras
import numpy as np
import pytest

from tfgan_transfer.training import checkpoint

GROUPS = {
    "net": {
        "dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "dense/bias": np.array([np.nan, -0.0, 1e-45], np.float32),
    },
    "optimizer": {"iterations": np.array(7, np.int64)},
}


def assert_same(groups: checkpoint.Groups, expected: checkpoint.Groups):
    assert groups.keys() == expected.keys()
    for name, arrays in groups.items():
        assert arrays.keys() == expected[name].keys()
        for path, array in arrays.items():
            assert array.dtype == expected[name][path].dtype
            assert array.tobytes() == expected[name][path].tobytes()


def shifted(step: int) -> checkpoint.Groups:
    return {
        name: {path: array + step for path, array in arrays.items()}
        for name, arrays in GROUPS.items()
    }


def dense(units: int, name: str = "dense") -> keras.Model:
    inputs = keras.Input([2])
    return keras.Model(inputs, keras.layers.Dense(units, name=name)(inputs))


def test_round_trip_is_bit_exact_and_has_no_pickle(tmp_path):
    saved = checkpoint.save(tmp_path / "new", 12, GROUPS, lr_scale=0.5)
    assert saved.path == tmp_path / "new" / "step-00000012"
    assert saved.step == 12
    assert_same(checkpoint.load(saved.path), GROUPS)
    found, damaged = checkpoint.latest(tmp_path / "new")
    assert found.manifest == saved.manifest and damaged == []
    assert found.manifest["lr_scale"] == 0.5
    for file in saved.path.glob("*.npz"):
        with np.load(file, allow_pickle=False) as arrays:
            assert all(array.dtype != object for array in arrays.values())


def test_object_arrays_cannot_be_loaded(tmp_path):
    saved = checkpoint.save(
        tmp_path, 1, {"net": {"evil": np.array([{}], object)}}
    )
    with pytest.raises(checkpoint.DamagedCheckpoint, match="allow_pickle"):
        checkpoint.load(saved.path)


def test_gather_and_restore_by_weight_path():
    model, other = dense(3), dense(3)
    groups = checkpoint.gather({"net": model})
    assert set(groups["net"]) == {"dense/kernel", "dense/bias"}
    groups["net"]["dense/bias"] = np.array([1, 2, 3], np.float32)
    checkpoint.restore({"net": other}, groups)
    np.testing.assert_array_equal(other.weights[0], model.weights[0])
    np.testing.assert_array_equal(other.weights[1], [1, 2, 3])


def test_gathered_arrays_do_not_change_with_the_model():
    model = dense(3)
    groups = checkpoint.gather({"net": model})
    before = groups["net"]["dense/kernel"].copy()
    model.weights[0].assign(model.weights[0] + 1)
    np.testing.assert_array_equal(groups["net"]["dense/kernel"], before)


def test_weights_of_one_path_are_refused():
    layer = keras.layers.Dense(3, name="same")
    twin = keras.layers.Dense(3, name="same")
    layer.build([None, 2])
    twin.build([None, 3])
    both = types.SimpleNamespace(variables=layer.variables + twin.variables)
    with pytest.raises(ValueError, match="same/kernel"):
        checkpoint.gather({"net": both})


def test_restore_lists_every_difference_and_changes_nothing():
    groups = checkpoint.gather({"net": dense(3), "other": dense(3)})
    groups["net"]["old/kernel"] = np.zeros(1)
    del groups["net"]["dense/kernel"]
    groups["net"]["dense/bias"] = np.zeros(4, np.float32)
    model = dense(3)
    model.weights[1].assign([5.0, 5.0, 5.0])
    with pytest.raises(ValueError) as caught:
        checkpoint.restore({"net": model, "fresh": dense(1)}, groups)
    assert str(caught.value).splitlines()[1:] == [
        "- fresh/dense/bias is not in the checkpoint",
        "- fresh/dense/kernel is not in the checkpoint",
        "! net/dense/bias has shape (3,) in the model, (4,) in the checkpoint",
        "- net/dense/kernel is not in the checkpoint",
        "+ net/old/kernel is not in the model",
        "+ other/dense/bias is not in the model",
        "+ other/dense/kernel is not in the model",
    ]
    np.testing.assert_array_equal(model.weights[1], [5, 5, 5])


FILES = ["net.npz", "optimizer.npz", "manifest.json"]


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_noticed_and_the_one_before_is_used(tmp_path, name):
    checkpoint.save(tmp_path, 1, GROUPS, window={"count": 1})
    newest = checkpoint.save(tmp_path, 2, shifted(2), window={"count": 2})
    content = (newest.path / name).read_bytes()
    # In a manifest a byte between two values may change without harm.
    places = [0, len(content) // 2, len(content) - 1]
    if name == "manifest.json":
        parts = (b"{", b"2", b'"count', b"sha256", b".npz", b"}")
        places = [content.index(part) for part in parts]
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1
        (newest.path / name).write_bytes(flipped)
        found, damaged = checkpoint.latest(tmp_path)
        assert found.step == 1
        assert_same(checkpoint.load(found.path), GROUPS)
        assert len(damaged) == 1
        assert damaged[0].startswith(f"step-00000002: {name} ")


def remove(file: pathlib.Path) -> None:
    file.unlink()


def truncate(file: pathlib.Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: pathlib.Path) -> None:
    os.truncate(file, 0)


def replace_by_directory(file: pathlib.Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage", [remove, truncate, empty, replace_by_directory]
)
def test_other_damage_is_noticed_too(tmp_path, name, damage):
    checkpoint.save(tmp_path, 1, GROUPS)
    damage(checkpoint.save(tmp_path, 2, GROUPS).path / name)
    found, (sentence,) = checkpoint.latest(tmp_path)
    assert found.step == 1
    assert sentence.startswith(f"step-00000002: {name} ")


@pytest.mark.parametrize("content", ["[]", "3", "{}", '{"sha256": {}}', "\0"])
def test_a_manifest_of_another_kind_is_damage(tmp_path, content):
    saved = checkpoint.save(tmp_path, 2, GROUPS)
    (saved.path / "manifest.json").write_text(content)
    assert checkpoint.latest(tmp_path)[0] is None


def test_nothing_there(tmp_path):
    assert checkpoint.latest(tmp_path / "absent") == (None, [])


def test_truncated_archive_cannot_be_loaded(tmp_path):
    saved = checkpoint.save(tmp_path, 1, GROUPS)
    truncate(saved.path / "net.npz")
    with pytest.raises(checkpoint.DamagedCheckpoint, match="net.npz"):
        checkpoint.load(saved.path)


def test_a_damaged_checkpoint_of_the_same_step_is_replaced(tmp_path):
    saved = checkpoint.save(tmp_path, 1, shifted(3))
    truncate(saved.path / "net.npz")
    checkpoint.save(tmp_path, 1, GROUPS)
    assert_same(checkpoint.load(checkpoint.verify(saved.path).path), GROUPS)


def kept(directory: pathlib.Path) -> list[int]:
    return [int(p.name[5:]) for p in checkpoint.steps(directory)]


def test_prune_keeps_the_newest_and_the_best(tmp_path):
    for step in (1, 2, 3, 10, 11):
        checkpoint.save(tmp_path, step, GROUPS)
    checkpoint.prune(tmp_path, 11, keep=2, best=2)
    assert kept(tmp_path) == [2, 10, 11]
    checkpoint.prune(tmp_path, 11, keep=1, best=None)
    assert kept(tmp_path) == [11]


def test_prune_never_prefers_a_damaged_checkpoint(tmp_path):
    """A run that fell back to step 1 must not lose it to what is broken."""
    for step in (1, 8, 9):
        checkpoint.save(tmp_path, step, GROUPS)
    for step in (8, 9):
        truncate(tmp_path / f"step-{step:08d}" / "net.npz")
    checkpoint.save(tmp_path, 2, GROUPS)
    checkpoint.prune(tmp_path, 2, keep=1, best=None)
    found, _ = checkpoint.latest(tmp_path)
    assert found.step == 2


def test_copies_that_people_make_are_left_alone(tmp_path):
    saved = checkpoint.save(tmp_path, 1, GROUPS)
    copy = tmp_path / "step-00000009 (copy)"
    shutil.copytree(saved.path, copy)
    for step in (2, 3):
        checkpoint.save(tmp_path, step, GROUPS)
    checkpoint.prune(tmp_path, 3, keep=1, best=None)
    assert checkpoint.latest(tmp_path)[0].step == 3
    assert kept(tmp_path) == [3] and copy.is_dir()


class Killed(BaseException):
    """Stands for the end of the process: no handler sees it."""


class Fuse:
    """Ends the process at its n-th access to the file system, once armed."""

    EVENTS = frozenset(
        """open os.mkdir os.remove os.rename os.rmdir os.truncate
        shutil.copyfile shutil.copytree shutil.move shutil.rmtree""".split()
    )

    def __init__(self):
        self.left = None
        sys.addaudithook(self)  # For ever: there is no way to remove one.

    def __call__(self, event: str, arguments: tuple) -> None:
        if self.left is None or event not in self.EVENTS:
            return
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.fixture(scope="module")
def fuse():
    return Fuse()


def test_killed_at_every_stage_of_saving(tmp_path, monkeypatch, fuse):
    """One of the two checkpoints is whole, whichever access is the last."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # Slow.
    outcomes = []
    for last in itertools.count(1):
        directory = tmp_path / f"{last}"
        for step in (1, 2):
            checkpoint.save(directory, step, shifted(step))
        groups = shifted(3)
        try:
            fuse.left = last
            checkpoint.save(directory, 3, groups)
            checkpoint.prune(directory, 3, keep=1, best=None)
            break
        except Killed:
            pass
        finally:
            fuse.left = None
        found, damaged = checkpoint.latest(directory)
        outcomes.append(found.step)
        assert not damaged
        assert_same(checkpoint.load(found.path), shifted(found.step))

        checkpoint.save(directory, 4, shifted(4))
        checkpoint.prune(directory, 4, keep=1, best=None)
        assert [p.name for p in directory.iterdir()] == ["step-00000004"]
    assert len(outcomes) > 20
    assert outcomes == sorted(outcomes) and set(outcomes) == {2, 3}


def test_manifest_is_readable_json_with_one_sum_for_each_file(tmp_path):
    saved = checkpoint.save(tmp_path, 1, GROUPS, metrics={"fid": 3.5})
    manifest = json.loads((saved.path / "manifest.json").read_text())
    assert set(manifest["sha256"]) == {"net.npz", "optimizer.npz"}
    assert manifest["metrics"] == {"fid": 3.5}
