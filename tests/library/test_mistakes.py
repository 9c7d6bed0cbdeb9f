"""Mistakes in Python: one sentence each, about arguments and not flags."""

import numpy as np
import pytest

import tfgan_transfer as tt

SMALL = {"width": 2, "latent_size": 4, "n_critic": 1}


@pytest.fixture(scope="module")
def digits():
    return tt.load_images("digits", size=8, channels=1, limit=40, holdout=20)


@pytest.fixture(scope="module")
def gan(digits):
    return tt.build(digits, **SMALL)


@pytest.fixture(scope="module")
def other(digits):
    return tt.build(digits, **{**SMALL, "n_critic": 2})


@pytest.fixture(scope="module")
def labelled(digits):
    return tt.build(digits, model="acgan", **SMALL)


@pytest.fixture(scope="module")
def domains():
    return tt.load_domains("shapes", "shapes#outline", size=16, limit=4)


@pytest.fixture(scope="module")
def translator(domains):
    return tt.build(domains, network="unet", width=4, critic_layers=1)


def images(**options):
    return tt.load_images("digits", **options)


CASES = {
    "no source": (lambda w: tt.load_images("nowhere:x"), "data"),
    "no folder": (lambda w: tt.load_images("folder:/no/such"), "data"),
    "size": (lambda w: images(size=3), "size: expected a side"),
    "size of truth": (lambda w: images(size=True), "size"),
    "fit": (lambda w: images(fit="stretch"), "fit: unknown value 'stretch'"),
    "holdout": (lambda w: images(holdout=-1), "holdout: expected at least 0"),
    "limit": (lambda w: images(limit="9"), "limit: expected a whole number"),
    "no data": (lambda w: tt.load_images(None), "data: expected where images"),
    "one domain": (
        lambda w: tt.load_domains("shapes", None),
        "data_b: expected where images",
    ),
    "pixels": (
        lambda w: tt.load_images(np.zeros((4, 8, 8, 3), np.uint8)),
        r"data: expected a text, received an array of uint8 \[4, 8, 8, 3\]$",
    ),
    "side": (lambda w: images(size=8.5), "size: expected a side such as 64"),
    "no number": (
        lambda w: images(holdout=float("nan")),
        "holdout: expected a finite number",
    ),
    "too many": (
        lambda w: images(limit=1790, holdout=50),
        "limit=1790 and holdout=50 ask for 1840",
    ),
    "too many held out": (
        lambda w: images(holdout=1800),
        "holdout=1800 asks for 1801 .*; lower it$",
    ),
    "setting": (lambda w: images(hold_out=3), "settings: unknown value"),
    "preset": (lambda w: tt.from_preset("zoo:dogs"), "preset: unknown value"),
    "preset of the zoo": (
        lambda w: tt.from_preset("faces_32"),
        "preset: .* did you mean zoo:faces_32",
    ),
    "nothing": (lambda w: tt.from_preset(None), "preset: expected a path"),
    "no file": (
        lambda w: tt.from_preset("/no/such.keras"),
        "preset: '/no/such.keras' cannot be opened",
    ),
    "no place": (lambda w: w.gan.save_to_preset(None), "path: expected a path"),
    "no base": (
        lambda w: tt.export(w.gan, None),
        "model_base: expected a path, received None",
    ),
    "no grid": (lambda w: tt.SampleGrid(None), "folder: expected a path"),
    "no place for grids": (
        lambda w: w.gan.fit(
            w.digits.batches(w.gan, 4),
            steps_per_epoch=1,
            callbacks=[tt.SampleGrid("/dev/null/x")],
            verbose=0,
        ),
        "folder: '/dev/null/x/00000.png' cannot be written",
    ),
    "photos to fit": (
        lambda w: w.gan.fit(w.digits),
        "x: expected batches .* received <Photos: 40",
    ),
    "pixels to fit": (
        lambda w: w.gan.fit(w.digits.images),
        "x: expected batches .* received an array of uint8",
    ),
    "nothing to fit": (lambda w: w.gan.fit(), "x: expected batches"),
    "batches of another": (
        lambda w: w.gan.fit(w.digits.batches(w.other, 4), steps_per_epoch=1),
        r"x: expected image of shape \(1, 8, 8, 1\) for each example, "
        r"received \(2, 8, 8, 1\);",
    ),
    "one set to fit": (
        lambda w: w.translator.fit(w.digits.batches(w.gan, 4)),
        "x: expected image_a of shape .* received none",
    ),
    "validation": (
        lambda w: w.gan.fit(w.digits, validation_data=w.digits),
        "validation_data: a loss says nothing",
    ),
    "keras' evaluate": (lambda w: w.gan.evaluate(w.digits), "evaluate: a loss"),
    "keras' predict": (lambda w: w.gan.predict(w.digits), "predict: a model"),
    "optimizer": (
        lambda w: w.other.compile("adamm"),
        "optimizers: expected names such as 'adam'",
    ),
    "penalty": (
        lambda w: w.other.compile(gradient_penalty=-1),
        "gradient_penalty: expected a number of at least 0, received -1",
    ),
    "penalty in words": (
        lambda w: w.other.compile(r1="10"),
        "r1: expected a number",
    ),
    "cycle": (
        lambda w: w.translator.compile(cycle_weight=-1.0),
        "cycle_weight: expected a number of at least 0",
    ),
    "no networks": (lambda w: tt.WGANGP(None, None), "networks: expected mod"),
    "not compiled": (
        lambda w: w.digits.batches(tt.WGANGP(w.gan.generator, w.gan.critic)),
        "gan: is not compiled",
    ),
    "shape": (
        lambda w: tt.networks.dcgan.generator(64, latent_size=4),
        r"image_shape: expected \(height, width, channels\), received 64",
    ),
    "no gan": (
        lambda w: w.digits.batches("gan"),
        "gan: expected a model of this package, such as",
    ),
    "start": (
        lambda w: w.digits.batches(w.gan, start_step=-1),
        "start_step: expected a whole number",
    ),
    "not photos": (
        lambda w: tt.adapt("zoo:faces_32", "folder:photos"),
        "photos: expected what load_images",
    ),
    "pixels for photos": (
        lambda w: tt.evaluate(w.gan, w.digits.images, ["swd"]),
        "photos: expected what load_images",
    ),
    "not a gan": (
        lambda w: tt.adapt(w.gan.generator, w.digits),
        "gan: expected a model of this package, or what from_preset takes",
    ),
    "size of a model": (
        lambda w: tt.adapt(w.gan, w.digits, size=16),
        "size: is settled when images are loaded",
    ),
    "near setting": (
        lambda w: tt.adapt(w.gan, w.digits, generator_learning_rate=1.0),
        "settings: unknown value 'generator_learning_rate'. Did you mean "
        r"'generator_lr'\?$",
    ),
    "no count": (lambda w: w.gan.generate("16"), "count, truncation: .*'16'"),
    "half": (lambda w: w.gan.generate(2.5), "count, truncation: .*2.5"),
    "seed": (lambda w: w.gan.generate(2, seed="a"), "seed: expected a whole"),
    "large seed": (lambda w: w.gan.generate(2, seed=2**63), "seed: expected"),
    "name of a gan": (
        lambda w: tt.generate("/no/such"),
        "gan: no whole checkpoint",
    ),
    "name to judge": (
        lambda w: tt.evaluate("/no/such", w.digits, ["swd"]),
        "gan: no whole checkpoint",
    ),
    "metrics": (
        lambda w: tt.evaluate(w.gan, w.digits, []),
        r"metrics: expected names such as .* received \[\]",
    ),
    "case": (
        lambda w: tt.evaluate(w.gan, w.digits, ["KID"]),
        r"metrics: .* Did you mean 'kid'\?",
    ),
    "no preset": (lambda w: tt.from_preset("/no/such"), "preset: no whole"),
    "format": (
        lambda w: tt.export("zoo:faces_32", "/no/such", format="onx"),
        "format: unknown value 'onx'",
    ),
    "count": (lambda w: w.gan.generate(0), "count, truncation: expected"),
    "truncation": (lambda w: w.gan.generate(truncation=0), "count, trunc"),
    "labels": (lambda w: w.gan.generate(labels="7"), "labels: this generator"),
    "tags": (lambda w: w.gan.generate(tags="red"), "tags: this generator"),
    "class": (lambda w: w.labelled.generate(labels="x"), "labels: unknown"),
    "both": (
        lambda w: w.labelled.generate(labels="1", tags="1"),
        "labels: received tags too",
    ),
    "names": (
        lambda w: w.labelled.generate(3, labels=["1", "2"]),
        "labels: expected 3 names",
    ),
    "rows": (
        lambda w: w.labelled.generate(3, labels=np.zeros((3, 4))),
        r"labels: expected 3 names, or numbers \[3, 10\]",
    ),
    "draws none": (lambda w: tt.generate(w.translator), "gan: translates"),
    "translates none": (
        lambda w: tt.translate(w.gan, w.digits.images),
        "gan: a WGANGP draws images",
    ),
    "direction": (
        lambda w: tt.translate(w.translator, w.domains.images, "a2c"),
        "direction: unknown value 'a2c'",
    ),
    "grey": (
        lambda w: tt.translate(w.translator, w.digits.images),
        r"images: expected uint8 \[N, H, W, 3\]",
    ),
    "other size": (
        lambda w: images(size=16, channels=1).batches(w.gan),
        "gan: works on images of 8x8x1, received images of 16x16x1",
    ),
    "one set": (lambda w: w.digits.batches(w.translator), "photos: a CycleGAN"),
    "two sets": (lambda w: w.domains.batches(w.gan), "photos: a CycleGAN"),
    "other labels": (
        lambda w: images(size=8, channels=1, classes=["1", "2"]).batches(
            w.labelled
        ),
        "gan: knows the labels 0, 1, .*, received images with 1, 2;",
    ),
    "metric": (lambda w: tt.evaluate(w.gan, w.digits, ["fjd"]), "metrics:"),
    "too small": (
        lambda w: tt.evaluate(w.gan, w.digits, ["ms_ssim"]),
        "metrics: ms_ssim needs",
    ),
    "option": (
        lambda w: tt.evaluate(w.gan, w.digits, ["swd"], number=3),
        "settings: unknown value 'number'",
    ),
    "kind of photos": (
        lambda w: tt.evaluate(w.gan, w.domains, ["swd"]),
        "photos: a CycleGAN takes two sets",
    ),
    "labels of photos": (
        lambda w: tt.evaluate(
            w.labelled, images(size=8, channels=1, classes=["1"]), ["swd"]
        ),
        "photos: the model knows the labels 0, ",
    ),
    "transfer": (
        lambda w: tt.adapt(w.gan, w.digits, transfer="all"),
        "transfer: unknown value 'all'",
    ),
    "misfit": (
        lambda w: tt.adapt(w.translator, w.digits),
        "photos: a CycleGAN takes two sets",
    ),
    "foreign": (
        lambda w: tt.build(w.digits, cycle_weight=3.0),
        "cycle_weight: is for model=cyclegan",
    ),
    "source": (
        lambda w: tt.build(w.digits, source="zoo:faces_32"),
        "settings: unknown value 'source'",
    ),
}


