"""Requests with the answers of the model that is exported, for a check."""

import functools
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgan_transfer.serving import records, samples, status
from tfgan_transfer.serving.export.signatures import Signature

ROWS = 3


def record(signatures: Mapping[str, Signature], path: pathlib.Path) -> None:
    """Asks each signature for some rows, and writes requests and answers.

    Args:
        signatures: Name -> what the model answers to, with its own weights.
        path: The file.
    """
    made = []
    for name, signature in signatures.items():
        asked, answered = request(signature)
        made.append(records.Record(name, asked, (), answered))
    records.write(path, made)


def request(
    signature: Signature,
) -> tuple[samples.Row, dict[str, np.ndarray]]:
    """Some rows of inputs, and the signature's own answer to them.

    Returns:
        Name -> values [ROWS, ...] of the inputs, and of the outputs.
    """
    run = functools.partial(_run, signature)
    start = {key: np.asarray(value) for key, value in signature.example.items()}
    # Where the check will be; a GPU adds in another order.
    with tf.device("CPU:0"):
        rows = [start, *samples.vary(run, start, [], ROWS - 1)]
        asked = samples.joined(rows)
        return asked, run(asked)


def _run(signature: Signature, row: samples.Row) -> dict[str, np.ndarray]:
    inputs = [tf.constant(row[spec.name]) for spec in signature.inputs]
    try:
        answer = signature.function(*inputs)
    except tf.errors.OpError as error:
        raise status.ServingError(error.error_code, error.message) from error
    return {key: value.numpy() for key, value in answer.items()}
