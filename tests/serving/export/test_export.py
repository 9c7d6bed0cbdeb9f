"""Exports answer with the images of `generate`, and appear whole or never."""

import json
import os
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf

from tests.support.answers import ask
from tests.support.running import GENERATE
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import exporting
from tfgan_transfer.serving import status
from tfgan_transfer.serving.export import drafts, savedmodel, signatures
from tfgan_transfer.trained import sampling, saved

EXPORT = "tfgan_transfer.export"
TAGS = ("blue_eyes", "green_hair", "dark_green_hair")


@pytest.fixture(scope="module")
def exported(unbroken, tmp_path_factory):
    return exporting.export(str(unbroken), str(tmp_path_factory.mktemp("m")))


def labelled(tags: bool) -> signatures.Generator:
    """A generator whose image is its label, spread over its pixels."""
    latent = tf.keras.Input((2,), name="latent")
    label = tf.keras.Input((3,), name="label")
    pixels = tf.keras.layers.Dense(
        4, kernel_initializer="ones", use_bias=False
    )(label * tf.constant([-0.5, 0.25, 0.5]))
    image = tf.keras.layers.Reshape((2, 2, 1))(pixels)
    return signatures.Generator(
        tf.keras.Model([latent, label], image),
        lambda seed: tf.zeros([2]) + tf.cast(seed, tf.float32),
        2,
        TAGS,
        tags,
    )


@pytest.fixture(scope="module", params=[False, True], ids=["class", "tags"])
def conditional(request, tmp_path_factory):
    served = signatures.of_generator(labelled(request.param))
    base = tmp_path_factory.mktemp("conditional")
    return request.param, savedmodel.publish(base, served, {})


def grey(files) -> list[int]:
    return [int(tf.io.decode_png(file)[0, 0, 0]) for file in files]


def test_seeds_draw_the_images_of_generate(exported, unbroken, tmp_path):
    found = saved.find(str(unbroken))
    answer = ask(exported, "serving_default", seed=np.array([3, 0, 2**40]))
    for seed, file in zip((3, 0, 2**40), answer["images_bytes"], strict=True):
        made = sampling.Sampler(
            saved.generator(found), found.manifest["run"], seed=seed
        )
        expected = tf.io.encode_png(made.draw(1)[0]).numpy()
        assert file == expected


def test_float_images_are_the_network_s(exported, unbroken):
    generator = saved.generator(saved.find(str(unbroken)))
    latent = np.random.default_rng(0).normal(size=(3, generator.input_shape[1]))
    latent = latent.astype(np.float32)
    images = ask(exported, "latents", latent=latent)["images"]
    expected = generator(latent, training=False).numpy()
    np.testing.assert_allclose(images, expected, atol=1e-5)
    assert np.ptp(expected) > 0.01


def test_truncation_shrinks_the_latent(exported):
    seed = np.array([5, 5])
    whole = ask(exported, "serving_default", seed=seed[:1])["images_bytes"][0]
    one, half = ask(
        exported,
        "truncated",
        seed=seed,
        truncation=np.array([1.0, 0.5], np.float32),
    )["images_bytes"]
    assert one == whole and half != whole


def test_each_weight_is_stored_once(exported, unbroken):
    generator = saved.generator(saved.find(str(unbroken)))
    shapes = tf.train.list_variables(str(exported / "variables/variables"))
    stored = sum(
        int(np.prod(shape)) for name, shape in shapes if "_variables" in name
    )
    assert stored == generator.count_params()


