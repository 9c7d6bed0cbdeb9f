"""Frozen networks behind one interface, and the layer that asks them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.layers.bilinear import scaled
from tfgan_transfer.networks import features, lite0, lite0_weights


class Maps(tf.Module):
    """Three named maps: `fine` and `coarse` differ by a factor, one is flat."""

    def __init__(self):
        self.factor = tf.Variable(2.0)

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32)]
    )
    def __call__(self, images):
        fine = tf.nn.avg_pool2d(images, 4, 4, "VALID")
        coarse = self.factor * tf.nn.avg_pool2d(images, 8, 8, "VALID")
        flat = tf.reduce_mean(images, (1, 2))
        return {"fine": fine, "coarse": coarse, "flat": flat}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("features") / "maps"
    tf.saved_model.save(Maps(), str(path))
    return path


def images(channels=3, side=32):
    draw = np.random.default_rng(0).uniform
    return draw(-1, 1, (2, side, side, channels)).astype(np.float32)


def test_lite0_is_known_by_the_sum_of_its_file():
    network = features.load("lite0")
    assert network.fingerprint == lite0_weights.SHA256
    assert features.fingerprint("lite0") == lite0_weights.SHA256
    assert network.channels == {4: 24, 8: 40, 16: 112, 32: 320}
    assert features.download("lite0") is None


def test_lite0s_spreads_are_those_of_images():
    textures = features._textures()
    assert textures.shape == (8, 224, 224, 3)
    for stride, values in lite0.maps(textures, (4, 8, 16, 32)).items():
        ratio = np.std(values) / lite0.SPREADS[stride]
        assert 0.6 < ratio < 1.4, stride


def test_another_network_on_resume_is_one_sentence():
    features.check_fingerprint("lite0", lite0_weights.SHA256)
    with pytest.raises(UserError, match="expected 000000000000") as caught:
        features.check_fingerprint("lite0", "0" * 64)
    assert "\n" not in str(caught.value)
    assert "579344248a93" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lite1", "Did you mean 'lite0'"),
        ("keras:MobileNetV5", "Did you mean 'keras:MobileNetV"),
        ("savedmodel:nowhere", "expected the directory of a SavedModel"),
    ],
)
def test_unknown_networks_are_refused(name, message):
    with pytest.raises(UserError, match=message):
        features.load(name)


def test_layer_enlarges_and_returns_the_networks_maps():
    layer = features.FrozenFeatures("lite0", (4, 32), 96)
    maps = layer(images())
    expected = lite0.maps(scaled(tf.constant(images()), (96, 96)), (4, 32))
    assert [m.shape for m in maps] == [(2, 24, 24, 24), (2, 3, 3, 320)]
    assert layer.compute_output_shape((2, 32, 32, 3)) == [m.shape for m in maps]
    for one, stride in zip(maps, (4, 32), strict=True):
        np.testing.assert_allclose(one, expected[stride], atol=1e-4)
    assert layer.weights == []


def test_grey_images_are_repeated():
    layer = features.FrozenFeatures("lite0", (8,), 64)
    grey = images(channels=1)
    np.testing.assert_array_equal(
        layer(grey)[0], layer(np.repeat(grey, 3, axis=-1))[0]
    )


def test_oblong_images_keep_their_shape():
    layer = features.FrozenFeatures("lite0", (32,), 96)
    assert layer.sides((None, 32, 48, 3)) == (96, 128)
    assert layer.sides((None, 30, 54, 3)) == (96, 160)


def test_layer_computes_in_its_policy():
    layer = features.FrozenFeatures("lite0", (4,), 64, dtype="mixed_bfloat16")
    assert layer(images())[0].dtype == tf.bfloat16


def test_layer_comes_back_from_its_config():
    layer = features.FrozenFeatures("lite0", (4, 8), 64, name="features")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.name == "features"
    for one, other in zip(layer(images()), again(images()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_tap_that_the_network_lacks_is_refused():
    with pytest.raises(UserError, match="taps.*64.*expected one of 4, 8"):
        features.FrozenFeatures("lite0", (4, 64), 96)


def test_saved_models_are_told_by_their_maps(saved):
    name = f"savedmodel:{saved}"
    network = features.load(name)
    assert network.channels == {4: 3, 8: 3}
    fine = tf.nn.avg_pool2d(features._textures(), 4, 4, "VALID")
    assert network.spreads[4] == pytest.approx(np.std(fine), rel=1e-5)
    x = tf.constant(images())
    maps = network.maps(x, (8,))
    expected = 2 * tf.nn.avg_pool2d(x, 8, 8, "VALID")
    np.testing.assert_allclose(maps[8], expected, rtol=1e-6)
    part = features.load(f"{name}#fine")
    assert part.channels == {4: 3}
    assert part.fingerprint == network.fingerprint
    with pytest.raises(UserError, match="Did you mean 'fine'"):
        features.load(f"{name}#fines")


def test_saved_models_without_maps_are_refused(tmp_path):
    class Fixed(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec([None, 64, 64, 3], tf.float32)]
        )
        def __call__(self, images):
            return {"map": images}

    for module in (Fixed(), tf.Module()):
        tf.saved_model.save(module, str(tmp_path / "fixed"))
        with pytest.raises(UserError, match="any size and returns a dict"):
            features.load.__wrapped__(f"savedmodel:{tmp_path / 'fixed'}")


def test_saved_models_with_other_weights_have_other_fingerprints(
    saved, tmp_path
):
    other = Maps()
    other.factor.assign(3.0)
    tf.saved_model.save(other, str(tmp_path / "maps"))
    assert features.fingerprint(f"savedmodel:{tmp_path / 'maps'}") != (
        features.fingerprint(f"savedmodel:{saved}")
    )


def test_keras_networks_give_the_deepest_map_of_each_stride():
    network = features.from_keras("MobileNetV2", weights=None)
    assert network.channels == {2: 96, 4: 144, 8: 192, 16: 576, 32: 1280}
    x = tf.constant(images(side=64))
    with tf.GradientTape() as tape:
        tape.watch(x)
        maps = network.maps(x, (8, 32))
        total = tf.reduce_sum(maps[32])
    assert [maps[s].shape for s in (8, 32)] == [(2, 8, 8, 192), (2, 2, 2, 1280)]
    assert np.abs(tape.gradient(total, x)).max() > 0
    assert len(network.fingerprint) == 64


def test_keras_networks_say_what_they_download():
    sentence = features.download("keras:MobileNetV2")
    assert sentence.startswith("keras:MobileNetV2: Keras downloads")
