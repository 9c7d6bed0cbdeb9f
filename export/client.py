"""Asks a model server for images and saves them as PNG files.

  python client.py seed=1 --num=4
  python client.py seed=1 label=2 --grpc
  python client.py --signature=prompt "prompt=green hair blue eyes"
  python client.py --signature=a2b image_bytes=@photo.jpg

REST needs Python alone; --grpc needs `pip install tensorflow-serving-api`.
"""

import argparse
import base64
import json
import pathlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable

# Worth another attempt: too many requests, no server yet, too late.
RETRY_HTTP = (429, 503, 504)
RETRY_GRPC = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
TIMEOUT = 30
# gRPC clients refuse answers above 4 MiB unless they are told otherwise.
LARGEST_MESSAGE = 256 * 2**20


class Retry(Exception):
    """A failure that may be gone a moment later."""


def retrying(ask: Callable[[], list], attempts: int) -> list:
    """Asks until there is an answer, waiting twice as long each time."""
    for attempt in range(attempts):
        try:
            return ask()
        except Retry as failure:
            if attempt + 1 == attempts:
                raise SystemExit(f"error: {failure}") from failure
            time.sleep(0.5 * 2**attempt)
    return []


def rest(options: argparse.Namespace, rows: list[dict]) -> list[bytes]:
    """Images for rows of inputs, over HTTP."""
    url = f"http://{options.server or '127.0.0.1:8501'}/v1/models/"
    body = {"signature_name": options.signature, "instances": rows}
    request = urllib.request.Request(
        f"{url}{options.model}:predict",
        json.dumps(body, default=encoded).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            found = json.load(response)["predictions"]
    except urllib.error.HTTPError as error:
        said = json.load(error)["error"]
        if error.code in RETRY_HTTP:
            raise Retry(said) from error
        raise SystemExit(f"error {error.code}: {said}") from error
    except OSError as error:
        raise Retry(f"{url}: {error}") from error
    return [base64.b64decode(image(row)["b64"]) for row in found]


def encoded(value: bytes) -> dict[str, str]:
    """Bytes as JSON has them."""
    return {"b64": base64.b64encode(value).decode()}


def image(row: dict) -> dict:
    """The image of a row, which is an object when it has more than that."""
    return next((v for k, v in row.items() if k.endswith("_bytes")), row)


def grpc(options: argparse.Namespace, rows: list[dict]) -> list[bytes]:
    """Images for rows of inputs, over gRPC."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    sizes = [
        (f"grpc.max_{way}_message_length", LARGEST_MESSAGE)
        for way in ("receive", "send")
    ]
    address = options.server or "127.0.0.1:8500"
    try:
        with grpc.insecure_channel(address, sizes) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            asked = get_model_metadata_pb2.GetModelMetadataRequest()
            asked.model_spec.name = options.model
            asked.metadata_field.append("signature_def")
            answer = stub.GetModelMetadata(asked, timeout=TIMEOUT)
            known = get_model_metadata_pb2.SignatureDefMap()
            answer.metadata["signature_def"].Unpack(known)
            inputs = known.signature_def[options.signature].inputs

            request = predict_pb2.PredictRequest()
            request.model_spec.name = options.model
            request.model_spec.signature_name = options.signature
            for name in rows[0]:
                # Unlike REST, gRPC takes exactly the type of the signature.
                values = [row[name] for row in rows]
                dtype = inputs[name].dtype if name in inputs else None
                request.inputs[name].CopyFrom(
                    tf.make_tensor_proto(values, dtype)
                )
            outputs = stub.Predict(request, timeout=TIMEOUT).outputs
    except grpc.RpcError as error:
        said = f"{error.code().name}: {error.details()}"
        if error.code().name in RETRY_GRPC:
            raise Retry(said) from error
        raise SystemExit(f"error {said}") from error
    name = next(name for name in outputs if name.endswith("_bytes"))
    return list(outputs[name].string_val)


def value(text: str) -> object:
    """What NAME=VALUE stands for: @FILE, a JSON value, or plain text."""
    if text.startswith("@"):
        return pathlib.Path(text[1:]).read_bytes()
    try:
        return json.loads(text)
    except ValueError:
        return text


def main(arguments: list[str] | None = None) -> None:
    """Asks, and writes the files."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("inputs", nargs="+", metavar="NAME=VALUE")
    parser.add_argument("--model", default="gan")
    parser.add_argument("--signature", default="serving_default")
    parser.add_argument("--server", help="HOST:PORT (127.0.0.1, 8501 or 8500)")
    parser.add_argument("--grpc", action="store_true")
    parser.add_argument("--num", type=int, default=1, help="rows; seed counts")
    parser.add_argument("--out", type=pathlib.Path, default="images")
    parser.add_argument("--attempts", type=int, default=5)
    options = parser.parse_args(arguments)
    if any("=" not in text for text in options.inputs):
        parser.error("inputs are written NAME=VALUE")
    pairs = (text.split("=", 1) for text in options.inputs)
    first = {name: value(text) for name, text in pairs}
    rows = [
        {k: v + i if k == "seed" else v for k, v in first.items()}
        for i in range(options.num)
    ]
    ask = grpc if options.grpc else rest
    found = retrying(lambda: ask(options, rows), options.attempts)
    options.out.mkdir(parents=True, exist_ok=True)
    for i, png in enumerate(found):
        path = options.out / f"{i:06d}.png"
        # Never overwrite what is there.
        with open(path, "xb") as file:
            file.write(png)
        print(path)


if __name__ == "__main__":
    main()
