"""Files for other runtimes draw what the SavedModel draws."""

import json
import pathlib
import re

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tfgan_transfer as tt
from tests.support.answers import ask
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import exporting
from tfgan_transfer.serving.export import (
    model_files,
    onnx_file,
    signatures,
)

ROOT = pathlib.Path(__file__).parents[3]
EXPORT = "tfgan_transfer.export"
ZOO = "zoo:faces_32"
# As the documentation says: of 255 grey levels.
CLOSE = 0.1 / 127.5


def run(path, inputs):
    """Images of a file, asked by its runtime without any code of ours."""
    if path.suffix == ".tflite":
        [name] = Interpreter(str(path)).get_signature_list()
        assert name == path.stem
        runner = Interpreter(str(path)).get_signature_runner(name)
        return runner(**inputs)["images"]
    session = onnxruntime.InferenceSession(str(path))
    assert {one.name for one in session.get_inputs()} == {*inputs}
    return session.run(["images"], inputs)[0]


def check(path, inputs, expected):
    images = run(path, inputs)
    assert images.dtype == np.float32 and images.shape == expected.shape
    np.testing.assert_allclose(images, expected, atol=CLOSE)


def normal(*shape):
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Versions of a model of the zoo in every format."""
    base = tmp_path_factory.mktemp("zoo") / "models" / "photos"
    for kind in ("saved_model", *model_files.FORMATS):
        exporting.export(ZOO, str(base), format=kind)
    return base


@pytest.mark.parametrize("kind", model_files.FORMATS)
@pytest.mark.parametrize("rows", [1, 5])
def test_a_file_draws_what_the_saved_model_draws(base, kind, rows):
    inputs = {"latent": normal(rows, 128)}
    expected = ask(base / "1", "latents", **inputs)["images"]
    assert np.ptp(expected) > 1
    check(base / kind / "1" / f"latents.{kind}", inputs, expected)


@pytest.mark.parametrize("kind", model_files.FORMATS)
def test_the_card_stands_beside_the_files(base, kind):
    version = base / kind / "1"
    card = json.loads((version / "model.json").read_text())
    assert (card["latent_size"], card["latent_prior"]) == (128, "normal")
    [(name, told)] = card["files"].items()
    assert (version / name).is_file()
    assert 0 < told["grey_levels_off"] < model_files.TOLERANCE


def test_the_documentation_runs(base, monkeypatch):
    text = (ROOT / "docs/other_programs.md").read_text()
    programs = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    monkeypatch.chdir(base.parents[1])
    drawn = []
    for program in programs:
        space = {}
        exec(program, space)  # noqa: S102
        drawn.append(space["pixels"].astype(int))
    assert len(drawn) == len(model_files.FORMATS)
    assert drawn[0].shape == (4, 32, 32, 3) and np.ptp(drawn[0]) > 100
    assert np.abs(drawn[0] - drawn[1]).max() <= 1
    assert f"by {model_files.TOLERANCE} of 255" in text
    assert f"operator set {onnx_file.OPERATIONS}" in text


@pytest.mark.parametrize("kind", model_files.FORMATS)
@pytest.mark.parametrize("conditioning", ["concat", "batch_norm"])
def test_labels_choose_the_picture(kind, conditioning, tmp_path):
    digits = tt.load_images("digits", size=8, channels=1, limit=20)
    gan = tt.build(
        digits,
        model="acgan",
        width=2,
        latent_size=4,
        conditioning=conditioning,
    )
    spread_out(gan.ema_generator)
    version = tt.export(gan, tmp_path, format=kind)
    label = np.array([3, 0, 9], np.int64)
    latent = np.repeat(normal(1, 4), 3, axis=0)
    one_hot = np.eye(10, dtype=np.float32)[label]
    expected = gan.ema_generator([latent, one_hot], training=False).numpy()
    assert np.abs(expected[0] - expected[1:]).max() > 10 * CLOSE
    inputs = {"latent": latent, "label": label}
    check(version / f"latents.{kind}", inputs, expected)


@pytest.mark.parametrize("kind", model_files.FORMATS)
def test_tags_come_as_a_row_of_numbers(kind, tmp_path):
    latent = tf.keras.Input((2,), name="latent")
    label = tf.keras.Input((3,), name="label")
    both = tf.keras.layers.Concatenate()([latent, label])
    image = tf.keras.layers.Dense(4, activation="tanh")(both)
    network = tf.keras.Model(
        [latent, label], tf.keras.layers.Reshape((2, 2, 1))(image)
    )
    served = signatures.of_generator(
        signatures.Generator(network, tf.zeros, 2, ("a", "b", "c"), True)
    )
    found = {"latents": served["latents"]}
    version = model_files.publish(tmp_path, kind, found, {})
    tags = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]], np.float32)
    inputs = {"latent": normal(3, 2), "label": tags}
    expected = network([*inputs.values()], training=False).numpy()
    check(version / f"latents.{kind}", inputs, expected)


@pytest.mark.parametrize("kind", model_files.FORMATS)
def test_translators_are_a_file_each(kind, tmp_path):
    domains = tt.load_domains("shapes", "shapes#outline", size=16, limit=4)
    gan = tt.build(domains, network="hourglass", width=2, critic_layers=1)
    image = normal(2, 16, 16, 3).clip(-1, 1)
    networks = {"a2b": gan.ema_a2b, "b2a": gan.ema_b2a}
    for network in networks.values():
        spread_out(network)
    version = tt.export(gan, tmp_path, format=kind)
    for direction, network in networks.items():
        expected = network(image, training=False).numpy()
        assert np.ptp(expected) > 10 * CLOSE
        check(version / f"{direction}.{kind}", {"image": image}, expected)


@pytest.mark.parametrize("kind", model_files.FORMATS)
def test_other_pictures_are_not_published(kind, tmp_path, monkeypatch):
    module = model_files.FORMATS[kind]
    right = module.answer

    def brighter(path, inputs):
        return {k: v + 2 * CLOSE for k, v in right(path, inputs).items()}

    monkeypatch.setattr(module, "answer", brighter)
    with pytest.raises(UserError, match="within 0.1 grey .* 0.2 off"):
        exporting.export(ZOO, str(tmp_path), format=kind)
    assert not [*(tmp_path / kind).iterdir()]


@pytest.mark.parametrize("kind", model_files.FORMATS)
def test_what_a_converter_does_not_know_is_a_sentence(kind, tmp_path):
    def draw(latent):
        [images] = tf.py_function(lambda x: [x], [latent], [tf.float32])
        return {"images": tf.reshape(images, [-1, 1, 1, 1])}

    spec = tf.TensorSpec([None, 1], tf.float32, "latent")
    one = signatures.Signature(draw, [spec], {"latent": tf.zeros([1, 1])})
    with pytest.raises(UserError, match=f"^format={kind}: the converter"):
        model_files.publish(tmp_path, kind, {"latents": one}, {})
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--format=onx"], "one of <saved_model|tflite|onnx>"),
        (["--format=onnx", "--check"], "--check: judges what TensorFlow"),
        (["--format=onnx"], "no-such, which is not installed; pip install"),
    ],
)
def test_mistakes_are_one_line(commands, tmp_path, words, sentence):
    finished = commands.run(
        EXPORT,
        f"--checkpoint={ZOO}",
        f"--model_base={tmp_path}",
        *words,
        setup="from tfgan_transfer.serving.export import onnx_file\n"
        "onnx_file.MODULES = ('no_such',)\n",
    )
    assert finished.code == 2, finished.err
    assert sentence in finished.err and "Traceback" not in finished.err
    assert not [*tmp_path.iterdir()]


def spread_out(network):
    """Weights so large that every input counts, as after training."""
    random = np.random.default_rng(0)
    for weight in network.trainable_variables:
        weight.assign(weight + 0.3 * random.normal(size=weight.shape))
