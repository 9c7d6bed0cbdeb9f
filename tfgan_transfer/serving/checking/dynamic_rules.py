"""Rules for a SavedModel that are judged by asking it."""

from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import records, samples, status
from tfgan_transfer.serving.checking.comparison import difference
from tfgan_transfer.serving.checking.findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from tfgan_transfer.serving.checking.trial import BATCHES, Answers, Trial

GRPC_LIMIT = 4 * 2**20


def answers(trial: Trial) -> Iterator[Finding]:
    """Rules 13, 16 and 17: each signature answers, each row for itself."""
    for name, rows in trial.rows.items():
        if not rows:
            yield _no_answer(trial, name)
            continue
        alone = [trial.ask(name, row) for row in rows]
        for size in BATCHES[1:]:
            try:
                found = trial.ask(name, samples.joined(rows[:size]))
            except status.ServingError as error:
                yield Finding(
                    13,
                    ERROR,
                    f"{name!r} answers one row but not {size} "
                    f"({error.message.splitlines()[0]})",
                )
                break
            problems = list(_rows(name, size, found, alone))
            yield from problems
            if problems:
                break


def _no_answer(trial: Trial, name: str) -> Finding:
    error = trial.failures[name]
    said = f"{name!r} fails ({error.message.splitlines()[0]})"
    if error.code != status.INVALID_ARGUMENT or name in trial.recorded:
        return Finding(13, ERROR, said)
    # The fault of the values, of which the right ones are not known.
    return Finding(
        13, WARNING, f"{said}, and is not judged; record a warm-up request"
    )


def _rows(
    name: str, size: int, found: Mapping, alone: list[Mapping]
) -> Iterator[Finding]:
    """Compares a joined answer with those of its rows."""
    for key, value in found.items():
        if value.ndim == 0 or len(value) != size:
            yield Finding(
                17,
                ERROR,
                f"output {key!r} of {name!r} is {list(value.shape)} for "
                f"{size} rows; requests that were put together could not be "
                "told apart again",
            )
            continue
        level, said = difference(
            np.concatenate([row[key] for row in alone[:size]]), value
        )
        if level:
            yield Finding(
                16,
                level,
                f"{name!r} answers a row otherwise beside {size - 1} more: "
                f"{key!r} {said}; a row may depend on itself only",
            )


def repetition(trial: Trial, twin: Answers | None) -> Iterator[Finding]:
    """Rule 15: the same answer twice, and in another process.

    Args:
        trial: The version.
        twin: What another process was answered, if it lived.
    """
    for name, first in trial.answers().items():
        again = trial.ask(name, samples.joined(trial.rows[name]))
        for where, other in (
            ("when asked again", again),
            ("in another process", (twin or {}).get(name)),
        ):
            if other is None:
                continue
            said = _differences(first, other)
            if said:
                level, text = said[0]
                yield Finding(
                    15,
                    level,
                    f"{name!r} answers the same request otherwise {where}: "
                    + text,
                )
                break


def equality(trial: Trial, expected: str | None) -> Iterator[Finding]:
    """Rule 14: what TensorFlow in Python answers, and what the source drew.

    Args:
        trial: The version.
        expected: File of requests with the answers of the source model.
    """
    yield from _eager(trial)
    count = 0
    for record in records.read(expected) if expected else ():
        count += 1
        try:
            received = trial.ask(record.signature, record.inputs)
            found = _differences(record.outputs, received)
        except status.ServingError as error:
            found = [(ERROR, error.message)]
        for level, text in found[:1]:
            yield Finding(
                14,
                level,
                f"{record.signature!r} differs from the source's answer: "
                + text,
            )
    if count:
        yield Finding(
            14, NOTE, f"{count} signatures compared with the source's answers"
        )


