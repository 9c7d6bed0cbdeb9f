import importlib.util
import shutil
import sys
import urllib.error

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.features import extract
from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.fingerprint import (
    FAMILY,
    fingerprint_images,
    hash_files,
    recognise,
)


@pytest.fixture
def hub_cache(saved_network, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(saved_network.parent))


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (6, 24, 31, 3)).astype(np.uint8)


def legacy_bilinear(images, side):
    """TF 1's grid: source = target * scale, from the corner."""
    for axis in (1, 2):
        length = images.shape[axis]
        source = np.arange(side) * length / side
        low = np.floor(source).astype(int)
        weight = (source - low).reshape((-1, 1, 1) if axis == 1 else (-1, 1))
        high = np.minimum(low + 1, length - 1)
        images = (1 - weight) * images.take(low, axis) + (
            weight * images.take(high, axis)
        )
    return images


def test_the_hub_module_is_taken_from_the_cache(hub_cache, images):
    extractor = inception.load()
    assert extractor.family == FAMILY
    assert extractor.size == 299
    found = extractor.run(images)
    resized = legacy_bilinear((images.astype(float) - 128) / 128, 299)
    blocks = resized[:, :288, :288].reshape(6, 9, 32, 9, 32, 3)
    flat = blocks.mean(axis=(2, 4)).reshape(6, -1)
    np.testing.assert_allclose(found["logits"], flat[:, :10], atol=1e-5)
    assert found["pool_3"].shape == [6, 48]
    np.testing.assert_allclose(
        found["pool_3"], (flat[:, :48] + 0.5) ** 2, atol=1e-5
    )


def test_the_hub_works_without_pkg_resources(hub_cache, monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] in ("tensorflow_hub", "pkg_resources"):
            monkeypatch.delitem(sys.modules, name)
    find = importlib.util.find_spec

    def without(name, *rest):
        return None if name == "pkg_resources" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert inception.load().family == FAMILY
    assert "pkg_resources" not in sys.modules


@pytest.mark.parametrize(
    "error", [urllib.error.URLError("unknown"), ImportError("no hub")]
)
def test_no_module_is_one_sentence_with_remedies(monkeypatch, error):
    def unavailable():
        raise error

    monkeypatch.setattr(inception, "_tensorflow_hub", unavailable)
    with pytest.raises(UserError) as caught:
        inception.load()
    message = caught.value.command_line
    assert "\n" not in message
    for part in (
        inception.HUB_HANDLE,
        type(error).__name__,
        "with a connection",
        "TFHUB_CACHE_DIR",
        "--inception",
        "--metrics=swd,iw,ms_ssim",
    ):
        assert part in message


def test_an_unreachable_hub_is_the_same_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(inception, "HUB_HANDLE", "file:///nothing/here")
    with pytest.raises(UserError, match="cannot be had from file"):
        inception.load()


def test_names_say_which_features(saved_network, small_network):
    copied = inception.load(saved_network)
    assert copied.family == FAMILY
    assert copied.layer(None) == "pool_3"
    assert copied.metric_name("fid", "pool_3") == "fid"
    assert copied.metric_name("fid", "mixed_7") == "fid@mixed_7"
    assert copied.metric_name("is", "logits") == "is"
    assert copied.protocol("pool_3") == (
        "tf-2015-12-05 pool_3, uint8, legacy bilinear to 299, (x - 128) / 128"
    )
    other = inception.load(small_network)
    assert other.size == 96
    assert other.metric_name("fid", "pool_3") == "fd[mynet@pool_3]"
    assert other.metric_name("kid", "pool_3") == "kid[mynet@pool_3]"
    assert other.metric_name("is", "logits") == "is[mynet@logits]"
    assert f"user:mynet {other.weights[:12]} pool_3" in other.protocol("pool_3")
    assert "legacy bilinear to 96" in other.record()["preprocessing"]
    with pytest.raises(UserError, match="inception_layer.*'pool_3'"):
        other.layer("pool3")


@pytest.mark.parametrize(
    ("layers", "chosen"),
    [
        (("pool_192", "mixed_7", "pool_64"), "mixed_7"),
        (("logits", "mixed_7", "pool_3"), "pool_3"),
        (("avg_pool", "logits"), "avg_pool"),
        (("pool_64", "mine"), "pool_64"),
        (("mine",), "mine"),
    ],
)
def test_the_deepest_known_layer_is_taken(layers, chosen):
    network = inception.from_function(
        lambda x: {layer: tf.reduce_mean(x, [1, 2]) for layer in layers},
        "many",
        size=8,
    )
    assert network.layer(None) == chosen
    assert f" {chosen}, uint8" in network.protocol(network.layer(None))


