import numpy as np
import pytest

from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.features import (
    cached_extract,
    data_fingerprint,
    extract,
)


@pytest.fixture(scope="module")
def extractor(small_network):
    return inception.load(small_network)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (21, 32, 32, 3)).astype(np.uint8)


def refuse():
    raise AssertionError("the images were read")
    yield


def test_batches_of_any_length_give_the_same_features(extractor, images):
    layers = ["pool_3", "logits"]
    whole = extract(extractor, images, layers, batch_size=64)
    assert whole["pool_3"].shape == (21, 27) and len(whole["logits"]) == 21
    stream = (images[i : i + 8] for i in range(0, 21, 8))
    for source, size in ((images, 1), (stream, 5)):
        found = extract(extractor, source, layers, size)
        for layer in layers:
            np.testing.assert_allclose(found[layer], whole[layer], rtol=1e-5)


def test_grey_images_become_three_equal_channels(extractor, images):
    grey = images[..., :1]
    np.testing.assert_array_equal(
        extract(extractor, grey, ["pool_3"])["pool_3"],
        extract(extractor, grey.repeat(3, axis=-1), ["pool_3"])["pool_3"],
    )


def test_only_saved_levels_are_measured(extractor, images):
    with pytest.raises(ValueError, match="uint8 .* got float32"):
        extract(extractor, images.astype(np.float32), ["pool_3"])
    with pytest.raises(ValueError, match="no images"):
        extract(extractor, [], ["pool_3"])


def test_features_are_kept_on_disk(tmp_path, extractor, images):
    data = data_fingerprint(images)
    first = cached_extract(tmp_path, data, extractor, images, ["pool_3"])
    again = cached_extract(tmp_path, data, extractor, refuse(), ["pool_3"])
    np.testing.assert_array_equal(first["pool_3"], again["pool_3"])
    assert len(list(tmp_path.iterdir())) == 1
    # Another layer, other data, another network: each its own entry.
    cached_extract(tmp_path, data, extractor, images, ["pool_3", "logits"])
    assert len(list(tmp_path.iterdir())) == 2
    other = data_fingerprint(images[::-1])
    assert other != data
    with pytest.raises(AssertionError, match="were read"):
        cached_extract(tmp_path, other, extractor, refuse(), ["pool_3"])


def test_another_network_has_another_entry(tmp_path, small_network, images):
    def mean(images):
        return images[:, 0, 0, :]

    one = inception.from_function(mean, "net", 40)
    other = inception.from_function(lambda x: 2 * mean(x), "net", 40)
    a = cached_extract(tmp_path, "data", one, images, ["output"])["output"]
    b = cached_extract(tmp_path, "data", other, images, ["output"])["output"]
    np.testing.assert_allclose(b, 2 * a, rtol=1e-6)


def test_a_damaged_entry_is_made_again(tmp_path, extractor, images):
    args = (tmp_path, "data", extractor, images, ["pool_3"])
    first = cached_extract(*args)["pool_3"]
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:-200])
    with pytest.warns(UserWarning, match="is damaged"):
        again = cached_extract(*args)["pool_3"]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(cached_extract(*args)["pool_3"], first)


def test_an_interrupted_write_leaves_nothing(
    tmp_path, extractor, images, monkeypatch
):
    def interrupted(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cached_extract(tmp_path, "data", extractor, images, ["pool_3"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, layer, size, family",
    [
        ("inception_v3_fid_768", "mixed_7", 299, "tf-2015-12-05"),
        ("inception_v1_5h", "avg_pool", 224, "inception-v1-5h"),
    ],
)
def test_pretrained_networks(real_networks, name, layer, size, family, images):
    network = inception.load(real_networks / name)
    assert (network.size, network.family) == (size, family)
    sizes = [extract(network, images[:7], [layer], b)[layer] for b in (1, 3, 7)]
    for other in sizes[1:]:
        np.testing.assert_allclose(
            other, sizes[0], rtol=1e-4, atol=1e-4 * sizes[0].max()
        )
