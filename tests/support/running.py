"""Runs commands in processes that share one import of TensorFlow.

A test that needs a real process (one that can be killed, with flags and a
TensorFlow of its own) forks it from a server that has imported everything
and started nothing: that takes tenths of a second instead of several.
"""

import atexit
import functools
import json
import os
import pathlib
import runpy
import signal
import subprocess
import sys
import time
import traceback
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMOKE = "--flagfile=configs/smoke/wgan_gp.flags"
TRAIN = "tfgan_transfer.train"
GENERATE = "tfgan_transfer.generate"
LONGEST = 600  # Seconds until a process counts as hung.


class Finished(NamedTuple):
    """What a process left: negative codes are the signals that ended it."""

    code: int
    out: str
    err: str


class Running:
    """A process that was started."""

    def __init__(self, server: "Commands", pid: int, log: pathlib.Path):
        self.server, self.pid, self.log = server, pid, log

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Finished:
        code = self.server.ask("wait", self.pid)
        out, err = (
            self.log.with_suffix(end).read_text() for end in (".out", ".err")
        )
        return Finished(code, out, err)


class Commands:
    """Starts `python -m MODULE ARGUMENTS` in the root of the repository."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.count = 0
        self.server = subprocess.Popen(
            [sys.executable, "-u", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def ask(self, *request: object) -> int:
        print(json.dumps(request), file=self.server.stdin, flush=True)
        return json.loads(self.server.stdout.readline())

    def start(self, module: str, *arguments: object, setup="") -> Running:
        """Starts a command; `setup` is Python that its process runs first."""
        if module == TRAIN:
            # A second for each run; who wants to see one says --report.
            arguments = ("--noreport", *arguments)
        self.count += 1
        log = self.folder / f"{self.count:03d}"
        for end in (".out", ".err"):
            log.with_suffix(end).write_text("")
        words = [module, *(str(a) for a in arguments)]
        return Running(self, self.ask("start", str(log), words, setup), log)

    def run(self, module: str, *arguments: object, setup="") -> Finished:
        return self.start(module, *arguments, setup=setup).wait()

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


# Cached, because each folder of tests has these fixtures for itself.
@functools.cache
def _commands(folder: pathlib.Path) -> Commands:
    commands = Commands(folder)
    atexit.register(commands.close)
    return commands


@functools.cache
def _unbroken(folder: pathlib.Path) -> pathlib.Path:
    path = folder / "unbroken"
    finished = _commands(folder).run(TRAIN, SMOKE, f"--run_dir={path}")
    assert finished.code == 0, finished.err
    return path


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    return _commands(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A finished run of `configs/smoke/wgan_gp.flags`; copy before writing."""
    return _unbroken(tmp_path_factory.getbasetemp())


def _serve() -> None:
    sys.path[0] = str(ROOT)
    # Everything a command imports; none of it starts TensorFlow's threads.
    import sklearn.datasets  # noqa: F401
    from tensorboard.plugins.hparams import api  # noqa: F401

    from tfgan_transfer.families.single import plan  # noqa: F401
    from tfgan_transfer.sessions import session  # noqa: F401
    from tfgan_transfer.trained import sampling  # noqa: F401

    for line in sys.stdin:
        request, *arguments = json.loads(line)
        if request == "wait":
            print(_wait(*arguments))
            continue
        pid = os.fork()
        if pid == 0:
            return _become(*arguments)
        print(pid)


def _wait(pid: int) -> int:
    began = time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - began > LONGEST:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _become(log: str, words: list[str], setup: str) -> None:
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, log + ".out", os.O_WRONLY),
        (2, log + ".err", os.O_WRONLY),
    ):
        os.dup2(os.open(path, flags), descriptor)
    exec(setup, {})
    sys.argv = words
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Taking TensorFlow apart would take seconds.


if __name__ == "__main__":
    _serve()
