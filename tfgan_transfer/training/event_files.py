"""TensorBoard's files, in which every step stands once."""

import contextlib
import math
import os
import pathlib
from collections.abc import Iterator, Mapping

import tensorflow as tf

_FILES = "events.out.tfevents.*"


def cut(directory: pathlib.Path, step: int) -> None:
    """Drops what was written after a step, which will be written again.

    TensorBoard would show both: it takes no notice of two values of a tag at
    one step. A run that has no steps yet writes step 0 again as well.

    Args:
        directory: Where the files are; may not exist.
        step: The last step to keep; 0 for nothing at all.
    """
    for path in sorted(directory.glob(_FILES)):
        if step == 0:
            path.unlink()
        elif last(path) > step:
            _rewrite(path, step)


@contextlib.contextmanager
def written(
    directory: pathlib.Path | None, settings: Mapping
) -> Iterator[tf.summary.SummaryWriter | None]:
    """A writer for as long as a part of a run lasts.

    Args:
        directory: Where the files are; None where nothing is written.
        settings: Of the run, for the table of hyperparameters.
    """
    if directory is None:
        yield None
        return
    from tensorboard.plugins.hparams import api as hparams

    writer = tf.summary.create_file_writer(str(directory))
    if empty(directory):
        with writer.as_default(step=0):
            hparams.hparams(
                {k: v for k, v in settings.items() if v is not None}
            )
    try:
        yield writer
    finally:
        writer.close()


def empty(directory: pathlib.Path) -> bool:
    """Whether nothing stands in the files yet."""
    return all(
        event.HasField("file_version")
        for path in directory.glob(_FILES)
        for event in events(path)
    )


def events(path: pathlib.Path) -> Iterator[tf.compat.v1.Event]:
    """Yields the events of a file, up to where a kill cut it off."""
    return map(tf.compat.v1.Event.FromString, _records(path))


def last(path: pathlib.Path) -> float:
    """The latest step in a file, infinite if the file is cut off."""
    step, size = 0, 0
    for record in _records(path):
        step = max(step, tf.compat.v1.Event.FromString(record).step)
        size += len(record) + 16  # With its length and two checksums.
    return step if size == path.stat().st_size else math.inf


def _records(path: pathlib.Path) -> Iterator[bytes]:
    try:
        yield from tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    except tf.errors.DataLossError:
        return


def _rewrite(path: pathlib.Path, step: int) -> None:
    # Under a name that no reader looks for.
    temporary = path.with_name(f".{path.name.replace('tfevents', 'writing')}")
    with tf.io.TFRecordWriter(str(temporary)) as writer:
        for event in events(path):
            if event.step <= step:
                writer.write(event.SerializeToString())
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
