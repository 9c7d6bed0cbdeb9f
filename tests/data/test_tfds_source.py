import builtins
import io

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import describe, load
from tfgan_transfer.data import load as load_module
from tfgan_transfer.data.tfds_source import from_builder
from tfgan_transfer.errors import UserError

tfds = pytest.importorskip("tensorflow_datasets")


@pytest.fixture
def mocked(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with tfds.testing.mock_data(num_examples=12):
        yield


def test_a_labelled_data_set_by_name(mocked):
    split = load("tfds:cifar10", size=(16, 16), limit=8, holdout=3)
    assert split.found == 12 and split.bad_files == ()
    assert split.train.images.shape == (8, 16, 16, 3)
    assert split.train.vocabulary == tuple("0123456789")
    assert split.train.labels.sum(1).tolist() == [1] * 8
    assert not set(split.train.names) & set(split.holdout.names)


def test_split_in_the_part_after_the_hash(mocked):
    split = load("tfds:mnist#test", size=(28, 28), channels=1)
    assert all(name.startswith("test/") for name in split.train.names)


def test_one_pass_gives_each_name_its_own_image(mocked):
    every = load("tfds:cifar10", size=(32, 32)).train
    few = load("tfds:cifar10", size=(32, 32), limit=5).train
    np.testing.assert_array_equal(few.images, every.images[:5])
    np.testing.assert_array_equal(few.labels, every.labels[:5])


def test_a_data_set_without_images(mocked):
    with pytest.raises(UserError, match="feature 'image' of one image"):
        load("tfds:imdb_reviews", size=(8, 8))


class FiveDiscs(tfds.core.GeneratorBasedBuilder):
    """A data set that TFDS prepares by name without a network."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "label": tfds.features.ClassLabel(names=["odd", "even"]),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(5)}

    def _generate_examples(self, count):
        for i in range(count):
            pixels = np.full((9, 4 + i, 3), 40 * i, np.uint8)
            yield i, {"image": pixels, "label": (i + 1) % 2}


def test_preparing_by_name_and_slices(tmp_path, monkeypatch):
    # TFDS 4.9.10 needs it to prepare anything and does not declare it.
    pytest.importorskip("importlib_resources")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    train = load("tfds:five_discs", size=(9, 9)).train
    assert (tmp_path / "five_discs" / "1.0.0").is_dir()
    assert sorted(train.images[:, 4, 4, 0]) == [0, 40, 80, 120, 160]
    assert train.vocabulary == ("odd", "even")
    even = train.images[:, 0, 0, 0] // 40 % 2 == 0
    np.testing.assert_array_equal(train.labels[:, 1], even)
    assert load("tfds:five_discs#train[:2]", size=(9, 9)).found == 2
    found = describe("tfds:five_discs")
    assert found.images == 5 and {h for h, _ in found.sizes} == {9}


def image_folder(root):
    for split, count in (("train", 4), ("test", 2)):
        for name, value in (("cat", 10), ("dog", 200)):
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                image = Image.new("RGB", (6, 6), (value + i, 0, 0))
                image.save(folder / f"{i}.png")
    return tfds.folder_dataset.ImageFolder(str(root))


def test_a_folder_builder_reads_real_files(tmp_path):
    source = from_builder("tfds:x", image_folder(tmp_path), "")
    assert [e.name for e in source.entries][:2] == [
        "train/00000000",
        "train/00000001",
    ]
    assert len(source.entries) == 8 and source.vocabulary == ("cat", "dog")
    wanted = ["train/00000006", "train/00000001"]
    items = list(source.read(wanted))
    assert sorted(item.name for item in items) == sorted(wanted)
    for item in items:
        red = Image.open(io.BytesIO(item.fetch())).getpixel((0, 0))[0]
        assert item.active == (int(red >= 200),)
    with pytest.raises(UserError, match="no split 'valid'; .*train"):
        from_builder("tfds:x", image_folder(tmp_path / "y"), "valid")


def test_wrong_names_get_a_suggestion():
    with pytest.raises(UserError, match="did you mean tfds:mnist?") as caught:
        load("tfds:mnits", size=(8, 8))
    assert "\n" not in str(caught.value)


def test_a_failed_download_is_one_line(monkeypatch):
    def fail(self, **_):
        raise ConnectionError("no route\n\nto host")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(UserError, match="cannot download .*no route") as caught:
        load("tfds:cifar10", size=(8, 8))
    assert "\n" not in str(caught.value)


def test_describing_downloads_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(
        tfds.core.DatasetBuilder,
        "download_and_prepare",
        lambda *_, **__: pytest.fail("downloaded"),
    )
    found = describe("tfds:cifar10")
    assert found.images is None and len(found.vocabulary) == 10
    assert list(tmp_path.iterdir()) == []


def test_without_the_library(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "tensorflow_datasets":
            raise ImportError("No module named 'tensorflow_datasets'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match="needs tensorflow-datasets"):
        load_module("tfds:mnist", size=(8, 8))
