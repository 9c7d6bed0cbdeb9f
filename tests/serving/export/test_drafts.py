"""What an interrupted export leaves is removed by the next one."""

import os
import signal
import subprocess
import sys

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import savedmodel

EXPORTER = """
import os, sys, pathlib
from tfgan_transfer.serving.export import savedmodel
def write(draft, signatures):
    (draft / "half").write_text("")
    print(draft.name, flush=True)
    sys.stdin.read()
savedmodel._write = write
savedmodel.publish(pathlib.Path(sys.argv[1]), {}, {})
"""


def publish(base, monkeypatch):
    """An export that fails by itself, after it has begun."""

    def fail(draft, signatures):
        raise OSError("nothing to write")

    monkeypatch.setattr(savedmodel, "_write", fail)
    with pytest.raises(UserError, match="cannot be written"):
        savedmodel.publish(base, {}, {})
    return [path.name for path in base.iterdir()]


def test_a_draft_goes_when_its_exporter_has_gone(tmp_path, monkeypatch):
    with subprocess.Popen(
        [sys.executable, "-c", EXPORTER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        name = process.stdout.readline().strip()
        assert name.startswith(".draft-")
        assert publish(tmp_path, monkeypatch) == [name]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert publish(tmp_path, monkeypatch) == []
