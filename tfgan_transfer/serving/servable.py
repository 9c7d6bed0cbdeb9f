"""One loaded version of a model: signatures in, arrays out.

The session loader is the one that TensorFlow Serving uses; a SavedModel that
only `tf.saved_model.load` can run fails here as it fails there.
"""

import contextlib
import ctypes
import logging
import pathlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from tfgan_transfer.serving import records, status

DEFAULT_SIGNATURE = "serving_default"
# Seconds; a deadline beyond it, such as gRPC gives where there is none, is no
# deadline.
LONGEST = 1e6


Signatures = Mapping[str, meta_graph_pb2.SignatureDef]
Load = Callable[[pathlib.Path], tuple["Session", Signatures]]


class Session(Protocol):
    """What runs a graph: TensorFlow's session, or one like it."""

    def run(
        self,
        fetches: Mapping[str, str],
        feeds: Mapping[str, np.ndarray],
        options: object = None,
    ) -> dict[str, np.ndarray]:
        """Values of the named tensors, by the keys of `fetches`."""

    def close(self) -> None:
        """Frees the memory."""


def disable_xla() -> bool:
    """Refuses jit-compiled functions in this process, as the server does.

    Returns:
        Whether this TensorFlow has the switch, which is not part of its API.
    """
    folder = pathlib.Path(tf.__file__).parent
    try:
        library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
        library._ZN10tensorflow21DisableXlaCompilationEv()
    except (OSError, AttributeError):
        return False
    return True


class Servable:
    """A SavedModel in a session.

    Args:
        path: Directory of one version.
        model: Name of the model, for messages.
        load: Opens a session: directory -> session and signatures.

    Attributes:
        most_rows: Rows of a request, or None for any number.

    Raises:
        ServingError: If it cannot be loaded.
    """

    def __init__(
        self, path: pathlib.Path, model: str, load: Load | None = None
    ):
        self.path = path
        self.model = model
        self.most_rows: int | None = None
        with _translated():
            self.session, self.signatures = (load or python_session)(path)

    def close(self) -> None:
        """Frees the memory; nobody may be using it any more."""
        self.session.close()

    def predict(
        self,
        signature_name: str,
        inputs: Mapping[str, np.ndarray],
        outputs: Sequence[str] = (),
        timeout: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature_name: Its name; empty for `serving_default`.
            inputs: Name of each input -> values of exactly its dtype.
            outputs: Names of the wanted outputs; all when empty.
            timeout: Seconds, or None.

        Returns:
            Name of each output -> values.

        Raises:
            ServingError: With the code and text of the server.
        """
        name = signature_name or DEFAULT_SIGNATURE
        if name not in self.signatures:
            raise status.ServingError(
                status.FAILED_PRECONDITION,
                f'Serving signature key "{name}" not found.',
            )
        signature = self.signatures[name]
        with _translated():
            feeds = _feeds(signature, _complete(signature, inputs, self.model))
            self._limit(feeds)
            fetches = {
                key: signature.outputs[key].name
                for key in _wanted(signature, outputs)
            }
            options = None
            if timeout is not None and timeout < LONGEST:
                options = tf.compat.v1.RunOptions(
                    timeout_in_ms=max(1, int(timeout * 1000))
                )
            found = self.session.run(fetches, feeds, options=options)
        if any(value is None for value in found.values()):
            raise status.invalid(f'Signature "{name}" has no tensors to fetch.')
        return found

    def _limit(self, feeds: Mapping[str, np.ndarray]) -> None:
        """Refuses too many rows, as the server does that puts them together."""
        rows = max((len(x) for x in feeds.values() if np.ndim(x)), default=1)
        if self.most_rows is not None and rows > self.most_rows:
            raise status.invalid(
                f"Task size {rows} is larger than maximum input batch size "
                f"{self.most_rows}"
            )

    def warm_up(self) -> int:
        """Replays the recorded requests of the version.

        Returns:
            Their number; 0 where none are recorded.

        Raises:
            ServingError: Of the first one that fails.
        """
        path = self.path / records.WARM_UP
        if not path.exists():
            return 0
        count = 0
        with _translated():
            for record in records.read(path):
                self.predict(record.signature, record.inputs, record.wanted)
                count += 1
        return count


def python_session(path: pathlib.Path) -> tuple[Session, Signatures]:
    """Opens a SavedModel in TensorFlow's session, from Python."""
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph)
    try:
        # Its advice to use another loader is no use here.
        with graph.as_default(), only_errors(tf.get_logger()):
            loaded = tf.compat.v1.saved_model.loader.load(
                session, ["serve"], str(path)
            )
    except Exception:
        session.close()
        raise
    return session, dict(loaded.signature_def)


