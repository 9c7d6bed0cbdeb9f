"""TensorFlow's C++ SavedModel loader and session, called without Python's.

TensorFlow Serving loads a model with these very functions. The library that
holds them is part of the Python package, and `ctypes` reaches what it exports.
"""

import contextlib
import ctypes
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

_STRING = tf.string.as_datatype_enum
_STRING_BYTES = 24  # Of a TF_TString, whose text is elsewhere when long.
_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
_TEXT, _LONGS = ctypes.c_char_p, ctypes.POINTER(ctypes.c_int64)


class _Output(ctypes.Structure):
    """TF_Output: an operation, and which of its outputs."""

    _fields_ = [("operation", _POINTER), ("index", _INT)]


class _Buffer(ctypes.Structure):
    """TF_Buffer: bytes that TensorFlow owns."""

    _fields_ = [("data", _POINTER), ("length", _SIZE), ("free", _POINTER)]


# Name -> type of the result, types of the arguments.
_FUNCTIONS = {
    "TF_NewStatus": (_POINTER,),
    "TF_DeleteStatus": (None, _POINTER),
    "TF_GetCode": (_INT, _POINTER),
    "TF_Message": (_TEXT, _POINTER),
    "TF_NewBuffer": (ctypes.POINTER(_Buffer),),
    "TF_DeleteBuffer": (None, ctypes.POINTER(_Buffer)),
    "TF_NewGraph": (_POINTER,),
    "TF_DeleteGraph": (None, _POINTER),
    "TF_GraphOperationByName": (_POINTER, _POINTER, _TEXT),
    "TF_NewSessionOptions": (_POINTER,),
    "TF_DeleteSessionOptions": (None, _POINTER),
    "TF_LoadSessionFromSavedModel": (
        _POINTER, _POINTER, _POINTER, _TEXT, ctypes.POINTER(_TEXT), _INT,
        _POINTER, ctypes.POINTER(_Buffer), _POINTER,
    ),
    "TF_SessionRun": (
        None, _POINTER, _POINTER, ctypes.POINTER(_Output),
        ctypes.POINTER(_POINTER), _INT, ctypes.POINTER(_Output),
        ctypes.POINTER(_POINTER), _INT, _POINTER, _INT, _POINTER, _POINTER,
    ),
    "TF_CloseSession": (None, _POINTER, _POINTER),
    "TF_DeleteSession": (None, _POINTER, _POINTER),
    "TF_AllocateTensor": (_POINTER, _INT, _LONGS, _INT, _SIZE),
    "TF_DeleteTensor": (None, _POINTER),
    "TF_TensorData": (_POINTER, _POINTER),
    "TF_TensorByteSize": (_SIZE, _POINTER),
    "TF_TensorType": (_INT, _POINTER),
    "TF_NumDims": (_INT, _POINTER),
    "TF_Dim": (ctypes.c_int64, _POINTER, _INT),
    "TF_StringInit": (None, _POINTER),
    "TF_StringCopy": (None, _POINTER, _TEXT, _SIZE),
    "TF_StringDealloc": (None, _POINTER),
    "TF_StringGetDataPointer": (_POINTER, _POINTER),
    "TF_StringGetSize": (_SIZE, _POINTER),
}  # fmt: skip


def library() -> ctypes.CDLL:
    """Opens the library, with the types of its functions.

    TensorFlow has to be imported before, as it is above: the other order ends
    the process.

    Raises:
        OSError: If this TensorFlow comes without the library.
        AttributeError: If the library lacks a function.
    """
    folder = pathlib.Path(tf.__file__).parent
    opened = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"))
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(opened, name)
        function.restype, function.argtypes = result, arguments
    return opened


