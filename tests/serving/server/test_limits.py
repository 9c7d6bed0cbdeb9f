"""What clients may take: rows, time, connections, and the log."""

import json
import logging
import os
import signal
import socket
import threading
import time

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.support.hand_made import NAME, Client, publish
from tfgan_transfer.serving.server import rows
from tfgan_transfer.serving.server.complaints import Complaints
from tfgan_transfer.serving.server.connections import Limits
from tfgan_transfer.serving.server.dev_server import DevServer

GOOD = {"instances": [{"seed": 1, "label": 2}]}
# Of 0.1 ms each on one core: hours.
FOREVER = {"signature_name": "slow", "instances": [2**31 - 1]}


@pytest.fixture
def start(tmp_path, tmp_path_factory):
    """Starts servers of the hand-made model, and what they have said."""
    base = tmp_path / NAME
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    started = []

    def one(**options):
        said = []
        ports = {"rest_port": 0, "grpc_port": 0}
        made = DevServer(base, **ports, say=said.append, **options)
        made.start()
        started.append(made)
        return Client(made), said

    yield one
    for made in started:
        made.stop()


def opened(client, sent=b""):
    address = ("127.0.0.1", client.server.rest_port)
    connection = socket.create_connection(address, timeout=15)
    connection.sendall(sent)
    return connection


def ended(connection) -> float:
    """Seconds until the server hangs up."""
    began = time.monotonic()
    try:
        while connection.recv(2**16):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_a_request_may_have_so_many_rows(start):
    client, said = start(most_rows=3)
    row = GOOD["instances"]
    assert client.predict({"instances": row * 3}).status_code == 200
    for body in (
        {"instances": row * 4},
        {"inputs": {"seed": [1], "label": [2] * 4}},
    ):
        answer = client.predict(body)
        assert (answer.status_code, answer.json()["error"]) == (
            400,
            "Task size 4 is larger than maximum input batch size 3",
        )
    request = predict_pb2.PredictRequest()
    request.model_spec.name = NAME
    for name in ("seed", "label"):
        tensor = tf.make_tensor_proto(np.zeros(4, np.int64))
        request.inputs[name].CopyFrom(tensor)
    port = client.server.grpc_port
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(request, timeout=20)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert said[0].endswith("; a request may have up to 3 rows")


@pytest.mark.parametrize(
    "side, weights, expected",
    [(32, 10**6, 4096), (64, 8 * 10**6, 536), (256, 23 * 10**6, 11)],
)
def test_rows_by_the_size_of_the_model(tmp_path, side, weights, expected):
    """By 2^22 pixels, and 2^44 products of weights and pixels."""
    (tmp_path / "variables").mkdir()
    file = tmp_path / "variables" / "variables.data-00000-of-00001"
    file.touch()
    os.truncate(file, 4 * weights)
    card = {"image_shape": [side, side, 3]}
    (tmp_path / "model.json").write_text(json.dumps(card))

    class Servable:
        path = tmp_path
        signatures = {}

    assert rows.sensible(Servable) == expected


def test_the_model_stops_with_its_504(start):
    client, _ = start(timeout=1)
    began = time.monotonic()
    answer = client.predict(FOREVER)
    assert (answer.status_code, time.monotonic() - began < 2.5) == (504, True)
    until = time.monotonic() + 2
    while client.server.versions.busy() and time.monotonic() < until:
        time.sleep(0.02)
    assert client.server.versions.busy() == 0


def test_a_request_that_waited_has_only_what_is_left(start):
    """All threads are busy until the timeout; nothing runs after it."""
    client, _ = start(timeout=1.5)
    count = 4 * (os.cpu_count() or 1)
    codes = []

    def ask():
        url = f"{client.server.url}/v1/models/{NAME}:predict"
        answer = requests.post(url, json=FOREVER, timeout=20)
        codes.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(2 * count)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while client.server.versions.busy():
        assert time.monotonic() - began < 8
        time.sleep(0.02)
    assert set(codes) == {504} and len(codes) == 2 * count
    assert client.predict(GOOD).status_code == 200


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_stopping_is_bounded(start, protocol):
    client, _ = start(shutdown=2, timeout=60)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = NAME
    request.model_spec.signature_name = "slow"
    rounds = tf.make_tensor_proto(np.array([2**31 - 1], np.int32))
    request.inputs["rounds"].CopyFrom(rounds)

    def ask():
        try:
            if protocol == "rest":
                url = f"{client.server.url}/v1/models/{NAME}:predict"
                requests.post(url, json=FOREVER, timeout=30)
            else:
                port = client.server.grpc_port
                with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                    prediction_service_pb2_grpc.PredictionServiceStub(
                        channel
                    ).Predict(request)
        except (requests.RequestException, grpc.RpcError):
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    while not client.server.versions.busy():
        time.sleep(0.01)
    began = time.monotonic()
    assert client.server.stop()
    assert time.monotonic() - began < 2.5
    assert client.server.versions.busy() == 0


