"""Latency and steadiness of `serve`, the stand-in for TensorFlow Serving.

    python benchmarks/serving.py [SECONDS [MODEL_BASE]]

The model is zoo:anime_32 behind a signature seed -> PNG, or what lies in
MODEL_BASE if its only input is seed. First one client: a bare session call in
this process, the same request over HTTP, and over gRPC, in turn, so that
whatever else the machine does meets all three. Then 16 clients for SECONDS
(60): requests, errors, latencies, and the memory of the server from a sixth
of the time on.
"""

import json
import multiprocessing
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROUNDS = 400
CLIENTS = 16
BODY = json.dumps({"instances": [{"seed": 1}]})


def client(port, name):
    """A function that asks once over a kept connection: status, seconds.

    A bare socket, so that the server is measured and not a client library.
    """
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    asked = (
        f"POST /v1/models/{name}:predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
    ).encode()

    def ask():
        began = time.perf_counter()
        connection.sendall(asked)
        got = b""
        while b"\r\n\r\n" not in got:
            got += received(connection)
        head, _, body = got.partition(b"\r\n\r\n")
        size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < size:
            body += received(connection)
        return int(head.split()[1]), time.perf_counter() - began

    return ask


def received(connection):
    part = connection.recv(65536)
    if not part:
        raise ConnectionError("the server has hung up")
    return part


def grpc_client(port, name):
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.inputs["seed"].CopyFrom(tf.make_tensor_proto([1], tf.int64))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(
        grpc.insecure_channel(f"127.0.0.1:{port}")
    )

    def ask():
        began = time.perf_counter()
        stub.Predict(request, timeout=60)
        return 200, time.perf_counter() - began

    return ask


def bare_session(version, name):
    from tfgan_transfer.serving.servable import Servable

    servable = Servable(version, name)
    signature = servable.signatures["serving_default"]
    feed = signature.inputs["seed"].name
    fetch = signature.outputs["images_bytes"].name
    seed = np.array([1], np.int64)

    def ask():
        began = time.perf_counter()
        servable.session.run(fetch, {feed: seed})
        return 200, time.perf_counter() - began

    return ask


def load(port, name, seconds, results):
    """Sixteen clients in threads of one process; puts what they saw."""
    seen, errors = [], []
    end = time.monotonic() + seconds

    def loop():
        ask = client(port, name)
        while time.monotonic() < end:
            try:
                status, took = ask()
            except OSError as error:
                errors.append(repr(error))
                continue
            seen.append(took)
            if status != 200:
                errors.append(status)

    threads = [threading.Thread(target=loop) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((seen, errors))


def memory(pid):
    """Resident memory in MB."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def percentiles(seconds):
    return " ".join(
        f"{x:8.2f}" for x in 1000 * np.percentile(seconds, (50, 90, 99))
    )


def start(base):
    command = [
        sys.executable, "-m", "tfgan_transfer.serve", f"--model_base={base}",
        "--rest_port=0", "--grpc_port=0",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    ports = {}
    for line in server.stdout:
        if found := re.match(r"(page|gRPC) .*:(\d+)/?$", line):
            ports[found[1]] = int(found[2])
        if len(ports) == 2:
            return server, ports["page"], ports["gRPC"]
    raise SystemExit("the server has not started")


def alternate(base, rest_port, grpc_port):
    version = max(
        (path for path in base.iterdir() if path.name.isdigit()),
        key=lambda path: int(path.name),
    )
    ways = {
        "bare session": bare_session(version, base.name),
        "REST": client(rest_port, base.name),
        "gRPC": grpc_client(grpc_port, base.name),
    }
    seen = {way: [] for way in ways}
    for turn in range(ROUNDS + 20):
        for way, ask in ways.items():
            status, seconds = ask()
            assert status == 200  # noqa: S101
            if turn >= 20:
                seen[way].append(seconds)
    print(f"one client, {ROUNDS} requests each in turn; ms")
    print("                   p50      p90      p99   p50 ratio")
    bare = np.median(seen["bare session"])
    for way, seconds in seen.items():
        ratio = np.median(seconds) / bare
        print(f"{way:13s} {percentiles(seconds)}   {ratio:.2f}x")


def crowd(pid, port, name, seconds):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    clients = context.Process(target=load, args=(port, name, seconds, results))
    clients.start()
    used = []
    began = time.monotonic()
    while clients.is_alive() and time.monotonic() - began < seconds:
        time.sleep(seconds / 12)
        used.append(memory(pid))
    seen, errors = results.get()
    clients.join()
    print(f"\n{CLIENTS} clients, {seconds:g} s; ms")
    print(f"{len(seen)} requests, {len(errors)} errors {errors[:3] or ''}")
    print(f"p50 p90 p99   {percentiles(seen)}")
    used = used[1:]
    print("memory, MB   ", " ".join(f"{x:.0f}" for x in used))
    print(f"growth        {used[-1] - used[0]:+.1f} MB")


def save_model(path):
    """Writes zoo:anime_32 as a signature from seeds [B] to PNGs [B]."""
    import keras
    import tensorflow as tf

    from tfgan_transfer.trained import saved

    generator = saved.generator(saved.find("zoo:anime_32"))
    size = generator.inputs[0].shape[-1]

    def latent(seed):
        return tf.random.stateless_normal([size], [seed, 0], alg="philox")

    def draw(seed):
        latents = tf.map_fn(latent, seed, fn_output_signature=tf.float32)
        images = generator(latents, training=False)
        pixels = tf.saturate_cast(tf.round((images + 1) * 127.5), tf.uint8)
        return {"images_bytes": tf.io.encode_png(pixels)}

    spec = tf.TensorSpec([None], tf.int64, "seed")
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", draw, input_signature=[spec])
    archive.write_out(str(path), verbose=False)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    folder = tempfile.TemporaryDirectory()
    base = pathlib.Path(folder.name) / "anime"
    if len(sys.argv) > 2:
        base = pathlib.Path(sys.argv[2]).resolve()
    else:
        save_model(base / "1")
    server, rest_port, grpc_port = start(base)
    try:
        alternate(base, rest_port, grpc_port)
        crowd(server.pid, rest_port, base.name, seconds)
    finally:
        server.terminate()
        server.wait()
        folder.cleanup()


if __name__ == "__main__":
    main()
