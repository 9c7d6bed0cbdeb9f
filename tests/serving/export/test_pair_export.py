"""Exported translators answer with the files that `translate` writes."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.answers import ask
from tests.support.judging import judged
from tests.support.running import TRAIN
from tfgan_transfer.data.decode import decode as decode_file
from tfgan_transfer.families import exporting
from tfgan_transfer.serving import servable, status
from tfgan_transfer.serving.export import translation
from tfgan_transfer.serving.server import page
from tfgan_transfer.trained import saved
from tfgan_transfer.trained.translators import Translators

SMOKE = "--flagfile=configs/smoke/cyclegan.flags"
TRANSLATE = "tfgan_transfer.translate"


@pytest.fixture(scope="module")
def run(commands, tmp_path_factory):
    path = tmp_path_factory.mktemp("pair") / "run"
    done = commands.run(TRAIN, SMOKE, f"--run_dir={path}", "--steps=3")
    assert done.code == 0, done.err
    return path


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    return exporting.export(str(run), str(tmp_path_factory.mktemp("m")))


def picture(size=(16, 16), seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (4, 4, 3)).astype(np.uint8)
    return Image.fromarray(small).resize(size[::-1], Image.Resampling.BICUBIC)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_the_answer_is_the_file_of_translate(commands, run, exported, tmp_path):
    (tmp_path / "in").mkdir()
    files = [encoded(picture(seed=i)) for i in range(3)]
    for i, file in enumerate(files):
        (tmp_path / "in" / f"{i}.png").write_bytes(file)
    for direction in ("a2b", "b2a"):
        out = tmp_path / direction
        done = commands.run(
            TRANSLATE,
            f"--run_dir={run}",
            f"--images={tmp_path / 'in'}",
            f"--direction={direction}",
            f"--out={out}",
        )
        assert done.code == 0, done.err
        expected = [(out / f"{i}.png").read_bytes() for i in range(3)]
        assert len({*expected}) == 3
        for i in range(3):
            answer = ask(exported, direction, image_bytes=files[i : i + 1])
            assert answer["images_bytes"].tolist() == expected[i : i + 1]
        together = ask(exported, direction, image_bytes=files)["images_bytes"]
        for file, other in zip(together, expected, strict=True):
            # Sums over a batch may be taken in another order.
            one, two = (tf.io.decode_png(x).numpy() for x in (file, other))
            assert np.abs(one.astype(int) - two).max() <= 1
    default = ask(exported, "serving_default", image_bytes=files[:1])
    assert default["images_bytes"][0] == (tmp_path / "a2b/0.png").read_bytes()


def test_tensorflow_serving_would_take_it(exported):
    (report,) = judged(exported)
    assert report["accepted"], report
    assert report["findings"] == []


def test_what_is_no_image_is_refused(exported):
    with pytest.raises(status.ServingError) as error:
        ask(exported, "a2b", image_bytes=[encoded(picture()), b"nothing"])
    assert error.value.code == status.INVALID_ARGUMENT


def test_each_weight_is_stored_once(exported, run):
    model = Translators.of(saved.find(str(run)))
    shapes = tf.train.list_variables(str(exported / "variables/variables"))
    stored = sum(
        int(np.prod(shape)) for name, shape in shapes if "_variables" in name
    )
    assert stored == sum(n.count_params() for n in model.networks.values())


def test_the_card_and_the_page(exported):
    card = json.loads((exported / "assets.extra/model.json").read_text())
    assert card["model"] == "cyclegan" and card["image_shape"] == [16, 16, 3]
    assert card["signatures"] == ["serving_default", "a2b", "b2a"]
    assert card["weights"] == "averaged translators" and card["fit"] == "crop"
    assert card["data"]["source_b"] == "shapes#outline"
    loaded = servable.Servable(exported, "test")
    try:
        forms = page.drawing(loaded)
    finally:
        loaded.close()
    form = {
        "output": "images_bytes",
        "outputs": 1,
        "inputs": {"image_bytes": {"dtype": "string", "shape": []}},
    }
    assert forms == dict.fromkeys(["a2b", "b2a", "serving_default"], form)


def decoded(file, shape=(16, 16, 3), fit="crop"):
    run = tf.function(lambda x: translation.decode(x, shape, fit))
    return run(tf.constant(file)).numpy()


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
@pytest.mark.parametrize("channels", [3, 1])
def test_files_of_the_size_are_read_as_they_are(mode, channels):
    image = picture().convert(mode)
    kinds = ("PNG", "GIF", "BMP") if mode in ("RGB", "L") else ("PNG", "GIF")
    for kind in kinds:
        file = encoded(image, kind)
        expected = decode_file(file, (16, 16), channels, "crop")
        np.testing.assert_array_equal(
            decoded(file, (16, 16, channels)), expected, err_msg=kind
        )
        assert np.ptp(expected) > 50


def test_what_is_transparent_becomes_white():
    pixels = np.full((8, 8, 4), 100, np.uint8)
    pixels[:4, :, 3], pixels[4:, :, 3] = 0, 255
    for image in (
        Image.fromarray(pixels),
        Image.fromarray(pixels).convert("LA"),
    ):
        found = decoded(encoded(image), (8, 8, 3))
        assert (found[:4] == 255).all() and (found[4:] == 100).all()


def test_jpeg_differs_by_its_decoder_only():
    file = encoded(picture(), "JPEG", quality=90)
    expected = decode_file(file, (16, 16), 3, "crop")
    assert np.abs(decoded(file) - expected).max() <= 8


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("size", [(40, 24), (33, 70), (9, 12), (16, 17)])
def test_other_sizes_are_fitted_by_the_same_rules(fit, size):
    file = encoded(picture(size, seed=3))
    expected = decode_file(file, (16, 20), 3, fit)
    difference = np.abs(decoded(file, (16, 20, 3), fit) - expected)
    assert difference.mean() < 1 and difference.max() <= 12
