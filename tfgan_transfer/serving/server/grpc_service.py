"""The gRPC side: Predict, GetModelMetadata and GetModelStatus."""

import contextlib
from collections.abc import Iterator
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfgan_transfer.serving import records, status
from tfgan_transfer.serving.servable import DEFAULT_SIGNATURE, Servable
from tfgan_transfer.serving.server import versions
from tfgan_transfer.serving.server.versions import Version, Versions

_CODES = {code.value[0]: code for code in grpc.StatusCode}
# Requests that wait for each that is answered; others are refused (code 8).
_WAITING = 32
# The server fills the typed fields, and clients read them.
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int8": "int_val",
    "int16": "int_val",
    "int32": "int_val",
    "uint8": "int_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "string": "string_val",
}


def server(
    served: Versions, *, workers: int, largest_request: int, connections: int
) -> grpc.Server:
    """Makes a gRPC server; the caller gives it a port and starts it.

    Args:
        served: The model.
        workers: Requests that are answered at the same time.
        largest_request: In bytes.
        connections: At the same time.
    """
    made = grpc.server(
        futures.ThreadPoolExecutor(workers, thread_name_prefix="grpc"),
        options=[
            ("grpc.max_receive_message_length", largest_request),
            ("grpc.max_send_message_length", -1),
            # Two servers on a port would share its requests.
            ("grpc.so_reuseport", 0),
            ("grpc.max_allowed_incoming_connections", connections),
            ("grpc.server_handshake_timeout_ms", 10_000),
            # Clients connect again by themselves.
            ("grpc.max_connection_idle_ms", 60_000),
        ],
        maximum_concurrent_rpcs=_WAITING * workers,
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(served), made
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        ModelService(served), made
    )
    return made


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers requests for predictions and for signatures."""

    def __init__(self, served: Versions):
        self.served = served

    def Predict(  # noqa: N802
        self,
        request: predict_pb2.PredictRequest,
        context: grpc.ServicerContext,
    ) -> predict_pb2.PredictResponse:
        """Runs a signature, until the client's deadline at the longest."""
        spec = request.model_spec
        with _abort(context), _lease(self.served, request) as version:
            found = version.servable.predict(
                spec.signature_name,
                records.arrays(request.inputs),
                request.output_filter,
                timeout=context.time_remaining(),
            )
            response = predict_pb2.PredictResponse()
            for name, value in found.items():
                fill(response.outputs[name], np.asarray(value))
            response.model_spec.CopyFrom(
                model_spec(
                    self.served.model,
                    version.number,
                    spec.signature_name or DEFAULT_SIGNATURE,
                )
            )
            return response

    def GetModelMetadata(  # noqa: N802
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Describes the signatures."""
        with _abort(context):
            if not request.metadata_field:
                raise status.invalid(
                    "GetModelMetadataRequest must specify at least one "
                    "metadata_field"
                )
            for field in request.metadata_field:
                if field != "signature_def":
                    raise status.invalid(
                        f"Metadata field {field} is not supported"
                    )
            with _lease(self.served, request) as version:
                return metadata(
                    self.served.model, version.number, version.servable
                )


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Answers questions for the state of the model."""

    def __init__(self, served: Versions):
        self.served = served

    def GetModelStatus(  # noqa: N802
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        context: grpc.ServicerContext,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Lists the versions and their states."""
        with _abort(context):
            number = _check(request)
            if request.model_spec.name != self.served.model:
                raise versions.no_versions(request.model_spec.name)
            if request.model_spec.version_label:
                raise status.invalid(
                    "Unrecognized servable version label: "
                    + request.model_spec.version_label
                )
            return states(self.served.states(number))


def states(
    known: list[Version],
) -> get_model_status_pb2.GetModelStatusResponse:
    """The message that lists versions and their states."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for version in known:
        row = response.model_version_status.add()
        row.version = version.number
        row.state = row.State.Value(version.state)
        row.status.SetInParent()
        if version.error:
            row.status.error_code = version.error.code
            row.status.error_message = version.error.message
    return response


def metadata(
    model: str, number: int, servable: Servable
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """The message that describes the signatures of a version."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in servable.signatures.items():
        signatures.signature_def[name].CopyFrom(signature)
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.CopyFrom(model_spec(model, number))
    response.metadata["signature_def"].Pack(signatures)
    return response


def model_spec(
    model: str, number: int, signature_name: str = ""
) -> model_pb2.ModelSpec:
    """Says which model, version and signature an answer is from."""
    made = model_pb2.ModelSpec(name=model, signature_name=signature_name)
    made.version.value = number
    return made


def fill(made: tensor_pb2.TensorProto, value: np.ndarray) -> None:
    """Writes a tensor into a message, in the fields that clients read."""
    dtype = tf.dtypes.as_dtype(value.dtype)
    field = _FIELDS.get(dtype.name)
    if field is None:
        made.CopyFrom(tf.make_tensor_proto(value))
        return
    made.dtype = dtype.as_datatype_enum
    # Present also where it is empty, of a scalar.
    made.tensor_shape.SetInParent()
    for size in value.shape:
        made.tensor_shape.dim.add(size=size)
    getattr(made, field).extend(value.ravel().tolist())


def _check(request: object) -> int | None:
    """The number of the version that a request names, if it names one."""
    if not request.HasField("model_spec"):
        raise status.invalid("Missing ModelSpec")
    spec = request.model_spec
    return spec.version.value if spec.HasField("version") else None


@contextlib.contextmanager
def _lease(served: Versions, request: object) -> Iterator[Version]:
    number = _check(request)
    spec = request.model_spec
    if not spec.name:
        raise status.invalid("ModelSpec has no name specified.")
    if spec.name != served.model:
        raise versions.not_found(spec.name, number)
    with served.lease(number, spec.version_label) as version:
        yield version


@contextlib.contextmanager
def _abort(context: grpc.ServicerContext) -> Iterator[None]:
    """Ends a call that fails with its code and text."""
    try:
        yield
    except status.ServingError as error:
        code = _CODES.get(error.code, grpc.StatusCode.UNKNOWN)
        context.abort(code, error.message)
