"""A small ensemble, and trainings in forked processes, for several tests."""

import contextlib
import functools
import pathlib
from collections.abc import Iterator

import pytest

from tests.support.running import _commands
from tfgan_transfer.studies import ensemble_training, trials

SETTINGS = {
    "data": "digits",
    "classes": "0,1,2,3,4",
    "model": "acgan",
    "channels": "1",
    "size": "8",
    "width": 4,
    "latent_size": 8,
    "batch_size": 8,
    "n_critic": 1,
    "holdout": 0.1,
    "steps": 4,
    # Fast, so that models of other images soon draw other images.
    "generator_lr": 0.03,
    "ema_decay": 0.0,
}


@contextlib.contextmanager
def forked(commands) -> Iterator[list[str]]:
    """Lets `trials` fork its processes; yields the run directories."""
    started = []

    def wait_for(words, log):
        finished = commands.run(words[2], *words[3:])
        log.write(finished.out + finished.err)
        [run_dir] = [w for w in words if w.startswith("--run_dir=")]
        started.append(run_dir.rpartition("/")[2])
        return finished.code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "wait_for", wait_for)
        yield started


def prepare(path: pathlib.Path, **changes: object):
    given = {**SETTINGS, "ensemble": 2, "run_dir": str(path), **changes}
    return ensemble_training.prepare(given, {})


@functools.cache
def _big(folder: pathlib.Path) -> pathlib.Path:
    path = folder / "big"
    with forked(_commands(folder)):
        assert ensemble_training.train(prepare(path)) == 0
    return path


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An ensemble of the digits 0, 1, 2 and 3, 4; copy before writing."""
    return _big(tmp_path_factory.getbasetemp())