def test_layers_of_which_none_is_known_are_listed():
    network = inception.from_function(
        lambda x: {n: tf.reduce_mean(x, [1, 2]) for n in ("b", "a")},
        "two",
        size=8,
    )
    with pytest.raises(UserError) as refusal:
        network.layer(None)
    assert str(refusal.value).startswith("inception_layer: expected the lay")
    assert "this network has a, b and none of the known pool_3, mixed_7" in str(
        refusal.value
    )
    assert network.layer("b") == "b"


@pytest.mark.parametrize(
    ("name", "layer"),
    [("inception_v3_fid_768", "mixed_7"), ("inception_v1_5h", "avg_pool")],
)
def test_the_layer_of_the_real_networks(real_networks, name, layer):
    network = inception.load(str(real_networks / name))
    assert network.layer(None) == layer
    assert f" {layer}, uint8" in network.protocol(layer)


def test_identity_follows_weights_and_behaviour(small_network, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(small_network, copy)
    (copy / "fingerprint.pb").write_bytes(b"another export")
    assert hash_files(copy) == hash_files(small_network)
    first, again = inception.load(small_network), inception.load(copy)
    assert first.fingerprint == again.fingerprint
    data = next((copy / "variables").glob("variables.data*"))
    data.write_bytes(
        data.read_bytes().replace(
            np.float32(2).tobytes(), np.float32(3).tobytes()
        )
    )
    assert hash_files(copy) != hash_files(small_network)


def test_known_networks_are_recognised_within_rounding():
    known = (0.1023, 0.1199, 0.1134, 0.08648, 0.0963, 0.09715, 0.07791)
    assert recognise({"mixed_7": (*known, 0.09003)}) == FAMILY
    assert recognise({"mixed_7": (*known, 0.0910)}) is None
    assert recognise({"pool_3": (*known, 0.09003)}) is None
    assert fingerprint_images().shape == (8, 64, 64, 3)
    assert len({i.tobytes() for i in fingerprint_images()}) == 8


def test_any_function_can_be_the_network(images):
    extractor = inception.from_function(
        lambda x: tf.reduce_mean(x, [1, 2]), "means", size=40
    )
    assert extractor.layer(None) == "output"
    assert extractor.family == "user:means"
    found = extractor.run(images)["output"]
    resized = legacy_bilinear((images.astype(float) - 128) / 128, 40)
    np.testing.assert_allclose(found, resized.mean(axis=(1, 2)), atol=1e-5)
    other = inception.from_function(
        lambda x: 2 * tf.reduce_mean(x, [1, 2]), "means", size=40
    )
    assert other.weights != extractor.weights


def test_tfgan_takes_our_classifier_fn(small_network):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 60, 16, 16, 3)).astype(np.uint8)
    images[1] //= 2
    extractor = inception.load(small_network)
    tfgan = inception.tfgan_module("classifier_metrics")
    expected = tfgan.frechet_classifier_distance(
        *(tf.constant((i - 128.0) / 128, tf.float32) for i in images),
        extractor.classifier_fn("pool_3"),
    )
    ours = fid(*(extract(extractor, i, ["pool_3"])["pool_3"] for i in images))
    assert ours.value == pytest.approx(float(expected), rel=1e-3)


def test_what_cannot_be_a_network_is_refused(tmp_path):
    with pytest.raises(UserError, match="expected the directory of a SavedM"):
        inception.load(tmp_path / "nothing")
    tf.saved_model.save(tf.Module(), str(tmp_path / "silent"))
    with pytest.raises(UserError, match="without a __call__ function"):
        inception.load(tmp_path / "silent")


def test_a_missing_tfgan_is_said_to_be(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install tensorflow-gan"):
        inception.tfgan_module.__wrapped__("sliced_wasserstein")


def test_replicas_do_not_change_features(small_network):
    """Images divided among two devices give what one device gives."""
    extractor = inception.load(str(small_network))
    pictures = np.random.default_rng(0).integers(
        0, 256, (8, 40, 40, 3), np.uint8
    )
    alone = extractor.run(pictures)["pool_3"].numpy()
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    shares = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            np.split(pictures, 2)[context.replica_id_in_sync_group]
        )
    )
    outputs = strategy.run(lambda share: extractor.run(share), args=(shares,))
    divided = np.concatenate(
        [part.numpy() for part in outputs["pool_3"].values]
    )
    np.testing.assert_allclose(divided, alone, rtol=1e-6, atol=1e-7)
