"""Seconds of all attempts count, also of those that were killed."""

import os

import pytest

from tfgan_transfer.studies.stopwatch import Stopwatch


def test_attempts_add_up(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    path, log = tmp_path / "seconds", tmp_path / "log"
    Stopwatch(path, [log])
    log.write_text("")
    os.utime(log, (1040, 1040))  # Killed 40 s after it began.
    now[0] = 5000.0
    second = Stopwatch(path, [log, tmp_path / "none"])
    now[0] = 5007.0
    assert second.seconds() == pytest.approx(47)
    now[0] = 4000.0  # Somebody set the clock back.
    assert second.seconds() == pytest.approx(40)
    assert Stopwatch(path, [log]).before == pytest.approx(40)
    second.remove()
    assert not path.exists()
