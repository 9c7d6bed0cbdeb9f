"""A folder that calls itself a checkpoint may come from anybody."""

import errno
import io
import json
import os
import pathlib
import struct
import zipfile

import numpy as np
import pytest

from tfgan_transfer.training import checkpoint

GROUPS = {"net": {"kernel": np.arange(6, dtype=np.float32)}}


@pytest.fixture
def saved(tmp_path):
    checkpoint.save(tmp_path, 1, GROUPS)
    return checkpoint.save(tmp_path, 2, GROUPS).path


def seal(path: pathlib.Path, **changes: object) -> None:
    """Makes the sums right, as somebody would who means harm."""
    manifest = json.loads((path / "manifest.json").read_text())
    for name in manifest["sha256"]:
        manifest["sha256"][name] = checkpoint._sha256(path / name)
    manifest.pop("bytes", None)
    manifest |= changes
    manifest = {k: v for k, v in manifest.items() if v != "left out"}
    manifest["manifest_sha256"] = checkpoint._manifest_sum(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest))


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def archive(content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        made.writestr("kernel.npy", content)
    return file.getvalue()


def whole() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(2**20, np.float32))
    return file.getvalue()


def broken_deflate() -> bytes:
    made = bytearray(archive(whole(), zipfile.ZIP_DEFLATED))
    made[60:90] = bytes(30)
    return bytes(made)


ARCHIVES = {
    "bomb": archive(bytes(2**24), zipfile.ZIP_DEFLATED),
    "broken deflate": broken_deflate(),
    "bigger than there is": archive(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (10**12,)}")
    ),
    "longer than it says": archive(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", b"-" * 9)
    ),
    "negative": archive(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")
    ),
    "huge header": archive(
        b"\x93NUMPY\2\0" + struct.pack("<I", 2**31) + b"(" * 2**16
    ),
    "deep header": archive(npy("(" * 100)),
    "pickle": archive(
        npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}")
    ),
    "no array": archive(b"a letter"),
    "no archive": b"a letter",
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_is_not_ours_is_damage(saved, kind):
    (saved / "net.npz").write_bytes(ARCHIVES[kind])
    seal(saved)
    found, (sentence,) = checkpoint.latest(saved.parent)
    assert found.step == 1
    assert sentence.startswith("step-00000002: net.npz ")
    with pytest.raises(checkpoint.DamagedCheckpoint, match="net.npz"):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "left out"},
        {"step": "2"},
        {"step": True},
        {"step": -1},
        {"sha256": ["net.npz"]},
        {"sha256": {"../../other.npz": ""}},
        {"sha256": {"net.npy": ""}},
        {"metrics": [1]},
        {"window": 3},
        {"lr_scale": "half"},
        {"run": "mine"},
    ],
)
def test_a_manifest_of_other_types_is_damage(saved, changes):
    seal(saved, **changes)
    found, (sentence,) = checkpoint.latest(saved.parent)
    assert found.step == 1
    assert sentence.startswith("step-00000002: manifest.json cannot be read")
    assert checkpoint.best_step(saved.parent, "fid") is None


def test_a_manifest_that_is_nested_too_deeply_is_damage(saved):
    (saved / "manifest.json").write_text("[" * 100_000)
    assert checkpoint.latest(saved.parent)[0].step == 1


def test_what_the_manifest_does_not_list_is_not_opened(saved):
    os.mkfifo(saved / "extra.npz")  # Who opens it waits for ever.
    assert checkpoint.latest(saved.parent)[0].step == 2
    assert set(checkpoint.load(saved)) == {"net"}


def test_a_disk_that_cannot_be_read_is_damage(saved):
    (saved / "net.npz").unlink()
    # Address 0 of this process: there is nothing, and reading it is EIO.
    (saved / "net.npz").symlink_to("/proc/self/mem")
    with pytest.raises(OSError) as caught:
        (saved / "net.npz").read_bytes()
    assert caught.value.errno == errno.EIO
    seal_nothing = json.loads((saved / "manifest.json").read_text())
    assert seal_nothing["bytes"]["net.npz"] > 0
    found, (sentence,) = checkpoint.latest(saved.parent)
    assert found.step == 1 and sentence.startswith("step-00000002: net.npz ")


def test_a_file_of_another_size_is_not_read(saved, monkeypatch):
    with (saved / "net.npz").open("ab") as file:
        file.truncate(2**40)  # A hole: it takes no place.
    found, (sentence,) = checkpoint.latest(saved.parent)
    assert found.step == 1
    assert sentence.endswith(
        "net.npz is not what was written (its size differs)"
    )


def test_amending_keeps_a_checkpoint_whole(saved):
    found, _ = checkpoint.latest(saved.parent)
    checkpoint.annotate(saved.parent, found.step, lr_scale=0.5)
    again = checkpoint.verify(saved)
    assert again.manifest["lr_scale"] == 0.5 and again.step == 2
    assert sorted(p.name for p in saved.iterdir()) == [
        "manifest.json",
        "net.npz",
    ]
