"""TensorFlow Serving's gRPC interface, driven by its own client stubs."""

import base64
import io
import resource

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

Code = grpc.StatusCode


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(
        f"127.0.0.1:{server.server.grpc_port}"
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def states(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


def request(signature="", version=None, outputs=(), name="gan", **inputs):
    made = predict_pb2.PredictRequest()
    made.model_spec.name = name
    made.model_spec.signature_name = signature
    if version:
        made.model_spec.version.value = version
    for key, value in inputs.items():
        made.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    made.output_filter.extend(outputs)
    return made


def int64(*values):
    return np.array(values, np.int64)


def failure(call, *arguments, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, timeout=options.get("timeout", 20))
    return caught.value.code(), caught.value.details()


def test_predict(stub):
    answer = stub.Predict(
        request(seed=int64(4, 7), label=int64(2, 0)), timeout=20
    )
    assert answer.model_spec.name == "gan"
    assert answer.model_spec.version.value == 1
    assert answer.model_spec.signature_name == "serving_default"
    found = tf.make_ndarray(answer.outputs["images_bytes"])
    pixels = [np.asarray(Image.open(io.BytesIO(x))) for x in found]
    assert [np.unique(x).tolist() for x in pixels] == [[42], [70]]


def test_both_protocols_give_the_same_bytes(server, stub):
    answer = stub.Predict(request(seed=int64(4), label=int64(2)), timeout=20)
    body = {"inputs": {"seed": [4], "label": [2]}}
    (found,) = server.predict(body).json()["outputs"]
    assert (
        base64.b64decode(found["b64"])
        == (answer.outputs["images_bytes"].string_val[0])
    )


def test_typed_fields_and_output_filter(stub):
    inputs = dict(
        whole=np.array([[1, 2]], np.int32),
        number=np.array([1.5], np.float32),
        flag=np.array([True]),
        text=np.array([b"\xff"]),
    )
    answer = stub.Predict(request("many", **inputs), timeout=20)
    assert sorted(answer.outputs) == [
        "flag",
        "number",
        "text",
        "text_bytes",
        "whole",
    ]
    assert answer.outputs["whole"].int_val[:] == [2, 4]
    assert answer.outputs["whole"].dtype == tf.int32.as_datatype_enum
    assert answer.outputs["number"].float_val[:] == [0.75]
    assert answer.outputs["flag"].bool_val[:] == [False]
    assert answer.outputs["text"].string_val[:] == [b"\xff"]
    answer = stub.Predict(request("many", outputs=["flag"], **inputs))
    assert list(answer.outputs) == ["flag"]


def test_types_that_json_lacks_pass(stub):
    one = np.array([1], np.float16)
    answer = stub.Predict(request("half_in", number=one), timeout=20)
    assert tf.make_ndarray(answer.outputs["half"]) == np.float16(1)


def test_large_answers_need_a_client_that_takes_them(server, stub):
    """20,000 images of 64 floats are 5.1 MB; a client takes 4 MiB."""
    latent = np.zeros((20000, 4), np.float32)
    made = request("latents", latent=latent)
    assert failure(stub.Predict, made)[0] == Code.RESOURCE_EXHAUSTED
    options = [("grpc.max_receive_message_length", -1)]
    address = f"127.0.0.1:{server.server.grpc_port}"
    with grpc.insecure_channel(address, options) as wide:
        wide = prediction_service_pb2_grpc.PredictionServiceStub(wide)
        answer = wide.Predict(made, timeout=20)
    assert len(answer.outputs["images"].float_val) == 20000 * 64


def test_request_size_limit(stub):
    made = request("prompt", prompt=np.array([b"x" * 2**20]))
    assert failure(stub.Predict, made)[0] == Code.RESOURCE_EXHAUSTED


OK = dict(seed=int64(1), label=int64(1))


@pytest.mark.parametrize(
    "made, code, said",
    [
        (
            request("x", **OK),
            Code.FAILED_PRECONDITION,
            'Serving signature key "x" not found.',
        ),
        (
            request(name="nope", **OK),
            Code.NOT_FOUND,
            "Servable not found for request: Latest(nope)",
        ),
        (request(version=7, **OK), Code.NOT_FOUND, "Specific(gan, 7)"),
        (predict_pb2.PredictRequest(), Code.INVALID_ARGUMENT, "Missing"),
        (request(name="", **OK), Code.INVALID_ARGUMENT, "no name specified"),
        (
            request(seed=int64(1)),
            Code.INVALID_ARGUMENT,
            "input size does not match signature: 1!=2 len({seed}) != "
            "len({label,seed}). Sent extra: {}. Missing but required: {label}.",
        ),
        (
            request(seed=int64(1), other=int64(1)),
            Code.INVALID_ARGUMENT,
            "Sent extra: {other}. Missing but required: {label}.",
        ),
        (
            request(seed=np.array([1], np.float32), label=int64(1)),
            Code.INVALID_ARGUMENT,
            "Expects arg[1] to be int64 but float32 is provided",
        ),
        (
            request(outputs=["x"], **OK),
            Code.INVALID_ARGUMENT,
            "output tensor alias not found in signature: x",
        ),
        (
            request(outputs=["images_bytes"] * 2, **OK),
            Code.INVALID_ARGUMENT,
            "duplicate output tensor alias: images_bytes",
        ),
        (
            request(seed=int64(1), label=int64(99)),
            Code.INVALID_ARGUMENT,
            "indices[0] = 99 is not in [0, 3)",
        ),
        (
            request("__saved_model_init_op"),
            Code.INVALID_ARGUMENT,
            "",
        ),
    ],
    ids=lambda value: getattr(value, "name", None) or "",
)
def test_errors_of_predict(stub, made, code, said):
    found, details = failure(stub.Predict, made)
    assert found == code
    assert said in details


def test_a_tensor_larger_than_its_message_is_refused(stub):
    """One value may stand for all; 2**40 of them would fill the memory."""
    for sizes, values in (
        ([2**20, 2**20], {"int64_val": [1]}),
        ([-1], {"int64_val": [1]}),
        ([3], {"tensor_content": b"12345678" * 2}),
    ):
        made = request(label=int64(1))
        seed = tensor_pb2.TensorProto(dtype=tf.int64.as_datatype_enum, **values)
        made.inputs["seed"].CopyFrom(seed)
        for size in sizes:
            made.inputs["seed"].tensor_shape.dim.add().size = size
        code, details = failure(stub.Predict, made)
        assert code == Code.INVALID_ARGUMENT
        assert details == "tensor parsing error: seed"


def test_label_is_unknown(stub):
    made = request(**OK)
    made.model_spec.version_label = "stable"
    assert failure(stub.Predict, made) == (
        Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: stable",
    )


def test_deadline(stub):
    made = request("slow", rounds=np.array([2**31 - 1], np.int32))
    assert failure(stub.Predict, made, timeout=0.5)[0] == Code.DEADLINE_EXCEEDED
    assert stub.Predict(request(**OK), timeout=20)


def test_metadata(stub):
    made = get_model_metadata_pb2.GetModelMetadataRequest()
    made.model_spec.name = "gan"
    assert failure(stub.GetModelMetadata, made) == (
        Code.INVALID_ARGUMENT,
        "GetModelMetadataRequest must specify at least one metadata_field",
    )
    made.metadata_field.append("signature_def")
    answer = stub.GetModelMetadata(made, timeout=20)
    assert answer.model_spec.version.value == 1
    found = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(found)
    latent = found.signature_def["latents"].inputs["latent"]
    assert [dim.size for dim in latent.tensor_shape.dim] == [-1, 4]
    made.metadata_field[0] = "x"
    assert failure(stub.GetModelMetadata, made) == (
        Code.INVALID_ARGUMENT,
        "Metadata field x is not supported",
    )


def test_states(states):
    made = get_model_status_pb2.GetModelStatusRequest()
    assert failure(states.GetModelStatus, made)[0] == Code.INVALID_ARGUMENT
    made.model_spec.name = "gan"
    (row,) = states.GetModelStatus(made, timeout=20).model_version_status
    assert (row.version, row.state) == (1, row.AVAILABLE)
    assert row.status.error_code == 0
    made.model_spec.version.value = 7
    assert failure(states.GetModelStatus, made) == (
        Code.NOT_FOUND,
        "Could not find version 7 of model gan",
    )
    made.model_spec.name = "nope"
    assert failure(states.GetModelStatus, made) == (
        Code.NOT_FOUND,
        "Could not find any versions of model nope",
    )


def test_what_it_is_not_is_unimplemented(stub, states):
    classify = classification_pb2.ClassificationRequest()
    assert failure(stub.Classify, classify)[0] == Code.UNIMPLEMENTED
    reload = model_management_pb2.ReloadConfigRequest()
    assert failure(states.HandleReloadConfigRequest, reload)[0] == (
        Code.UNIMPLEMENTED
    )


@pytest.mark.parametrize(
    "dtype, field, value",
    [
        (tf.float16, "half_val", 65536),
        (tf.float16, "half_val", -1),
        (tf.bfloat16, "half_val", 2**20),
        (tf.uint8, "int_val", 256),
        (tf.int8, "int_val", -129),
        (tf.uint16, "int_val", -1),
    ],
)
def test_numbers_that_a_type_does_not_hold_are_refused(
    stub, dtype, field, value
):
    made = request("half_in")
    number = made.inputs["number"]
    number.dtype = dtype.as_datatype_enum
    number.tensor_shape.dim.add(size=1)
    getattr(number, field).append(value)
    code, said = failure(stub.Predict, made)
    assert (code, said) == (
        Code.INVALID_ARGUMENT,
        "tensor parsing error: number",
    )


def test_one_value_does_not_fill_the_memory(stub):
    """A tensor of 2^25 equal numbers takes 20 bytes; a hundred are refused."""
    made = request("latents")
    for i in range(100):
        number = made.inputs[f"number{i}"]
        number.dtype = tf.float64.as_datatype_enum
        number.tensor_shape.dim.add(size=2**25)
        number.double_val.append(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, said = failure(stub.Predict, made)
    assert code == Code.INVALID_ARGUMENT
    assert said.startswith("tensor parsing error: number")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 2**20  # KiB: two such tensors and not a hundred.
