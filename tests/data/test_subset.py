"""Chosen classes of a source are a source of their own."""

import os

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import describe, load, subset
from tfgan_transfer.data.sources import open_source
from tfgan_transfer.errors import UserError


@pytest.fixture(scope="module")
def animals(tmp_path_factory):
    """Six classes; each picture of one class has that class's grey."""
    folder = tmp_path_factory.mktemp("animals")
    for i, name in enumerate(("ape", "bee", "cat", "dog", "eel", "fly, big")):
        (folder / name).mkdir()
        for number in range(4 + i):
            image = Image.fromarray(np.full((8, 8), 40 * i + 5, np.uint8))
            image.save(folder / name / f"{number}.png")
    return f"folder:{folder}"


def greys(images):
    return images.images[:, 0, 0, 0].tolist()


def test_images_and_labels_of_the_chosen_classes(animals):
    """In the source's order, whatever the order of the choice."""
    split = load(animals, size=(8, 8), channels=1, classes=("eel", "bee"))
    train = split.train
    assert train.vocabulary == ("bee", "eel") and split.found == 5 + 8
    assert train.labels.sum(axis=0).tolist() == [5, 8]
    wanted = np.array([45, 165])[train.labels.argmax(axis=1)]
    assert greys(train) == wanted.tolist()


def test_the_rest_of_a_source_changes_no_subset(animals):
    """A held-out image of all classes is held out of its class as well."""
    options = {"size": (8, 8), "channels": 1, "holdout": 6}
    whole = load(animals, **options).holdout.names
    part = load(animals, classes=("cat", "dog"), **options).holdout.names
    assert {n for n in whole if n[:3] in ("cat", "dog")} <= {*part}


def test_no_choice_is_the_whole_source(animals):
    whole, empty = (describe(animals, c) for c in (("ape",), ()))
    assert (whole.images, empty.images) == (4, 39)
    assert (
        open_source(animals).entries
        == subset.keep(open_source(animals), ()).entries
    )


def test_digits(tmp_path):
    train = load("digits", size=(8, 8), channels=1, classes=("7", "3")).train
    whole = load("digits", size=(8, 8), channels=1).train
    assert train.vocabulary == ("3", "7")
    by_name = dict(zip(whole.names, whole.labels.argmax(1), strict=True))
    assert [by_name[name] for name in train.names] == [
        (3, 7)[label] for label in train.labels.argmax(1)
    ]
    assert len(train) == sum(label in (3, 7) for label in by_name.values())


def test_decoded_images_of_a_choice_are_kept_apart(tmp_path):
    """The cache on disk holds labels, which are others in a subset."""
    options = {
        "size": (8, 8),
        "channels": 1,
        "memory_limit": 0,
        "cache_dir": tmp_path,
        "limit": 20,
    }
    for _ in range(2):
        for classes in (("0", "7"), ("7",), ("1", "7"), ()):
            train = load("digits", classes=classes, **options).train
            fresh = load(
                "digits", classes=classes, **options | {"memory_limit": 2**30}
            ).train
            assert train.fingerprint == fresh.fingerprint


def test_a_new_label_is_a_new_identity(animals):
    """Where the images stay the same, so that only the label can tell."""
    source = open_source(animals)
    kept = [
        subset.keep(source, names).entries[0].identity
        for names in (("bee",), ("bee", "cat"), ("ape", "bee"))
    ]
    assert kept[0] == kept[1]
    bee = subset.keep(source, ("ape", "bee")).entries[4]
    assert bee.name == "bee/0.png" and bee.identity != kept[0]


def test_files_of_no_known_class_stay_listed(tmp_path, animals):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / name / "good.png")
    os.symlink(tmp_path / "nowhere", tmp_path / "b" / "broken.png")
    options = {"size": (8, 8), "classes": ("a",), "max_bad_files": 1}
    split = load(f"folder:{tmp_path}", **options)
    assert [bad.name for bad in split.bad_files] == ["b/broken.png"]
    assert split.train.names == ("a/good.png",)


@pytest.mark.parametrize(
    "classes, message",
    [
        (("bee", "kat"), "has no class 'kat', it has ape, bee, cat and 3 more"),
        (("kat",), "did you mean 'cat'"),
    ],
)
def test_unknown_classes(animals, classes, message):
    with pytest.raises(UserError, match=message) as error:
        describe(animals, classes)
    assert error.value.command_line.startswith("--classes: ")


def test_a_source_without_classes(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "x.png")
    with pytest.raises(UserError, match="has no labels; leave classes out"):
        describe(f"folder:{tmp_path}", ("a",))
    (tmp_path / "tags.csv").write_text("file,tags\nx.png,a\n")
    with pytest.raises(UserError, match="has tags; leave classes out"):
        describe(f"folder:{tmp_path}", ("a",))


@pytest.mark.parametrize(
    "names", [(), ("a",), ("b", "a"), ("fly, big", 'so "called"', "c")]
)
def test_names_are_read_as_they_are_written(names):
    assert subset.names(subset.text(names)) == names
