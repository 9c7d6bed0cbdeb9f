"""Sheets at a size for people, and animations."""

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.support import tagged
from tests.support.running import GENERATE
from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import films, sheets


@pytest.mark.parametrize(
    ("given", "side", "across", "times"),
    [
        ({}, 32, 4, 4),
        ({}, 48, 4, 3),  # 144 px: the first multiple that is large enough.
        ({}, 128, 4, 1),
        ({}, 256, 4, 1),
        ({}, 32, 64, 2),  # 64 pictures of 128 px would be 8,192 px.
        ({}, 32, 500, 1),
        ({"cell": 0}, 32, 4, 1),
        ({"cell": 32}, 32, 4, 1),
        ({"cell": 33}, 32, 4, 2),
        ({"cell": 128}, 32, 64, 4),
    ],
)
def test_factor(given, side, across, times):
    assert sheets.factor(given, side, across) == times


def test_enlarging_repeats_pixels():
    batch = np.array([[[1], [2]], [[3], [4]]], np.uint8)[None]
    np.testing.assert_array_equal(
        sheets.enlarged(batch, 2)[0, ..., 0],
        [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]],
    )


@pytest.mark.parametrize("cell", [0, 8])
def test_the_native_size_is_what_it_was(cell):
    batch = np.zeros((6, 8, 8, 3), np.uint8)
    named = sheets.named(batch, ["a", "b"], {"cell": cell})
    assert named.shape == (2 * 9, 3 * 9, 3)
    assert sheets.sheet(batch, {"cell": cell}).shape == (2 * 9, 3 * 9, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_have_their_names(channels):
    batch = np.full((6, 8, 8, channels), 7, np.uint8)
    drawn = sheets.named(batch, ["i", "a long name", ""], {})
    height, width = 136, 2 * 136
    assert drawn.shape[0] == 3 * height and drawn.shape[2] == channels
    margin = drawn[:, :-width]
    dark = [(margin[r : r + height] < 99).sum() for r in (0, 136, 272)]
    assert 0 < dark[0] < dark[1] / 4 and dark[2] == 0
    # The letters stand in the middle of their row, the pictures beside them.
    lines = np.flatnonzero((margin[:height] < 99).any(axis=(1, 2)))
    assert 40 < lines.min() and lines.max() < 96
    np.testing.assert_array_equal(drawn[:128, -width : 128 - width], 7)


def test_classes_are_named_by_the_command(commands, tmp_path, pictures):
    run = tmp_path / "run"
    finished = tagged.train(commands, run, pictures)
    assert finished.code == 0, finished.err
    out = tmp_path / "classes.png"
    words = f"--run_dir={run}", "--grid=classes", f"--out={out}", "--num=2"
    finished = commands.run(GENERATE, *words)
    assert finished.code == 0, finished.err
    width, height = Image.open(out).size
    assert height == 3 * 136 and width > 2 * 136 + 60


def test_mp4_needs_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    frames = [np.zeros((8, 8, 3), np.uint8)]
    with pytest.raises(UserError) as caught:
        films.save(tmp_path / "walk.mp4", frames)
    for part in ("--out", "walk.mp4", "ffmpeg", "FILE.webp"):
        assert part in caught.value.command_line
    assert list(tmp_path.iterdir()) == []


def program(folder, text):
    """A stand-in for ffmpeg that this test can look at."""
    path = folder / "bin" / "ffmpeg"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path.parent


def test_ffmpeg_gets_every_frame(tmp_path, monkeypatch):
    log = tmp_path / "log"
    folder = program(tmp_path, f'/bin/cat > {log}.raw; echo "$@" > {log}')
    monkeypatch.setenv("PATH", str(folder))
    frames = [np.full((6, 8, 1), i, np.uint8) for i in range(3)]
    films.save(tmp_path / "walk.mp4", frames)
    raw = (tmp_path / "log.raw").read_bytes()
    assert raw == bytes([0] * 48 + [1] * 48 + [2] * 48)
    said = log.read_text()
    assert "-pix_fmt gray -s 8x6 -r 1000/60 -i -" in said
    assert said.strip().endswith("walk.mp4")


def test_what_ffmpeg_says_is_passed_on(tmp_path, monkeypatch):
    text = "/bin/cat > /dev/null; echo first >&2; echo no encoder >&2; exit 1"
    monkeypatch.setenv("PATH", str(program(tmp_path, text)))
    with pytest.raises(UserError, match=r"ffmpeg could not .*\(no encoder\)"):
        films.save(tmp_path / "w.mp4", [np.zeros((8, 8, 3), np.uint8)])


def test_a_real_mp4(tmp_path):
    if not shutil.which("ffprobe"):
        pytest.skip("needs ffmpeg")
    path = tmp_path / "new" / "walk.mp4"
    films.save(path, [np.full((9, 15, 3), 40 * i, np.uint8) for i in range(5)])
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries"]
        + ["stream=width,height,nb_read_frames", "-of", "csv=p=0", path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "16,10,5"