def _complete(
    signature: meta_graph_pb2.SignatureDef,
    inputs: Mapping[str, np.ndarray],
    model: str,
) -> dict[str, np.ndarray]:
    """The inputs with defaults for absent ones; their set must be right."""
    expected, received = set(signature.inputs), set(inputs)
    given = {**records.arrays(signature.defaults), **inputs}
    extra = ",".join(sorted(received - expected))
    missing = ",".join(sorted(expected - set(given)))
    if not extra and not missing:
        return given
    sets = f"Sent extra: {{{extra}}}. Missing but required: {{{missing}}}."
    if len(received) == len(expected):
        raise status.invalid(
            f"Request inputs do not match required inputs for model `{model}`. "
            + sets
        )
    raise status.invalid(
        "input size does not match signature: "
        f"{len(received)}!={len(expected)} len({{{','.join(sorted(received))}}}"
        f") != len({{{','.join(sorted(expected))}}}). {sets}"
    )


def _feeds(
    signature: meta_graph_pb2.SignatureDef,
    inputs: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Name of each graph tensor -> its value; dtypes must be the graph's."""
    feeds = {}
    for position, (key, value) in enumerate(sorted(inputs.items())):
        info = signature.inputs[key]
        expected = tf.dtypes.as_dtype(info.dtype)
        received = tf.dtypes.as_dtype(value.dtype)
        if received != expected:
            raise status.invalid(
                f"Expects arg[{position}] to be {expected.name} but "
                f"{received.name} is provided"
            )
        feeds[info.name] = value
    return feeds


def _wanted(
    signature: meta_graph_pb2.SignatureDef, outputs: Sequence[str]
) -> list[str]:
    """Output names to fetch: known ones, each at most once."""
    known = sorted(signature.outputs)
    for name in outputs:
        if name not in signature.outputs:
            raise status.invalid(
                f"output tensor alias not found in signature: {name} Outputs "
                f"expected to be in the set {{{','.join(known)}}}."
            )
    if len(set(outputs)) != len(outputs):
        repeated = next(n for n in outputs if list(outputs).count(n) > 1)
        raise status.invalid(f"duplicate output tensor alias: {repeated}")
    return list(outputs) or known


@contextlib.contextmanager
def only_errors(logger: logging.Logger) -> Iterator[None]:
    """Keeps back what a logger says that is no error."""
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turns what TensorFlow raises into what a client is told."""
    try:
        yield
    except status.ServingError:
        raise
    except tf.errors.OpError as error:
        # Python adds a heading and the stack that built the graph.
        text = str(error.message).removeprefix("Graph execution error:\n\n")
        text = text.split("\n\nOriginal stack trace")[0]
        text = re.sub(r"\{\{function_node [^}]*\}\} | \[Op:.*", "", text)
        raise status.ServingError(error.error_code, text.strip()) from error
    except (ValueError, TypeError, KeyError) as error:
        raise status.invalid(str(error)) from error
    except OSError as error:
        raise status.ServingError(status.NOT_FOUND, str(error)) from error
    except RuntimeError as error:
        raise status.ServingError(status.INTERNAL, str(error)) from error