class CSession:
    """A SavedModel in a C++ session.

    Args:
        path: Its directory.

    Attributes:
        signatures: Name -> SignatureDef.

    Raises:
        tf.errors.OpError: If it cannot be loaded.
    """

    def __init__(self, path: pathlib.Path):
        self._library = library()
        self._graph = self._library.TF_NewGraph()
        described = self._library.TF_NewBuffer()
        options = self._library.TF_NewSessionOptions()
        tags = (_TEXT * 1)(b"serve")
        with self._status() as status:
            self._session = self._library.TF_LoadSessionFromSavedModel(
                options, None, str(path).encode(), tags, 1, self._graph,
                described, status,
            )  # fmt: skip
        found = described.contents
        graph = meta_graph_pb2.MetaGraphDef.FromString(
            ctypes.string_at(found.data, found.length)
        )
        self.signatures = dict(graph.signature_def)
        self._library.TF_DeleteSessionOptions(options)
        self._library.TF_DeleteBuffer(described)

    def run(
        self,
        fetches: Mapping[str, str],
        feeds: Mapping[str, np.ndarray],
        options: object = None,
    ) -> dict[str, np.ndarray]:
        """Runs the graph.

        Args:
            fetches: Key -> name of a tensor, such as `Relu:0`.
            feeds: Name of a tensor -> its values.
            options: Not supported; there to be called like other sessions.

        Returns:
            Key -> values.

        Raises:
            tf.errors.OpError: If an operation fails.
        """
        del options
        c = self._library
        given = [self._tensor(np.asarray(value)) for value in feeds.values()]
        values = (_POINTER * len(given))(*given)
        answers = (_POINTER * len(fetches))()
        try:
            with self._status() as status:
                c.TF_SessionRun(
                    self._session, None, self._outputs(list(feeds)), values,
                    len(given), self._outputs(list(fetches.values())), answers,
                    len(fetches), None, 0, None, status,
                )  # fmt: skip
            return {
                key: self._array(answer)
                for key, answer in zip(fetches, answers, strict=True)
            }
        finally:
            # An answer may be a request's own memory: that goes last.
            for answer in filter(None, answers):
                c.TF_DeleteTensor(answer)
            for tensor in given:
                self._free(tensor)

    def close(self) -> None:
        """Frees the memory."""
        with self._status() as status:
            self._library.TF_CloseSession(self._session, status)
            self._library.TF_DeleteSession(self._session, status)
        self._library.TF_DeleteGraph(self._graph)

    @contextlib.contextmanager
    def _status(self) -> Iterator[int]:
        """Lends a status, and raises what was written into it."""
        status = self._library.TF_NewStatus()
        try:
            yield status
            code = self._library.TF_GetCode(status)
            text = self._library.TF_Message(status).decode(errors="replace")
        finally:
            self._library.TF_DeleteStatus(status)
        if code:
            raise tf.errors.OpError(None, None, text, code)

    def _outputs(self, names: Sequence[str]) -> ctypes.Array:
        made = (_Output * len(names))()
        for place, name in zip(made, names, strict=True):
            operation, _, index = name.partition(":")
            place.index = int(index or 0)
            place.operation = self._library.TF_GraphOperationByName(
                self._graph, operation.encode()
            )
            if not place.operation:
                raise ValueError(f"no tensor {name!r} in the graph")
        return made

    def _tensor(self, value: np.ndarray) -> int:
        c = self._library
        dtype = tf.dtypes.as_dtype(value.dtype)
        text = dtype == tf.string
        size = _STRING_BYTES * value.size if text else value.nbytes
        made = c.TF_AllocateTensor(
            dtype.as_datatype_enum,
            (ctypes.c_int64 * value.ndim)(*value.shape),
            value.ndim,
            size,
        )
        data = c.TF_TensorData(made)
        if not text:
            ctypes.memmove(data, np.ascontiguousarray(value).ctypes.data, size)
            return made
        for place, item in zip(_strings(data, value.size), value.flat):  # noqa: B905
            item = item.encode() if isinstance(item, str) else bytes(item)
            c.TF_StringInit(place)
            c.TF_StringCopy(place, item, len(item))
        return made

    def _array(self, tensor: int) -> np.ndarray:
        c = self._library
        shape = [c.TF_Dim(tensor, i) for i in range(c.TF_NumDims(tensor))]
        dtype = tf.dtypes.as_dtype(c.TF_TensorType(tensor))
        data = c.TF_TensorData(tensor)
        if dtype == tf.string:
            made = np.empty(shape, object)
            made.flat = [
                ctypes.string_at(
                    c.TF_StringGetDataPointer(place), c.TF_StringGetSize(place)
                )
                for place in _strings(data, made.size)
            ]
            return made
        made = np.empty(shape, dtype.as_numpy_dtype)
        if made.nbytes:
            ctypes.memmove(made.ctypes.data, data, c.TF_TensorByteSize(tensor))
        return made

    def _free(self, tensor: int) -> None:
        """Deletes a tensor of ours, with the texts it points at."""
        c = self._library
        if c.TF_TensorType(tensor) == _STRING:
            count = c.TF_TensorByteSize(tensor) // _STRING_BYTES
            for place in _strings(c.TF_TensorData(tensor), count):
                c.TF_StringDealloc(place)
        c.TF_DeleteTensor(tensor)


def _strings(data: int | None, count: int) -> list[int]:
    """Addresses of the strings of a tensor."""
    return [data + _STRING_BYTES * i for i in range(count)]


def load(
    path: pathlib.Path,
) -> tuple[CSession, Mapping[str, meta_graph_pb2.SignatureDef]]:
    """Opens a SavedModel: the session, and its signatures."""
    session = CSession(path)
    return session, session.signatures
