"""Training on a folder of real images in which some files are damaged."""

import io
import json
import os
import pathlib
import zlib

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.support.running import TRAIN

IMAGES = 1000
FLAGS = """--channels=1 --size=8 --network=dcgan --width=4 --latent_size=8
--n_critic=1 --batch_size=8 --steps=2 --sample_every=0""".split()


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.rint(image * 255 / 16).astype(np.uint8)).save(
        stream, "PNG"
    )
    return stream.getvalue()


def bomb() -> bytes:
    """A small file whose header promises 60,000 x 60,000 pixels."""
    header = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    check = zlib.crc32(header).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + check


DAMAGE = {
    "truncated": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "text": lambda whole: b"not an image but a letter\n",
    "bomb": lambda whole: bomb(),
    "cut to a header": lambda whole: whole[:20],
}


def place(folder: pathlib.Path, damaged: int) -> set[str]:
    """Writes the digits; the first `damaged` cannot be used."""
    names = set()
    kinds = [*DAMAGE, "directory", "dangling link"]
    for i, image in enumerate(load_digits().images[:IMAGES]):
        kind = kinds[i % len(kinds)] if i < damaged else "whole"
        name = f"{kind} ütf {i}" + (".jpg" if kind == "text" else ".png")
        file = folder / name
        if kind == "directory":
            file.mkdir()
        elif kind == "dangling link":
            os.symlink(folder / "gone", file)
        else:
            file.write_bytes(DAMAGE.get(kind, bytes)(png(image)))
        if i < damaged:
            names.add(name)
    os.symlink(folder, folder / "loop")
    return names


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "my photos"
    made.mkdir()
    return made


def train(commands, folder, run, *flags):
    return commands.run(
        TRAIN, f"--data=folder:{folder}", f"--run_dir={run}", *FLAGS, *flags
    )


def test_one_in_a_hundred_is_listed_and_skipped(commands, folder, tmp_path):
    names = place(folder, damaged=9)
    names.add("loop")
    run = tmp_path / "run"
    finished = train(commands, folder, run)
    assert finished.code == 0, finished.err
    assert f"10 unreadable files: {run}/bad_files.txt" in finished.out
    listed = [
        line.split("\t")
        for line in (run / "bad_files.txt").read_text().split("\n")[:-1]
    ]
    assert {name for name, _ in listed} == names
    assert len(listed) == len(names)
    assert all(reason for _, reason in listed)
    record = json.loads((run / "config.json").read_text())
    assert record["data"]["images"] == IMAGES - 9


def test_one_in_twenty_stops_the_run(commands, folder, tmp_path):
    place(folder, damaged=50)
    finished = train(commands, folder, tmp_path / "run")
    assert finished.code == 2
    (line,) = finished.err.splitlines()
    assert line.startswith(f"error: --data=folder:{folder}: 51 of 1001 ")
    assert "(5.1%)" in line and "--max_bad_files=0.01" in line
    assert not (tmp_path / "run" / "checkpoints").exists()
    bad = (tmp_path / "run" / "bad_files.txt").read_text()
    assert bad.count("\n") == 51

    allowed = train(commands, folder, tmp_path / "run", "--max_bad_files=60")
    assert allowed.code == 0, allowed.err
