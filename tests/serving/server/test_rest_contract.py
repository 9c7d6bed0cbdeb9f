"""TensorFlow Serving's REST interface, as raw HTTP sees it."""

import base64
import gzip
import io
import json
import socket
import time
from concurrent import futures

import numpy as np
import pytest
from PIL import Image

PREDICT = "/v1/models/gan:predict"


def pixel(found) -> int:
    """The one value of a hand-made image, which came as base64."""
    image = Image.open(io.BytesIO(base64.b64decode(found["b64"])))
    assert (image.format, image.size) == ("PNG", (8, 8))
    values = np.unique(np.asarray(image))
    assert len(values) == 1
    return values[0]


def png(value) -> dict:
    stream = io.BytesIO()
    Image.new("RGB", (5, 7), (value, 0, 0)).save(stream, "PNG")
    return {"b64": base64.b64encode(stream.getvalue()).decode()}


def many(**change):
    row = {"whole": [1, 2], "number": 1.5, "flag": True, "text": "é"}
    return {"signature_name": "many", "instances": [{**row, **change}]}


def test_rows(server):
    rows = [{"seed": 4, "label": 2}, {"seed": 7, "label": 0}]
    answer = server.predict({"instances": rows})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["predictions"]
    assert [pixel(x) for x in answer.json()["predictions"]] == [42, 70]


def test_columns_ignore_other_keys(server):
    columns = {"seed": [4, 7], "label": [2, 0], "other": "x"}
    answer = server.predict({"inputs": columns})
    assert list(answer.json()) == ["outputs"]
    assert [pixel(x) for x in answer.json()["outputs"]] == [42, 70]


def test_one_input_needs_no_name(server):
    body = {"signature_name": "prompt"}
    for key, value in (
        ("instances", ["red", "blue"]),
        ("instances", [{"prompt": "red"}, {"prompt": "blue"}]),
        ("inputs", ["red", "blue"]),
        ("inputs", {"prompt": ["red", "blue"]}),
        ("inputs", [{"b64": "cmVk"}, "blue"]),
    ):
        (found,) = server.predict({**body, key: value}).json().values()
        assert [pixel(x) for x in found] == [2, 0]


def test_floats_are_written_short_and_whole_ones_with_a_point(server):
    body = {"signature_name": "latents", "instances": [[0.1, 0.2, 0, -0.25]]}
    answer = server.predict(body)
    (image,) = answer.json()["predictions"]
    assert np.shape(image) == (8, 8, 1)
    np.testing.assert_allclose(image, 0.05, rtol=1e-6)
    body["instances"] = [[1, 1, 0, 0]]
    assert "2.0" in server.predict(body).text


def test_every_type_and_several_outputs(server):
    (row,) = server.predict(many()).json()["predictions"]
    assert row == {
        "whole": [2, 4],
        "number": 0.75,
        "flag": False,
        "text": "é",
        "text_bytes": {"b64": base64.b64encode("é".encode()).decode()},
    }


def test_only_outputs_named_bytes_are_written_in_base64(server):
    body = many(text={"b64": "/w=="})
    assert b'"text": "\xff"' in server.predict(body).content


def test_nan_and_infinity_go_in_and_out(server):
    for text in ("NaN", "Infinity", "-Infinity"):
        body = json.dumps(many()).replace("1.5", text).encode()
        assert f'"number": {text}' in server.predict(body).text


def test_image_bytes(server):
    body = {"signature_name": "a2b", "instances": [png(17), png(200)]}
    found = server.predict(body).json()["predictions"]
    assert [pixel(x) for x in found] == [17, 200]
    unpadded = {"b64": png(17)["b64"].rstrip("=")}
    body["instances"] = [unpadded, {"image_bytes": png(200)}][:1]
    assert pixel(server.predict(body).json()["predictions"][0]) == 17


def test_paths_ignore_case_and_name_versions(server):
    body = {"instances": [{"seed": 4, "label": 2}]}
    for path in ("/V1/Models/gan:Predict", "/v1/models/gan/versions/1:predict"):
        assert server.post(path, body).status_code == 200


def test_gzip_and_any_content_type(server):
    body = json.dumps({"instances": [{"seed": 4, "label": 2}]}).encode()
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    answer = server.predict(gzip.compress(body), headers=headers)
    assert pixel(answer.json()["predictions"][0]) == 42


