"""A `serve` process under thousands of malformed requests, and told to end."""

import contextlib
import json
import pathlib
import random
import re
import signal
import socket
import time
from collections import Counter

import grpc
import pytest
import requests

from tests.support import malformed
from tests.support.hand_made import NAME, publish

REST, GRPC, HALF_OPEN = 4000, 1500, 600
ALLOWED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
}


class Served:
    """A running `serve`."""

    def __init__(self, running):
        self.running = running
        self.log = running.log.with_suffix(".out")
        end = time.monotonic() + 60
        while not (port := re.search(r"gRPC  .*:(\d+)", self.log.read_text())):
            assert time.monotonic() < end
            time.sleep(0.05)
        self.grpc_port = int(port[1])
        page = re.search(r"page  http://127.0.0.1:(\d+)", self.log.read_text())
        self.port = int(page[1])
        self.url = f"http://127.0.0.1:{self.port}/v1/models/{NAME}:predict"
        self.session = requests.Session()

    def predict(self, body: bytes):
        return self.session.post(self.url, data=body, timeout=20)

    def memory(self) -> float:
        """Resident, in MiB."""
        text = pathlib.Path(f"/proc/{self.running.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


@pytest.fixture(scope="module")
def served(commands, tmp_path_factory):
    base = tmp_path_factory.mktemp("onslaught") / NAME
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    running = commands.start(
        "tfgan_transfer.serve",
        f"--model_base={base}",
        "--rest_port=0",
        "--grpc_port=0",
    )
    yield Served(running)
    # Unless the test has ended it.
    with contextlib.suppress(ProcessLookupError):
        running.kill(signal.SIGKILL)


def rest(served, seeds) -> Counter:
    makers = (malformed.mutated, malformed.corrupted, malformed.nested)
    codes = Counter()
    for seed in seeds:
        body = makers[seed % 3](random.Random(seed))
        answer = served.predict(body)
        codes[answer.status_code] += 1
        assert answer.status_code in (200, 400), (seed, body[:99], answer.text)
    return codes


def over_grpc(served, seeds) -> Counter:
    codes = Counter()
    address = f"127.0.0.1:{served.grpc_port}"
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict"
        )
        for seed in seeds:
            try:
                call(malformed.message(random.Random(seed)), timeout=20)
                code = grpc.StatusCode.OK
            except grpc.RpcError as error:
                code = error.code()
                if "deserializing request" in error.details():
                    # gRPC itself calls that internal.
                    code = grpc.StatusCode.INVALID_ARGUMENT
            codes[code] += 1
            assert code in ALLOWED, (seed, code)
    return codes


def test_it_holds(served):
    """No 5xx, no UNKNOWN; memory, log and end stay bounded; it still works."""
    # Until the memory that each signature takes is taken.
    rest(served, range(REST, REST + 300))
    over_grpc(served, range(GRPC, GRPC + 100))
    before = served.memory()
    codes = rest(served, range(REST))
    assert codes.total() == REST and codes[400] > REST / 2
    grown = served.memory() - before
    assert grown < 16
    codes = over_grpc(served, range(GRPC))
    assert codes.total() == GRPC
    assert codes[grpc.StatusCode.INVALID_ARGUMENT] > GRPC / 2
    # Tensors of megabytes, whose memory is kept for the next ones.
    more = served.memory() - before
    assert more < 128
    good = json.dumps(malformed.GOOD).encode()
    half = f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: 127".encode()
    held = []
    for _ in range(HALF_OPEN):
        one = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        one.sendall(half)
        held.append(one)
        if len(held) % 20 == 0:
            answer = requests.post(served.url, data=good, timeout=5)
            assert answer.status_code == 200
    # The log tells of each kind once.
    files = [served.log, served.log.with_suffix(".err")]
    size = sum(file.stat().st_size for file in files)
    print(f"{before:.0f} MiB, REST +{grown:.0f}, gRPC +{more:.0f}; {size} B")
    assert size < 20_000
    served.running.kill(signal.SIGTERM)
    began = time.monotonic()
    finished = served.running.wait()
    assert time.monotonic() - began < 10
    assert (finished.code, finished.err) == (0, "")
    for one in held:
        one.close()
