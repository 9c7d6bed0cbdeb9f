"""Rows of input that a signature answers, found by trying.

The first row is a recorded request, or made from types and shapes where none
is recorded. Further rows change one input after the other, as far as the
signature still answers.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving.status import ServingError

Row = Mapping[str, np.ndarray]
Run = Callable[[Row], object]
_MOST_TRIALS = 64
_UNKNOWN_SIZE = 32


def find(
    run: Run, recorded: Sequence[Row], infos: Mapping, count: int
) -> list[Row]:
    """Rows that are answered, each with its own values where possible.

    Args:
        run: Answers a row, or raises ServingError.
        recorded: Requests of one row or several.
        infos: Name of each input -> its TensorInfo.
        count: Number of rows.

    Returns:
        `count` rows, name -> values [1, ...]; none if nothing is answered.
    """
    starts = [row for request in recorded for row in _split(request)]
    for start in itertools.chain(starts, _guesses(infos)):
        if _answers(run, start):
            return [start, *vary(run, start, starts, count - 1)]
    return []


def vary(
    run: Run, start: Row, others: Sequence[Row], count: int
) -> Iterator[Row]:
    """Yields rows that differ from the first one where they can.

    Args:
        run: Answers a row, or raises ServingError.
        start: A row that is answered.
        others: Rows whose values are tried before made-up ones.
        count: Number of rows.
    """
    for number in range(1, count + 1):
        row = dict(start)
        for name, value in start.items():
            borrowed = [other[name] for other in others if name in other]
            for new in [*borrowed[number:], *_changed(value, number)]:
                fits = new.shape == value.shape
                if fits and _answers(run, {**row, name: new}):
                    row[name] = new
                    break
        yield row


def joined(rows: Sequence[Row]) -> Row:
    """One request of several rows."""
    return {
        name: np.concatenate([row[name] for row in rows]) for name in rows[0]
    }


def _split(request: Row) -> Iterator[Row]:
    columns = {name: np.atleast_1d(value) for name, value in request.items()}
    for i in range(min(map(len, columns.values()), default=0)):
        yield {name: value[i : i + 1] for name, value in columns.items()}


def _answers(run: Run, row: Row) -> bool:
    try:
        run(row)
    except ServingError:
        return False
    return True


def _guesses(infos: Mapping) -> Iterator[Row]:
    values = [_values(info) for info in infos.values()]
    for chosen in itertools.islice(itertools.product(*values), _MOST_TRIALS):
        yield dict(zip(infos, chosen, strict=True))


def _values(info: object) -> list[np.ndarray]:
    """What one input may take, [1, ...] each, likely values first."""
    dtype = tf.dtypes.as_dtype(info.dtype)
    sizes = [dim.size for dim in info.tensor_shape.dim][1:]
    shape = [1, *(_UNKNOWN_SIZE if size < 0 else size for size in sizes)]
    if dtype == tf.string:
        image = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
        texts = [_png(image), b"", b"a"]
        return [np.full(shape, text, object) for text in texts]
    if dtype.is_floating:
        random = np.random.default_rng(0).normal(size=shape)
        return [random.astype(dtype.as_numpy_dtype)]
    return [np.zeros(shape, dtype.as_numpy_dtype)]


def _changed(value: np.ndarray, number: int) -> list[np.ndarray]:
    """Other values of the same type and shape."""
    if value.dtype == object:
        return _mirrored(value) if number == 1 else []
    if value.dtype == bool:
        return [~value]
    if value.dtype.kind in "iu":
        return [value + np.asarray(number, value.dtype)]
    noise = np.random.default_rng(number).normal(size=value.shape)
    return [value + noise.astype(value.dtype)]


def _mirrored(files: np.ndarray) -> list[np.ndarray]:
    """The images of files turned around; none where they are no images."""
    try:
        made = [
            _png(decode(file)[::-1, ::-1]) for file in files.ravel().tolist()
        ]
    except tf.errors.InvalidArgumentError:
        return []
    return [np.array([*made, None], object)[:-1].reshape(files.shape)]


def decode(file: bytes) -> np.ndarray:
    """Uint8 [H, W, C] of an image file.

    Raises:
        tf.errors.InvalidArgumentError: If it is none.
    """
    return tf.io.decode_image(file, expand_animations=False).numpy()


def _png(pixels: np.ndarray) -> bytes:
    return tf.io.encode_png(pixels).numpy()
