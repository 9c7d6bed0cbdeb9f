"""Videos: a stand-in for ffmpeg hands out frames and takes them."""

import numpy as np
import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import videos

PROBE = "echo 30000/1001"


def programs(folder, frames, monkeypatch, probe=PROBE):
    """An ffmpeg that reads `clip.ppm`, and writes what it is given."""
    ppm = b"".join(
        b"P6\n%d %d\n255\n" % (frame.shape[1], frame.shape[0]) + frame.tobytes()
        for frame in frames
    )
    (folder / "clip.ppm").write_bytes(ppm)
    log = folder / "log"
    ffmpeg = f"""echo "$@" >> {log}
case "$*" in
  *image2pipe*) /bin/cat {folder / "clip.ppm"} ;;
  *) for last; do :; done; /bin/cat > "$last" ;;
esac"""
    for name, text in (("ffmpeg", ffmpeg), ("ffprobe", probe)):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return log


def ramp(*levels):
    return [np.full((6, 4, 3), level, np.uint8) for level in levels]


def test_frames_come_and_go_in_order(tmp_path, monkeypatch):
    log = programs(tmp_path, ramp(0, 10, 20), monkeypatch)
    clip = tmp_path / "clip.mp4"
    per_second = videos.rate(clip)
    assert per_second == "30000/1001"
    flicker = videos.Flicker()
    read = videos.frames(clip, per_second)
    made = flicker.watched(read, lambda frame: 3 * frame)
    videos.write(tmp_path / "out" / "clip.mp4", made, per_second, clip)
    written = (tmp_path / "out" / "clip.mp4").read_bytes()
    assert written == bytes([0] * 72 + [30] * 72 + [60] * 72)
    said = log.read_text()
    assert "-r 30000/1001 -f image2pipe" in said
    assert "-pix_fmt rgb24 -s 4x6 -r 30000/1001 -i - -i " in said
    assert (flicker.before, flicker.after, flicker.count) == (10, 30, 2)
    assert str(flicker) == (
        "flicker   30.0 levels of 255 against 10.0 from one picture to the "
        "next, 3.0 times as much as in the original"
    )


def test_flicker_of_what_stands_still():
    flicker = videos.Flicker()
    made = list(flicker.watched(ramp(5, 5), lambda frame: frame))
    assert len(made) == 2 and flicker.after == 0
    assert str(flicker).endswith("against 0.0 from one picture to the next")


def test_no_program_no_frames_no_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="takes the program ffprobe"):
        videos.rate(tmp_path / "clip.mp4")
    programs(tmp_path, [], monkeypatch)
    with pytest.raises(UserError, match="has no pictures"):
        videos.write(tmp_path / "o.mp4", iter([]), "25", tmp_path / "clip.mp4")
    programs(tmp_path, [], monkeypatch, "echo not a video >&2; exit 1")
    with pytest.raises(UserError, match=r"no pictures in .*\(not a video\)"):
        videos.rate(tmp_path / "clip.mp4")


def test_names_of_videos():
    assert videos.is_video("a/b.MP4") and videos.is_video("x.webm")
    assert not videos.is_video("folder:clips") and not videos.is_video("x.gif")