class World:
    def __init__(self, request):
        self.request = request

    def __getattr__(self, name):
        return self.request.getfixturevalue(name)


@pytest.mark.parametrize("case", CASES)
def test_mistakes(case, request):
    mistake, sentence = CASES[case]
    with pytest.raises(tt.UserError, match=f"^{sentence}") as error:
        mistake(World(request))
    assert "--" not in str(error.value) and "\n" not in str(error.value)


def test_optimizers_are_keras_own_mistakes(digits):
    gan = tt.build(digits, **SMALL)
    with pytest.raises(ValueError, match="adamm"):
        gan.compile("adamm")
    with pytest.raises(ValueError, match="Received: adversarial_loss='gan'"):
        gan.compile(adversarial_loss="gan")


def test_what_numpy_and_pathlib_give_is_taken(digits, tmp_path):
    found = tt.load_images("digits", size=np.int64(8), limit=np.int32(40))
    assert found.images.shape == (40, 8, 8, 3)
    with pytest.raises(tt.UserError, match="did you mean data=folder:"):
        tt.load_images(tmp_path)


def test_floats_are_no_pixels(digits):
    images = digits.images
    with pytest.raises(ValueError, match="expected uint8"):
        tt.metrics.sliced_wasserstein_distance(images / 255.0, images)