@pytest.mark.parametrize(
    "half", [b"", b"GET / HT", b"\r\n", b"GET / HTTP/1.1\r\nHost: l"]
)
def test_a_head_has_its_time(start, half):
    client, said = start(limits=Limits(99, head_seconds=0.5))
    with opened(client, half) as connection:
        assert 0.2 < ended(connection) < 3
    # After an answer as before it, and however slowly it drips.
    good = b"GET /v1/models/gan HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with opened(client, good) as connection:
        assert connection.recv(2**16).startswith(b"HTTP/1.1 200 ")
        began = time.monotonic()
        try:
            for byte in b"GET / HTTP/1.1\r\nHost: localhost" * 3:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass
        assert time.monotonic() - began < 3
    assert [line for line in said if "took too long" in line] == [
        "warning: a client that took too long was sent away (said once)"
    ]


def test_a_head_has_its_size(start):
    client, _ = start()
    with opened(client, b"GET / HTTP/1.1\r\n") as connection:
        sent = 0
        with pytest.raises(OSError):
            while sent < 2**24:
                connection.sendall(b"X: " + b"y" * 2**14)
                sent += 2**14
        assert sent < 2**24
    assert client.predict(GOOD).status_code == 200


def test_half_open_connections_make_room(start):
    """Four times the limit: good requests are answered, files stay few."""
    client, said = start(limits=Limits(20))
    head = f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: localh".encode()
    before = len(os.listdir("/proc/self/fd"))
    held = [opened(client, head) for _ in range(80)]
    for _ in range(5):
        answer = requests.post(
            f"{client.server.url}/v1/models/{NAME}:predict",
            json=GOOD,
            timeout=5,
        )
        assert answer.status_code == 200
    # Both ends of a connection are files of this process.
    assert len(os.listdir("/proc/self/fd")) - before <= 80 + 20 + 10
    closed = sum(ended_at_once(connection) for connection in held)
    assert 60 <= closed <= 70
    for connection in held:
        connection.close()
    assert len([line for line in said if "too many" in line]) == 1


def ended_at_once(connection) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_an_answer_that_nobody_takes_is_given_up(start):
    client, _ = start(limits=Limits(9, answer_seconds=0.5), most_rows=2**15)
    body = {"signature_name": "latents", "inputs": [[0.5] * 4] * 2**15}
    text = json.dumps(body).encode()
    head = (
        f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(text)}\r\n\r\n"
    )
    with opened(client) as connection:
        assert client.get("/").status_code == 200
        client.session.close()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(head.encode() + text)
        until = time.monotonic() + 15
        while client.server.connections:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_kind_of_complaint_is_one_line(start):
    client, said = start()
    for _ in range(50):
        with opened(client, b"no http at all\r\n\r\n") as connection:
            ended(connection)
    lines = [line for line in said if line.startswith("warning")]
    assert lines == ["warning: Invalid HTTP request received. (said once)"]
    client.server.stop()
    assert "warning: Invalid HTTP request received.: 50 times" in said


def test_a_failure_of_ours_is_told_with_its_place():
    said = []
    heard = Complaints(said.append)
    for _ in range(3):
        try:
            raise KeyError("a\nb")
        except KeyError as error:
            heard.hear("a request failed", error)
    (line,) = said
    assert line.startswith("warning: a request failed (")
    assert "test_limits.py:" in line and line.count("\n") == 0
    heard.attach()
    logging.getLogger("asyncio").error("of %s", "another kind")
    heard.detach()
    assert said[1] == "warning: of %s (said once)"


def test_sigterm_ends_a_busy_process(commands, tmp_path, tmp_path_factory):
    """Twelve requests that take hours, and half-open connections."""
    base = tmp_path / NAME
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    flags = (f"--model_base={base}", "--rest_port=0", "--grpc_port=0")
    running = commands.start("tfgan_transfer.serve", *flags)
    log = running.log.with_suffix(".out")
    while "\ngRPC" not in log.read_text():
        time.sleep(0.05)
    port = int(
        log.read_text().split("REST  http://127.0.0.1:")[1].split("/")[0]
    )
    text = json.dumps(FOREVER)
    asked = (
        f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(text)}\r\n\r\n{text}"
    ).encode()
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(24)]
    for i, connection in enumerate(held):
        connection.sendall(asked if i % 2 else asked[:30])
    time.sleep(0.5)
    running.kill(signal.SIGTERM)
    began = time.monotonic()
    finished = running.wait()
    assert time.monotonic() - began < 10
    assert (finished.code, finished.err) == (0, "")
    for connection in held:
        connection.close()
