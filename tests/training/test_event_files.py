"""Each tag has one value at each step, whatever happened to the run."""

import os

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from tests.support.comparing import assert_same_run
from tests.support.crashes import crash
from tests.support.running import SMOKE, TRAIN
from tfgan_transfer.training import event_files


def write(directory, steps):
    writer = tf.summary.create_file_writer(str(directory))
    for step in steps:
        with writer.as_default(step):
            tf.summary.scalar("loss", 0.5 * step)
    writer.close()


def shown(directory):
    """(tag, step) in the order in which TensorBoard reads them."""
    return [
        (value.tag, event.step)
        for path in sorted(directory.glob("events.*"))
        for event in event_files.events(path)
        for value in event.summary.value
    ]


def test_what_came_after_a_step_is_dropped(tmp_path):
    assert event_files.empty(tmp_path)
    write(tmp_path, range(6))
    assert not event_files.empty(tmp_path)
    before = next(tmp_path.iterdir()).read_bytes()
    event_files.cut(tmp_path, 5)
    assert next(tmp_path.iterdir()).read_bytes() == before
    event_files.cut(tmp_path, 3)
    assert shown(tmp_path) == [("loss", step) for step in range(4)]
    event_files.cut(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_cut_off_is_made_whole(tmp_path):
    write(tmp_path, range(4))
    (path,) = tmp_path.iterdir()
    os.truncate(path, path.stat().st_size - 5)
    event_files.cut(tmp_path, 3)
    assert shown(tmp_path) == [("loss", step) for step in range(3)]
    assert event_files.last(path) == 2


@pytest.fixture
def killed(commands, tmp_path):
    """A run that was killed four times, twice at the same checkpoint."""
    run = tmp_path / "run"
    for moment in (
        "in_image('ema-00000000.png')",
        "at_the_end_of_step(6)",
        "at_the_end_of_step(13)",
        "at_the_end_of_step(12)",
    ):
        done = commands.run(
            TRAIN, SMOKE, f"--run_dir={run}", setup=crash(moment)
        )
        assert done.code == -9
    assert commands.run(TRAIN, SMOKE, f"--run_dir={run}").code == 0
    return run


def test_no_step_is_shown_twice_after_kills(killed, unbroken):
    assert_same_run(killed, unbroken)
    found = shown(killed / "tensorboard")
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(shown(unbroken / "tensorboard"))
    reader = EventAccumulator(str(killed / "tensorboard"))
    reader.Reload()
    steps = [tensor.step for tensor in reader.Tensors("critic_loss")]
    assert steps == [5, 10, 15, 20, 25, 30]


def test_records_do_not_tell_that_a_run_was_killed(killed, unbroken):
    from tests.support.comparing import newest

    ours, theirs = newest(killed).manifest, newest(unbroken).manifest
    for manifest in (ours, theirs):
        manifest["run"]["flags"]["run_dir"] = None
    assert ours["run"] == theirs["run"]
