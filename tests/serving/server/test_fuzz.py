"""A thousand malformed requests: refused, never fatal."""

import gzip
import json
import random
import socket
import struct

import grpc
import pytest
from tensorflow_serving.apis import predict_pb2

from tests.support.hand_made import NAME
from tests.support.malformed import GOOD, corrupted, mutated


def alive(server) -> None:
    answer = server.predict(GOOD)
    assert answer.status_code == 200 and "b64" in answer.text


def test_600_mutated_bodies(server):
    """A changed body may still be a good one; it is never a 5xx."""
    codes = set()
    for seed in range(600):
        draw = random.Random(seed)
        body = (mutated if seed % 2 else corrupted)(draw)
        answer = server.predict(body)
        assert answer.status_code in (200, 400), (seed, body, answer.text)
        if answer.status_code == 400:
            assert list(answer.json()) == ["error"] and answer.json()["error"]
        codes.add(answer.status_code)
    assert codes == {200, 400}
    alive(server)


PATHS = [
    "/v1",
    "/models",
    f"/{NAME}",
    "/versions/1",
    "/labels/x",
    ":predict",
    "/metadata",
    ":classify",
    "/",
    "%00",
]


def test_150_paths(server):
    for seed in range(150):
        draw = random.Random(seed)
        parts = draw.choices(
            [*PATHS, "/metadata", ":classify", "/", "%00"], k=4
        )
        path = "".join(["/v1/models", *parts][draw.randint(0, 1) :])
        path = "/" + path.lstrip("/:")
        method = draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
        answer = server.session.request(
            method, server.server.url + path, data=json.dumps(GOOD), timeout=20
        )
        # 501 is the contract's answer to classify.
        assert answer.status_code in (200, 400, 404, 405, 501), (method, path)
    alive(server)


def test_100_broken_connections(server):
    """Bytes that are no HTTP, and clients that leave before they have asked."""
    address = ("127.0.0.1", server.server.rest_port)
    head = (
        f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 50\r\n\r\n"
    ).encode()
    for seed in range(100):
        draw = random.Random(seed)
        sent = draw.choice(
            [
                draw.randbytes(60) + b"\r\n\r\n",
                head + b'{"instances',
                head[: draw.randrange(1, len(head))],
                head.replace(b"50", b"-5") + b"x",
                head.replace(b"50", b"1" * 30) + b"x",
                head.replace(
                    b"Content-Length: 50", b"Transfer-Encoding: chunked"
                )
                + b"zz\r\n",
                head.replace(b"Content-Length: 50", b"X: " + b"y" * 70000),
            ]
        )
        with socket.create_connection(address, timeout=5) as connection:
            try:
                connection.sendall(sent)
            except (BrokenPipeError, ConnectionResetError):
                continue
            if draw.random() < 0.5:
                # Reset instead of a polite goodbye.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
    alive(server)


def test_50_broken_archives(server):
    whole = gzip.compress(json.dumps(GOOD).encode(), mtime=0)
    headers = {"Content-Encoding": "gzip"}
    for seed in range(50):
        draw = random.Random(seed)
        body = bytearray(whole)
        at = draw.randrange(len(body))
        body[at : at + draw.randint(1, 9)] = draw.randbytes(draw.randint(0, 9))
        answer = server.predict(bytes(body), headers=headers)
        assert answer.status_code in (200, 400), (seed, answer.text)
    alive(server)


@pytest.mark.parametrize("seed", range(4))
def test_25_broken_messages_each(server, seed):
    """Messages with bytes changed, sent past the stub that would object."""
    good = predict_pb2.PredictRequest()
    good.model_spec.name = NAME
    for name, value in (("seed", 4), ("label", 2)):
        good.inputs[name].dtype = 9
        good.inputs[name].tensor_shape.dim.add().size = 1
        good.inputs[name].int64_val.append(value)
    whole = good.SerializeToString()
    refused = 0
    address = f"127.0.0.1:{server.server.grpc_port}"
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict"
        )
        for turn in range(25):
            draw = random.Random(25 * seed + turn)
            body = bytearray(whole)
            for _ in range(draw.randint(1, 4)):
                body[draw.randrange(len(body))] = draw.randrange(256)
            try:
                call(bytes(body), timeout=20)
            except grpc.RpcError as error:
                refused += 1
                # A message that cannot be read never reaches our code: gRPC
                # itself calls that internal. Everything else has its reason.
                unreadable = "deserializing request" in error.details()
                allowed = {
                    grpc.StatusCode.INVALID_ARGUMENT,
                    grpc.StatusCode.NOT_FOUND,
                    grpc.StatusCode.FAILED_PRECONDITION,
                }
                assert unreadable or error.code() in allowed, error
        assert refused > 5
        assert call(whole, timeout=20)
