"""Every family of models is exported, accepted, and served as it is drawn."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.support.judging import judged
from tests.support.running import GENERATE
from tfgan_transfer.families import exporting
from tfgan_transfer.serving import servable
from tfgan_transfer.serving.checking import cloader
from tfgan_transfer.trained import sampling, saved

EXPORT = "tfgan_transfer.export"
NAMES = ["wgan_gp", "concat", "tags", "stack"]
LABELLED = NAMES[1:]


@pytest.fixture(scope="module")
def exports(families, tmp_path_factory):
    """Name -> exported version."""
    base = tmp_path_factory.mktemp("exports")
    return {
        name: exporting.export(str(run), str(base / name))
        for name, run in families.items()
    }


@pytest.fixture(scope="module")
def reports(exports):
    return dict(zip(exports, judged(*exports.values()), strict=True))


def ask(version, signature, **inputs):
    loaded = servable.Servable(version, "test", cloader.load)
    try:
        arrays = {name: np.array(value) for name, value in inputs.items()}
        return loaded.predict(signature, arrays)
    finally:
        loaded.close()


def vocabulary(run: pathlib.Path) -> list[str]:
    config = json.loads((run / "config.json").read_text())
    return config["data"]["vocabulary"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_accepted_without_a_remark(reports, name):
    assert reports[name]["findings"] == []
    assert reports[name]["tried"] == [*range(1, 21)]
    assert reports[name]["accepted"]


@pytest.mark.parametrize("name", ["concat", "stack"])
def test_a_class_is_served_as_generate_draws_it(
    commands, families, exports, tmp_path, name
):
    words = vocabulary(families[name])
    finished = commands.run(
        GENERATE,
        f"--run_dir={families[name]}",
        f"--class={words[1]}",
        "--seed=7",
        "--num=1",
        f"--out={tmp_path}",
    )
    assert finished.code == 0, finished.err
    (file,) = tmp_path.iterdir()
    drawn = file.read_bytes()
    first, second = ask(
        exports[name], "serving_default", seed=[7, 7], label=[1, 0]
    )["images_bytes"]
    assert first == drawn
    assert second != drawn
    (asked,) = ask(
        exports[name], "prompt", seed=[7], prompt=[words[1].encode()]
    )["images_bytes"]
    assert asked == drawn


def test_tags_are_served_as_generate_draws_them(
    commands, families, exports, tmp_path
):
    finished = commands.run(
        GENERATE,
        f"--run_dir={families['tags']}",
        "--tags=Striped dark lefts",
        "--seed=7",
        "--num=1",
        f"--out={tmp_path}",
    )
    assert finished.code == 0, finished.err
    (file,) = tmp_path.iterdir()
    drawn = file.read_bytes()
    (asked,) = ask(
        exports["tags"], "prompt", seed=[7], prompt=[b"dark_left, striped"]
    )["images_bytes"]
    assert asked == drawn
    words = vocabulary(families["tags"])
    row = [float(word in ("dark_left", "striped")) for word in words]
    label = np.array([row, [0.0] * len(words)], np.float32)
    first, second = ask(
        exports["tags"], "serving_default", seed=[7, 7], label=label
    )["images_bytes"]
    assert first == drawn
    assert second != drawn


@pytest.mark.parametrize("name", LABELLED)
def test_float_images_are_the_network_s(families, exports, name):
    found = saved.find(str(families[name]))
    sampler = sampling.Sampler(
        saved.generator(found), found.manifest["run"], seed=3
    )
    latent = sampler.latents(3)
    rows = np.eye(len(vocabulary(families[name])), dtype=np.float32)[:3]
    label = rows if name == "tags" else rows.argmax(axis=1)
    images = ask(exports[name], "latents", latent=latent, label=label)["images"]
    expected = sampler.generator([latent, rows], training=False).numpy()
    np.testing.assert_allclose(images, expected, atol=1e-5)
    assert np.ptp(expected) > 0.01


def test_the_stack_is_one_endpoint(exports):
    files = ask(exports["stack"], "serving_default", seed=[1], label=[0])
    (file,) = files["images_bytes"]
    assert tf.io.decode_png(file).shape == (12, 12, 3)
    card = json.loads(
        (exports["stack"] / "assets.extra/model.json").read_text()
    )
    assert card["model"] == "stack_gan" and card["image_shape"] == [12, 12, 3]


def test_a_version_is_judged_before_it_is_named(commands, families, tmp_path):
    run = f"--run_dir={families['stack']}"
    finished = commands.run(EXPORT, run, f"--model_base={tmp_path}", "--check")
    assert finished.code == 0, finished.err
    assert "4 signatures compared with the source's answers" in finished.out
    assert "accepted" in finished.out and "REFUSED" not in finished.out
    assert finished.out.splitlines()[-1] == str(tmp_path / "1")
    # Weights that are not averaged are not those of the version.
    finished = commands.run(
        EXPORT, f"--check={tmp_path / '1'}", run, "--noema", "--json"
    )
    assert finished.code == 1, finished.err
    report = json.loads(finished.out)
    assert not report["accepted"]
    said = [f["message"] for f in report["findings"] if f["rule"] == 14]
    assert any("'latents' differs from the source's answer" in x for x in said)


def test_a_refused_version_is_not_named(commands, families, tmp_path):
    finished = commands.run(
        EXPORT,
        f"--run_dir={families['wgan_gp']}",
        f"--model_base={tmp_path}",
        "--check",
        setup="import tensorflow as tf\n"
        "from tfgan_transfer.serving.export import signatures\n"
        "signatures.encode_png = lambda x: tf.io.encode_png(\n"
        "    tf.cast(x * 0 + tf.random.uniform(tf.shape(x)) * 255, tf.uint8))",
    )
    assert finished.code == 1, finished.err
    assert "REFUSED" in finished.out
    assert "draws random numbers of its own (RandomUniform)" in finished.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--check={}/none"], "--check: no directory '{}/none'"),
        (["--check={}"], "no saved_model.pb in '{}', expected the directory"),
        (["--check={}", "--model_base=m"], "received '{}' beside --model_base"),
        (["--check"], "--run_dir: expected a directory, received none"),
    ],
)
def test_mistakes_are_one_line(commands, exports, words, sentence):
    base = exports["wgan_gp"].parent
    finished = commands.run(EXPORT, *(word.format(base) for word in words))
    assert finished.code == 2 and finished.out == ""
    assert finished.err.startswith("error: ")
    assert len(finished.err.splitlines()) == 1
    assert sentence.format(base) in finished.err
    if words == ["--check={}"]:
        assert finished.err.rstrip().endswith(f"did you mean {base / '1'}?")
