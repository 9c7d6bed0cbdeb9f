"""A SavedModel with every kind of signature, and a server for it.

The image of a row is (seed, label, latent, ...) spread over its pixels, so
that a test can say what must come back without a generator.
"""

import functools
import json
import pathlib
import shutil

import keras
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tfgan_transfer.serving.server.dev_server import DevServer

NAME = "gan"
WORDS = ["blue", "green", "red"]


def spec(name, *shape, dtype=tf.float32):
    return tf.TensorSpec((None, *shape), dtype, name)


def signatures(model, shift=0):
    """Name -> function, and the specs of its inputs."""
    words = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            WORDS, tf.range(len(WORDS), dtype=tf.int64)
        ),
        -1,
    )

    def png(values):
        pixels = tf.reshape(values + shift, (-1, 1, 1, 1)) % 256
        pixels = tf.tile(tf.cast(pixels, tf.uint8), (1, 8, 8, 1))
        return {"images_bytes": tf.io.encode_png(pixels)}

    def generate(seed, label):
        # An error names the row's label, as a lookup in the graph would.
        return png(seed * 10 + tf.gather(tf.range(3, dtype=tf.int64), label))

    def latents(latent):
        return {"images": model(latent)}

    def prompt(prompt):
        found = words.lookup(prompt)
        with tf.control_dependencies(
            [tf.debugging.assert_non_negative(found, "unknown word")]
        ):
            return png(tf.identity(found))

    def decode(data):
        image = tf.io.decode_image(data, 3, expand_animations=False)
        return tf.cast(tf.reduce_max(image), tf.int64)

    def a2b(image_bytes):
        return png(tf.map_fn(decode, image_bytes, fn_output_signature=tf.int64))

    def many(whole, number, flag, text):
        return {
            "whole": whole * 2,
            "number": number / 2,
            "flag": tf.logical_not(flag),
            "text": text,
            "text_bytes": text,
        }

    def ragged(number):
        return {"a": number, "b": tf.concat([number, number], 0)}

    def halves(number):
        return {"half": tf.cast(number, tf.float16)}

    def slow(rounds):
        state = tf.while_loop(
            lambda i, _: i < rounds[0],
            lambda i, x: (i + 1, tf.linalg.matmul(x, x) / 100.0),
            (0, tf.ones((100, 100))),
        )[1]
        return {"state": state[: tf.shape(rounds)[0]]}

    seed, label = (spec(n, dtype=tf.int64) for n in ("seed", "label"))
    number = spec("number")
    return words, {
        "serving_default": (generate, [seed, label]),
        "latents": (latents, [spec("latent", 4)]),
        "prompt": (prompt, [spec("prompt", dtype=tf.string)]),
        "a2b": (a2b, [spec("image_bytes", dtype=tf.string)]),
        "many": (
            many,
            [
                spec("whole", 2, dtype=tf.int32),
                number,
                spec("flag", dtype=tf.bool),
                spec("text", dtype=tf.string),
            ],
        ),
        "ragged": (ragged, [number]),
        "halves": (halves, [number]),
        "half_in": (halves, [spec("number", dtype=tf.float16)]),
        "slow": (slow, [spec("rounds", dtype=tf.int32)]),
    }


def record(signature="serving_default", **inputs):
    """A warm-up record."""
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(request)
    return log.SerializeToString()


def warm_up(version: pathlib.Path, *records: bytes) -> None:
    folder = version / "assets.extra"
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(
        str(folder / "tf_serving_warmup_requests")
    ) as writer:
        for one in records:
            writer.write(one)


def good_record() -> bytes:
    zero = tf.constant([0], tf.int64)
    return record(seed=zero, label=zero)


@functools.cache
def _saved(folder: pathlib.Path, shift: int) -> pathlib.Path:
    path = folder / f"saved-{shift}"
    model = keras.Sequential(
        [
            keras.layers.Input((4,), name="latent"),
            keras.layers.Dense(64, kernel_initializer="ones"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    archive = keras.export.ExportArchive()
    words, functions = signatures(model, shift)
    archive.track(words)
    for name, (function, specs) in functions.items():
        archive.add_endpoint(name, function, input_signature=specs)
    archive.write_out(str(path), verbose=False)
    warm_up(path, good_record())
    card = {
        "name": "a hand-made model",
        "vocabulary": WORDS,
        "metrics": {"kid": {"value": 0.5, "protocol": "</script> none"}},
    }
    (path / "assets.extra" / "model.json").write_text(json.dumps(card))
    return path


def publish(base: pathlib.Path, number: int, folder, *, shift=0, **change):
    """Puts a version into place by a rename, as `export` does.

    Its images are brighter by `shift`. `records` replaces the warm-up.
    """
    draft = base / f".draft-{number}"
    shutil.copytree(_saved(folder, shift), draft)
    if "records" in change:
        warm_up(draft, *change["records"])
    draft.rename(base / str(number))
    return base / str(number)


@pytest.fixture
def model_base(tmp_path, tmp_path_factory):
    """A directory with version 1, and a function that adds others."""
    base = tmp_path / NAME
    base.mkdir()
    shared = tmp_path_factory.getbasetemp()
    base_publish = functools.partial(publish, base, folder=shared)
    base_publish(1)
    return base, base_publish


class Client:
    """Raw HTTP to a server."""

    def __init__(self, started: DevServer):
        self.server = started
        self.session = requests.Session()

    def get(self, path, **options):
        return self.session.get(self.server.url + path, timeout=20, **options)

    def post(self, path, body, **options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.post(
            self.server.url + path, data=data, timeout=20, **options
        )

    def predict(self, body, **options):
        return self.post(f"/v1/models/{NAME}:predict", body, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A client of a running server."""
    base = tmp_path_factory.mktemp("served") / NAME
    base.mkdir()
    publish(base, 1, tmp_path_factory.getbasetemp())
    started = DevServer(
        base,
        rest_port=0,
        grpc_port=0,
        timeout=3,
        poll_seconds=0.1,
        largest_request=2**20,
    )
    started.start()
    yield Client(started)
    started.stop()