def test_status_and_metadata(server):
    expected = {
        "model_version_status": [
            {
                "version": "1",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    for path in ("/v1/models/gan", "/v1/models/gan/versions/1"):
        assert server.get(path).json() == expected
    answer = server.get("/v1/models/gan/metadata").json()
    assert answer["model_spec"] == {
        "name": "gan",
        "signature_name": "",
        "version": "1",
    }
    found = answer["metadata"]["signature_def"]["signature_def"]
    seed = found["serving_default"]["inputs"]["seed"]
    assert seed["dtype"] == "DT_INT64"
    assert seed["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    assert found["serving_default"]["method_name"] == (
        "tensorflow/serving/predict"
    )


GOOD = {"seed": 1, "label": 1}
# Body, and what the 400 has to say.
BAD = {
    "empty": (b"", "JSON Parse error: The document is empty"),
    "no json": (b"{", "JSON Parse error: "),
    "deep": (b'{"instances":' + b"[" * 90000, "JSON Parse error: "),
    "no object": ([1], "JSON Value: [1] Is not object"),
    "nothing": ({}, "Missing 'inputs' or 'instances' key"),
    "both": ({"inputs": 1, "instances": [1]}, "only one of 'inputs' or"),
    "no list": ({"instances": 1}, "Excepting 'instances' to be an list/array"),
    "no rows": ({"instances": []}, "No values in 'instances' array"),
    "signature type": (
        {"signature_name": 1, "instances": [GOOD]},
        "'signature_name' key must be a string value.",
    ),
    "signature": (
        {"signature_name": "x", "instances": [GOOD]},
        'Serving signature name: "x" not found in signature def',
    ),
    "init": (
        {"signature_name": "__saved_model_init_op", "instances": [1]},
        "Failed to get input map for signature: __saved_model_init_op",
    ),
    "plain rows": ({"instances": [1]}, "instances is a plain list, but"),
    "plain columns": ({"inputs": [1]}, "inputs is a plain value/list, but"),
    "mixed rows": (
        {"instances": [GOOD, 1]},
        "Expecting object but got list at item 1 of input list",
    ),
    "extra key": (
        {"instances": [{**GOOD, "x": 1}]},
        "JSON object: does not have named input: x",
    ),
    "missing key": (
        {"instances": [{"seed": 1}]},
        "keys must be equal to: label,seed",
    ),
    "missing column": (
        {"inputs": {"seed": [1]}},
        "Missing named input: label in 'inputs' object.",
    ),
    "shapes": (
        {"signature_name": "latents", "instances": [[1, 2, 3, 4], [1, 2]]},
        "Expecting tensor size: 4 but got: 2",
    ),
    "ragged": (
        {"signature_name": "latents", "inputs": [[1, 2, 3, 4], [1, 2]]},
        "Encountered list at unexpected size: 2 at level: 1 expected size: 4",
    ),
    "too flat": (
        {"signature_name": "latents", "inputs": [[1, 2], 3]},
        "JSON Value: 3 found at incorrect level: 2 in the JSON DOM",
    ),
    "too deep": (
        {"signature_name": "latents", "inputs": [1, [2]]},
        "Encountered list at unexpected level: 1 expected < 1",
    ),
    "text for a number": (
        many(number="1"),
        'JSON Value: "1" Type: String is not of expected type: float',
    ),
    "float for an integer": (
        {"instances": [{"seed": 1.0, "label": 1}]},
        "JSON Value: 1.0 Type: Number is not of expected type: int64",
    ),
    "too big": (many(whole=[2**31, 0]), "is not of expected type: int32"),
    "truth for a number": (
        many(number=True),
        "JSON Value: true Type: True is not of expected type: float",
    ),
    "null": (many(flag=None), "JSON Value: null Type: Null is not of"),
    "lossy": (
        many(number=2**24),
        "Cannot convert JSON value: 16777216 to float without loss",
    ),
    "number for bytes": (many(text=1), "Type: Number is not of expected type"),
    "base64 object": (
        many(text={"b64": 1}),
        "not formatted correctly for base64 data",
    ),
    "base64": (many(text={"b64": "%"}), "Unable to base64 decode"),
    "label": (
        {"instances": [GOOD, {"seed": 1, "label": 99}]},
        "indices[1] = 99 is not in [0, 3)",
    ),
    "no image": (
        {"signature_name": "a2b", "instances": [{"b64": "AAAA"}]},
        "Unknown image file format. One of JPEG",
    ),
    "no bytes": (
        {"signature_name": "a2b", "instances": [{"b64": ""}]},
        "Input is empty",
    ),
    "width": ({"signature_name": "latents", "instances": [[1, 2, 3]]}, "shape"),
    "scalar": ({"inputs": {"seed": 1, "label": 0}}, "shape"),
    "batches": (
        {"signature_name": "ragged", "instances": [1]},
        "Tensor name: b has inconsistent batch size: 2 expecting: 1",
    ),
    "half out": (
        {"signature_name": "halves", "instances": [1]},
        "Failed to write JSON value for tensor type: half",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_400_and_says_why(server, name):
    body, said = BAD[name]
    answer = server.predict(body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    "path, code, said",
    [
        ("/v1/models/nope:predict", 404, "Latest(nope)"),
        ("/v1/models/gan/versions/7:predict", 404, "Specific(gan, 7)"),
        (
            "/v1/models/gan/labels/x:predict",
            400,
            "Unrecognized servable version label: x",
        ),
        (
            f"/v1/models/gan/versions/{2**63}:predict",
            400,
            f"Failed to convert version: {2**63} to numeric.",
        ),
        ("/v1/models/gan:classify", 501, "classify"),
        ("/v1/models/gan:regress", 501, "regress"),
        ("/v1/models/gan:x", 400, "Malformed request: POST"),
        ("/v1/models/gan", 400, "Malformed request: POST /v1/models/gan"),
        ("/elsewhere", 404, "/elsewhere"),
    ],
)
def test_where_predictions_are_not(server, path, code, said):
    answer = server.post(path, {"instances": [GOOD]})
    assert answer.status_code == code
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    "path, code, said",
    [
        ("nope", 404, "Could not find any versions of model nope"),
        ("gan/versions/7", 404, "Could not find version 7 of model gan"),
        ("nope/metadata", 404, "Servable not found for request: Latest(nope)"),
        ("gan/versions/7/metadata", 404, "Specific(gan, 7)"),
        ("gan/labels/x", 400, "Unrecognized servable version label: x"),
        ("gan/labels/x/metadata", 400, "Unrecognized servable version label"),
        ("gan:predict", 400, "Malformed request: GET /v1/models/gan:predict"),
    ],
)
def test_where_states_are_not(server, path, code, said):
    answer = server.get(f"/v1/models/{path}")
    assert answer.status_code == code
    assert said in answer.json()["error"]
    answer = server.get("/v1/models")
    assert answer.status_code == 400
    assert answer.json()["error"] == "Missing model name in request."


def test_types_without_json_are_not_implemented(server):
    body = {"signature_name": "half_in"}
    answer = server.predict({**body, "inputs": [1]})
    said = "Conversion of JSON Value: [1] to type: half"
    assert (answer.status_code, answer.json()["error"]) == (501, said)
    answer = server.predict({**body, "instances": [1]})
    said = "Failed to process element: 0 of 'instances' list. Error: " + (
        "UNIMPLEMENTED: Conversion of JSON Value: 1 to type: half"
    )
    assert (answer.status_code, answer.json()["error"]) == (400, said)


def test_a_slow_model_times_out_and_does_not_hold_the_others_up(server):
    slow = {"signature_name": "slow", "instances": [2**31 - 1]}
    with futures.ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        late = pool.submit(server.predict, slow)
        time.sleep(0.2)
        assert server.predict({"instances": [GOOD]}).status_code == 200
        assert time.monotonic() - began < 2.5
        assert late.result().status_code == 504
        assert 2.5 < time.monotonic() - began < 10


DEEP = [2, 63, 64, 65, 66, 200, 500, 990, 1000, 1022, 1023, 1024, 5000]


@pytest.mark.parametrize("signature, row", [("prompt", '"red"'), ("many", "1")])
@pytest.mark.parametrize("depth", DEEP)
def test_lists_in_lists_are_refused(server, signature, row, depth):
    """Wherever they are: 400, whatever NumPy and the writer of JSON hold."""
    deep = "[" * depth + row + "]" * depth
    for body in (
        f'{{"signature_name": "{signature}", "instances": {deep}}}',
        f'{{"signature_name": "{signature}", "instances": [1, {deep}]}}',
        f'{{"signature_name": "{signature}", "inputs": {deep}}}',
        f'{{"signature_name": {deep}, "inputs": 1}}',
        f'{{"signature_name": "{signature}", "inputs": {{"x": {deep}}}}}',
        '{"x":' * depth + "1" + "}" * depth,
        deep,
    ):
        answer = server.predict(body.encode())
        assert answer.status_code == 400, (body[:60], answer.text)
        assert list(answer.json()) == ["error"]


def test_half_a_request_is_not_waited_for(server):
    address = ("127.0.0.1", server.server.rest_port)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(
            f"POST {PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9"
            "\r\n\r\n{".encode()
        )
        began = time.monotonic()
        assert connection.recv(100).startswith(b"HTTP/1.1 504 ")
        assert 3 < time.monotonic() - began < 8


def test_size_limit(server):
    """The fixture's limit is 1 MiB; also after decompression."""
    long = json.dumps({"instances": [GOOD], "x": "y" * 2**20}).encode()
    assert server.predict(long).status_code == 413
    headers = {"Content-Encoding": "gzip"}
    packed = gzip.compress(b" " * 2**26)
    assert len(packed) < 2**17
    answer = server.predict(packed, headers=headers)
    assert answer.status_code == 413
    assert answer.json() == {
        "error": "The request is larger than 1048576 bytes"
    }
    for broken in (b"no gzip", gzip.compress(b"{}")[:-9]):
        answer = server.predict(broken, headers=headers)
        assert answer.status_code == 400


def test_it_listens_on_the_loopback_only(server):
    found = server.server._socket.getsockname()[0]
    assert found == "127.0.0.1"
    with socket.socket() as other:
        other.settimeout(2)
        # All of 127/8 is this machine, and nobody listens there.
        port = server.server.rest_port
        assert other.connect_ex(("127.0.0.2", port)) != 0
