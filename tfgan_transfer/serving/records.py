"""Recorded requests: the warm-up file of a version, read and written.

The server keeps them as `PredictionLog` messages in a TFRecord file. What
matters of that message is described here, so that a version can be written,
and judged, where the server's own Python package is not installed.
"""

import math
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message,
    message_factory,
    text_format,
)
from tensorflow.core.framework import tensor_pb2

from tfgan_transfer.serving import status

WARM_UP = "assets.extra/tf_serving_warmup_requests"
MOST_WARM_UP_RECORDS = 1000
# Of all inputs; more than fit into a request of the size that is accepted.
MOST_ELEMENTS = 2**26

# Numbers of fields as in tensorflow_serving/apis. On the wire a message is
# bytes, and a map is a list of pairs.
_MESSAGES = """
name: "recorded.proto" syntax: "proto3" package: "recorded"
message_type { name: "Pair"
  field { name: "key" number: 1 type: TYPE_STRING }
  field { name: "value" number: 2 type: TYPE_BYTES } }
message_type { name: "Model"
  field { name: "signature_name" number: 3 type: TYPE_STRING } }
message_type { name: "Request"
  field { name: "model_spec" number: 1 type_name: "Model" }
  field { name: "inputs" number: 2 type_name: "Pair" label: LABEL_REPEATED }
  field { name: "output_filter" number: 3 type: TYPE_STRING
          label: LABEL_REPEATED } }
message_type { name: "Response"
  field { name: "outputs" number: 1 type_name: "Pair" label: LABEL_REPEATED } }
message_type { name: "Predict"
  field { name: "request" number: 1 type_name: "Request" }
  field { name: "response" number: 2 type_name: "Response" } }
message_type { name: "Log"
  oneof_decl { name: "log_type" }
  field { name: "classify_log" number: 2 type: TYPE_BYTES oneof_index: 0 }
  field { name: "regress_log" number: 3 type: TYPE_BYTES oneof_index: 0 }
  field { name: "multi_inference_log" number: 4 type: TYPE_BYTES
          oneof_index: 0 }
  field { name: "session_run_log" number: 5 type: TYPE_BYTES oneof_index: 0 }
  field { name: "predict_log" number: 6 type_name: "Predict" oneof_index: 0 }
  field { name: "predict_streamed_log" number: 7 type: TYPE_BYTES
          oneof_index: 0 } }
"""


def _log_class() -> type:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_MESSAGES, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("recorded.Log")
    )


_Log = _log_class()


class Record(NamedTuple):
    """A request, and its answer where that was recorded as well.

    Attributes:
        signature: Its name; empty for `serving_default`.
        inputs: Name -> values.
        wanted: Names of the outputs to be answered; () for all.
        outputs: Name -> values; empty where no answer was recorded.
    """

    signature: str
    inputs: Mapping[str, np.ndarray]
    wanted: tuple[str, ...] = ()
    outputs: Mapping[str, np.ndarray] = {}


def write(path: pathlib.Path, records: Iterable[Record]) -> None:
    """Writes records in the order given."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            log = _Log()
            request = log.predict_log.request
            request.model_spec.signature_name = record.signature
            request.output_filter.extend(record.wanted)
            response = log.predict_log.response
            for pairs, values in (
                (request.inputs, record.inputs),
                (response.outputs, record.outputs),
            ):
                for key, value in values.items():
                    proto = tf.make_tensor_proto(value)
                    pairs.add(key=key, value=proto.SerializeToString())
            writer.write(log.SerializeToString())


def read(path: pathlib.Path) -> Iterator[Record]:
    """Yields the records of a file, which the server would replay.

    Raises:
        ServingError: At one that the server would refuse.
    """
    dataset = tf.data.TFRecordDataset(str(path))
    for number, serialized in enumerate(dataset.as_numpy_iterator()):
        if number >= MOST_WARM_UP_RECORDS:
            raise status.invalid(
                "Number of warmup records exceeds the maximum ("
                f"{MOST_WARM_UP_RECORDS}) at {path}"
            )
        try:
            yield _record(_Log.FromString(serialized))
        except message.DecodeError as error:
            raise status.invalid(
                f"Failed to parse warmup record: {number}"
            ) from error


def _record(log: message.Message) -> Record:
    kind = log.WhichOneof("log_type")
    if kind != "predict_log":
        raise status.ServingError(
            status.UNIMPLEMENTED,
            f"Unsupported log_type for warmup: {kind}",
        )
    request = log.predict_log.request
    return Record(
        request.model_spec.signature_name,
        arrays(_tensors(request.inputs)),
        tuple(request.output_filter),
        arrays(_tensors(log.predict_log.response.outputs)),
    )


def arrays(tensors: Mapping[str, tensor_pb2.TensorProto]) -> dict:
    """Values of tensors that came over the wire.

    Raises:
        ServingError: If one of them does not fit its own shape or type, or
            all of them are too large.
    """
    made, left = {}, MOST_ELEMENTS
    for name, proto in tensors.items():
        try:
            # One value may stand for a tensor of any size.
            sizes = [dim.size for dim in proto.tensor_shape.dim]
            if min(sizes, default=0) < 0 or math.prod(sizes) > left:
                raise ValueError("impossible shape")
            left -= math.prod(sizes)
            made[name] = tf.make_ndarray(proto)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise status.invalid(f"tensor parsing error: {name}") from error
    return made


def _tensors(pairs: Iterable) -> dict[str, tensor_pb2.TensorProto]:
    return {
        pair.key: tensor_pb2.TensorProto.FromString(pair.value)
        for pair in pairs
    }
