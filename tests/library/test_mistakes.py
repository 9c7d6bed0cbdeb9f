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
    "setting": (lambda w: images(hold_out=3), "settings: unknown value"),
    "preset": (lambda w: tt.from_preset("zoo:dogs"), "preset: unknown value"),
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
