"""What an interrupted export leaves is removed by the next one."""

import os
import signal
import subprocess
import sys

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import drafts

EXPORTER = """
import os, sys, pathlib
from tfgan_transfer.serving.export import drafts
def write(draft):
    (draft / "half").write_text("")
    print(draft.name, flush=True)
    sys.stdin.read()
drafts.publish(pathlib.Path(sys.argv[1]), write)
"""


def publish(base):
    """An export that fails by itself, after it has begun."""

    def fail(draft):
        raise OSError("nothing to write")

    with pytest.raises(UserError, match="cannot be written"):
        drafts.publish(base, fail)
    return [path.name for path in base.iterdir()]


def test_a_draft_goes_when_its_exporter_has_gone(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", EXPORTER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        name = process.stdout.readline().strip()
        assert name.startswith(".draft-")
        assert publish(tmp_path) == [name]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert publish(tmp_path) == []