def test_nothing_is_compiled_random_or_python(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel.FromString(
        (exported / "saved_model.pb").read_bytes()
    )
    library = model.meta_graphs[0].graph_def.library
    assert not any(
        function.attr["_XlaMustCompile"].b for function in library.function
    )
    ops = {node.op for f in library.function for node in f.node_def}
    assert "EncodePng" in ops
    assert not ops & {"PyFunc", "EagerPyFunc", "RandomStandardNormal"}


def test_the_card_says_what_it_is(exported):
    card = json.loads((exported / "assets.extra/model.json").read_text())
    assert card["model"] == "wgan_gp" and card["image_shape"] == [8, 8, 1]
    assert card["signatures"] == ["serving_default", "latents", "truncated"]
    assert card["weights"] == "averaged generator" and card["vocabulary"] == []


def test_versions_count_up_and_are_readable(unbroken, tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "latest").mkdir()
    made = exporting.export(str(unbroken), str(tmp_path), ema=False)
    assert made == tmp_path / "8"
    assert made.stat().st_mode & 0o777 == 0o755
    assert sorted(p.name for p in tmp_path.iterdir()) == ["7", "8", "latest"]


def test_labels_reach_the_generator(conditional):
    tags, version = conditional
    label = np.eye(3, dtype=np.float32) if tags else np.arange(3)
    answer = ask(version, "serving_default", seed=np.zeros(3, int), label=label)
    # round((x + 1) * 127.5) of -0.5, 0.25 and 0.5
    assert grey(answer["images_bytes"]) == [64, 159, 191]


def test_prompts_are_read_in_any_form(conditional):
    _, version = conditional
    prompts = [
        b"Blue Eyes",
        b"blue_eye",
        b"green hair",
        b"dark-green hairs",
        b" with a green_hair,  and blue eyes; ",
    ]
    answer = ask(version, "prompt", seed=np.zeros(5, int), prompt=prompts)
    assert grey(answer["images_bytes"]) == [64, 64, 159, 191, 96]


@pytest.mark.parametrize("prompt", [b"purple hair", b"", b"and", b"hair"])
def test_an_unknown_word_names_the_vocabulary(conditional, prompt):
    _, version = conditional
    with pytest.raises(status.ServingError, match="green_hair") as error:
        ask(version, "prompt", seed=[0, 0], prompt=[b"blue eyes", prompt])
    assert error.value.code == status.INVALID_ARGUMENT
    assert prompt.decode() in str(error.value)


def test_a_class_out_of_range_is_refused(conditional):
    tags, version = conditional
    if tags:
        pytest.skip("tags come as a row of numbers")
    with pytest.raises(status.ServingError, match="expected 0 to 2"):
        ask(version, "serving_default", seed=[0], label=[3])


def test_a_model_that_fails_is_not_published(tmp_path):
    served = signatures.of_generator(labelled(tags=False))
    default = served["serving_default"]
    served["serving_default"] = default._replace(
        example=default.example | {"label": tf.constant([9], tf.int64)}
    )
    with pytest.raises(UserError, match="does not answer"):
        savedmodel.publish(tmp_path, served, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "moment", ["savedmodel._write_extra", "drafts._settle", "drafts._name"]
)
def test_a_kill_leaves_no_version(commands, unbroken, tmp_path, moment):
    started = commands.start(
        EXPORT,
        f"--run_dir={unbroken}",
        f"--model_base={tmp_path}",
        setup="import os, signal\n"
        "from tfgan_transfer.serving.export import drafts, savedmodel\n"
        f"{moment} = lambda *_: os.kill(os.getpid(), 9)\n",
    )
    assert started.wait().code == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(drafts.DRAFT)
    assert drafts.versions(tmp_path) == []
    shutil.rmtree(left)


def test_the_command_publishes_and_says_where(commands, unbroken, tmp_path):
    base = tmp_path / "model"
    words = (f"--run_dir={unbroken}", f"--model_base={base}")
    finished = commands.run(EXPORT, *words)
    assert finished.code == 0, finished.err
    assert finished.out.strip().endswith(str(base / "1"))
    drawn = tmp_path / "drawn"
    commands.run(GENERATE, words[0], "--seed=4", "--num=1", f"--out={drawn}")
    answer = ask(base / "1", "serving_default", seed=[4])
    (file,) = drawn.iterdir()
    assert answer["images_bytes"][0] == file.read_bytes()


@pytest.mark.parametrize(
    "words, sentence",
    [
        ((), "--run_dir: expected a directory"),
        (("--run_dir=nowhere",), "--model_base: expected a directory"),
        (("--run_dir=nowhere", "--model_base=m"), "no whole checkpoint"),
    ],
)
def test_mistakes_are_one_line(commands, words, sentence):
    finished = commands.run(EXPORT, *words)
    assert finished.code == 2
    assert sentence in finished.err and "Traceback" not in finished.err
    assert not os.path.exists("m")