def _eager(trial: Trial) -> Iterator[Finding]:
    try:
        loaded = tf.saved_model.load(str(trial.path))
        for name, found in trial.answers().items():
            request = samples.joined(trial.rows[name])
            eager = loaded.signatures[name](
                **{key: tf.constant(value) for key, value in request.items()}
            )
            eager = {key: _array(value) for key, value in eager.items()}
            for level, text in _differences(eager, found)[:1]:
                yield Finding(
                    14, level, f"{name!r} differs from its eager run: {text}"
                )
    except Exception as error:
        # The server does not load models in this way; not its business.
        yield Finding(
            14,
            WARNING,
            "tf.saved_model.load cannot run it "
            f"({type(error).__name__}: {str(error).splitlines()[0]})",
        )


def wrong_requests(trial: Trial) -> Iterator[Finding]:
    """Rule 18: a wrong value is the client's fault, code 3, or is answered."""
    for name, rows in trial.rows.items():
        infos = trial.servable.signatures[name].inputs
        for key, value in rows[0].items() if rows else ():
            for what, wrong in _wrong(value, infos[key].tensor_shape):
                try:
                    trial.ask(name, {**rows[0], key: wrong})
                except status.ServingError as error:
                    if error.code != status.INVALID_ARGUMENT:
                        yield Finding(
                            18,
                            ERROR,
                            f"{name!r} answers {what} in {key!r} with code "
                            f"{error.code} instead of 3 "
                            f"({error.message.splitlines()[0]})",
                        )
                else:
                    if what == "a row too wide":
                        yield Finding(
                            18, WARNING, f"{name!r} takes {what} in {key!r}"
                        )


def replay(trial: Trial) -> Iterator[Finding]:
    """Rule 19: each recorded request is answered."""
    path = trial.path / records.WARM_UP
    if not path.exists():
        return
    number = 0
    try:
        for record in records.read(path):
            number += 1
            trial.servable.predict(
                record.signature, record.inputs, record.wanted
            )
    except (status.ServingError, tf.errors.OpError) as error:
        yield Finding(
            19,
            ERROR,
            f"warm-up request {number} fails ({error.message.splitlines()[0]})"
            "; the server will not load this version",
        )


def sizes(trial: Trial) -> Iterator[Finding]:
    """Rule 20: how many rows a client takes that was told nothing."""
    for name, rows in trial.rows.items():
        if not rows:
            continue
        size = sum(map(_bytes, trial.ask(name, rows[0]).values()))
        if size > GRPC_LIMIT:
            yield Finding(
                20,
                WARNING,
                f"a row of {name!r} has {size:,} bytes, more than the "
                f"{GRPC_LIMIT:,} that gRPC clients take unless they are told "
                "otherwise; answer with PNG files",
            )


def _differences(expected: Mapping, received: Mapping) -> list[tuple]:
    """Level and text for each output that differs."""
    if set(expected) != set(received):
        return [(ERROR, f"{sorted(expected)} are {sorted(received)}")]
    found = []
    for key, value in expected.items():
        level, text = difference(np.asarray(value), received[key])
        if level:
            found.append((level, f"{key!r} {text}"))
    return found


def _array(tensor: tf.Tensor) -> np.ndarray:
    dtype = object if tensor.dtype == tf.string else tensor.dtype.as_numpy_dtype
    return np.array(tensor.numpy(), dtype)


def _wrong(
    value: np.ndarray, shape: object
) -> Iterator[tuple[str, np.ndarray]]:
    if value.dtype == object:
        yield "bytes without a meaning", np.full_like(value, b"\x01\x02")
        yield "no bytes", np.full_like(value, b"")
    elif value.dtype.kind in "iu":
        largest = np.iinfo(value.dtype).max
        yield "a number too large", np.full_like(value, largest)
    elif value.ndim > 1 and shape.dim and shape.dim[-1].size > 0:
        yield "a row too wide", np.concatenate([value, value[..., :1]], -1)


def _bytes(value: np.ndarray) -> int:
    return sum(map(len, value.flat)) if value.dtype == object else value.nbytes
