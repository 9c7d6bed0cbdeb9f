import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tfgan_transfer.data import describe, filling, load
from tfgan_transfer.errors import UserError

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, fill_folder):
    return fill_folder(tmp_path_factory.mktemp("good") / "set", 200)


def test_all_images_in_an_order_of_the_seed(folder, loaded, check_contents):
    split = loaded(folder)
    assert split.found == 200 and split.bad_files == ()
    assert len(split.train) == 200 and len(split.holdout) == 0
    assert split.holdout.images.shape == (0, 8, 8, 3)
    assert split.train.images.dtype == np.uint8
    assert split.train.labels.shape == (200, 0)
    assert not split.train.images.flags.writeable
    check_contents(split.train)
    assert loaded(folder).train.names == split.train.names
    assert loaded(folder, seed=1).train.names != split.train.names


def test_smaller_limits_are_inside_larger_ones(folder, loaded):
    sets = [loaded(folder, limit=n).train for n in (10, 50, 200)]
    for small, large in zip(sets, sets[1:], strict=False):
        assert large.names[: len(small)] == small.names
        np.testing.assert_array_equal(large.images[: len(small)], small.images)


def test_the_holdout_is_apart_and_independent_of_the_limit(
    folder, loaded, check_contents
):
    splits = [loaded(folder, limit=n, holdout=20) for n in (10, 180, None)]
    assert {split.holdout.names for split in splits} == {
        splits[0].holdout.names
    }
    for split in splits:
        assert len(split.holdout) == 20
        assert not set(split.train.names) & set(split.holdout.names)
        check_contents(split.holdout)
    assert loaded(folder, limit=10).train.names == splits[0].train.names
    assert len(loaded(folder, holdout=0.25).holdout) == 50
    with pytest.raises(UserError, match="201 images but the source has 200"):
        loaded(folder, limit=181, holdout=20)


@settings(max_examples=15)
@given(
    st.integers(1, 60), st.integers(0, 60), st.integers(0, 3), st.integers(1, 9)
)
def test_result_ignores_threads_and_counts(
    folder, loaded, limit, holdout, seed, threads
):
    usual = loaded(folder, limit=limit, holdout=holdout, seed=seed)
    kept, filling._THREADS = filling._THREADS, threads
    try:
        other = loaded(folder, limit=limit, holdout=holdout, seed=seed)
    finally:
        filling._THREADS = kept
    assert (len(usual.train), len(usual.holdout)) == (limit, holdout)
    assert usual.train.fingerprint == other.train.fingerprint
    assert usual.train.names == other.train.names
    assert usual.holdout.names == other.holdout.names


def test_a_zip_gives_what_its_folder_gives(folder, tmp_path, loaded):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for path in reversed(sorted(folder.iterdir())):
            file.write(path, path.name)
    zipped = load(f"zip:{tmp_path / 'set.zip'}", size=(8, 8)).train
    assert zipped.fingerprint == loaded(folder).train.fingerprint
    assert zipped.names == loaded(folder).train.names


def test_labels(tmp_path, fill_folder, loaded):
    for name in ("b", "a"):
        fill_folder(tmp_path / name, 3)
    split = loaded(tmp_path, holdout=2)
    for part in (split.train, split.holdout):
        assert part.label_mode == "class" and part.vocabulary == ("a", "b")
        expected = [[n[0] == "a", n[0] == "b"] for n in part.names]
        np.testing.assert_array_equal(part.labels, expected)
        assert part.labels.dtype == np.float32


def test_the_fingerprint_covers_pixels_labels_and_vocabulary(folder, loaded):
    one = loaded(folder, limit=5).train
    assert len(one.fingerprint) == 64
    brighter = one.images.copy()
    brighter[2, 3, 3, 0] ^= 1
    labels = np.ones((5, 1), np.float32)
    others = [
        dataclasses.replace(one, images=brighter),
        dataclasses.replace(one, images=one.images.reshape(5, 16, 4, 3)),
        dataclasses.replace(one, labels=labels, vocabulary=("x",)),
        dataclasses.replace(one, labels=labels * 0, vocabulary=("x",)),
        dataclasses.replace(one, labels=labels, vocabulary=("y",)),
    ]
    prints = {other.fingerprint for other in [one, *others]}
    assert len(prints) == 6


def test_describe_decodes_and_writes_nothing(folder, monkeypatch):
    monkeypatch.setattr(
        Image.Image, "load", lambda self: pytest.fail("decoded")
    )
    found = describe(f"folder:{folder}")
    assert found.images == 200 and found.label_mode == "none"
    assert found.sizes == ((8, 8),) * 5
    assert found.num_bytes == sum(p.stat().st_size for p in folder.iterdir())


def test_describe_refuses_what_cannot_be_trained_on(tmp_path, fill_folder):
    with pytest.raises(UserError, match="holds no images; expected files"):
        describe(f"folder:{fill_folder(tmp_path / 'empty', 0)}")
    (tmp_path / "heic").mkdir()
    (tmp_path / "heic" / "1.heic").write_bytes(b"x")
    with pytest.raises(UserError, match=r"1 of 1 .*1.heic \(HEIC cannot be"):
        describe(f"folder:{tmp_path / 'heic'}")


def test_describe_counts_what_may_be_usable(tmp_path, fill_folder):
    folder = fill_folder(tmp_path / "set", 4)
    for name in ("a.heic", "b.png"):
        (folder / name).mkdir()
    found = describe(f"folder:{folder}")
    assert found.images == 4
    assert [bad.name for bad in found.bad_files] == ["a.heic", "b.png"]


def test_unreadable_kinds_count_as_bad_files(tmp_path, fill_folder, loaded):
    folder = fill_folder(tmp_path / "set", 4)
    (folder / "5.HEIC").write_bytes(b"x")
    with pytest.raises(UserError, match=r"1 of 5 .*5.HEIC \(HEIC"):
        loaded(folder)
    split = loaded(folder, max_bad_files=1)
    assert (split.found, len(split.train)) == (5, 4)
    assert [bad.name for bad in split.bad_files] == ["5.HEIC"]


def test_a_class_of_broken_images_is_no_class(tmp_path, fill_folder, loaded):
    for name in ("ape", "bee", "cat"):
        fill_folder(tmp_path / name, 3)
    for path in (tmp_path / "bee").iterdir():
        path.write_bytes(b"")
    split = loaded(tmp_path, max_bad_files=3, holdout=1)
    for part in (split.train, split.holdout):
        assert part.vocabulary == ("ape", "cat")
        expected = [[n[0] == "a", n[0] == "c"] for n in part.names]
        np.testing.assert_array_equal(part.labels, expected)
    # As long as an image that was not asked for may be whole, it is one.
    whole = loaded(tmp_path, max_bad_files=3, limit=1).train
    assert whole.vocabulary == ("ape", "bee", "cat")


@pytest.mark.parametrize(
    "spec, parts",
    [
        ("{}", ("did you mean --data=folder:{}",)),
        ("{}/a.zip", ("did you mean --data=zip:{}/a.zip",)),
        (
            "foldr:{}",
            ("folder, zip, tfds, digits, shapes", "Did you mean 'folder'"),
        ),
        ("{}/B.ZIP#x", ("did you mean --data=zip:{}/B.ZIP#x?",)),
        ("{}/bad/1.png", ("one picture is no set", "folder:{}/bad")),
        ("{}/x.npy", ("arrays are not read", "PNG")),
        ("folder:{}/nowhere", ("no such folder",)),
        ("folder:{}/empty", ("no images", ".png")),
        ("folder:", ("nothing follows folder:",)),
        ("folder:{}/bad", ("2 of 2", "--max_bad_files")),
        ("folder:" + "a" * 5000, ("no such folder",)),
        ("zip:" + "a" * 5000, ("too long",)),
        ("zip:~nobody-here/a.zip#x", ("no such file",)),
        ("a" * 5000 + "#b", ("folder, zip",)),
        ("digit", ("Did you mean 'digits'",)),
        ("", ("folder, zip",)),
    ],
)
def test_wrong_sources_end_in_one_line(tmp_path, spec, parts):
    (tmp_path / "empty").mkdir()
    for name in ("a.zip", "B.ZIP", "x.npy"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "bad").mkdir()
    for name in ("1.png", "2.png"):
        (tmp_path / "bad" / name).write_bytes(b"")
    with pytest.raises(UserError) as caught:
        load(spec.format(tmp_path), size=(8, 8), max_bad_files=9)
    message = caught.value.command_line
    assert "\n" not in message and "--data" in message
    for part in parts:
        assert part.format(tmp_path) in message


def test_a_hash_in_a_folder_name(tmp_path, fill_folder, loaded):
    fill_folder(tmp_path / "c#", 2)
    fill_folder(tmp_path / "d", 0)
    fill_folder(tmp_path / "d" / "e", 3)
    assert loaded(tmp_path / "c#").found == 2
    assert loaded(f"{tmp_path}/d#e").found == 3


@pytest.mark.parametrize(
    "spec, found, mode, labels, columns",
    [
        ("anime_faces_96.zip", 11_418, "tags", 23, 2),
        ("cifar10_32.zip#test", 10_000, "class", 10, 1),
        ("tiny_imagenet_64.zip", 11_000, "class", 106, 1),
        ("tiny_imagenet_64.zip#n07747607", 500, "none", 0, 0),
        ("flowers102_64.zip", 5_544, "class", 90, 1),
        ("faces_64.zip", 8_000, "class", 2, 1),
    ],
)
def test_real_archives(spec, found, mode, labels, columns):
    if not SHARED.is_dir():
        pytest.skip("the shared archives of real images are not there")
    source = f"zip:{SHARED / spec}"
    assert describe(source).images == found
    split = load(source, size=(32, 32), limit=60, holdout=20)
    assert split.found == found and split.bad_files == ()
    assert split.train.label_mode == mode
    assert split.train.labels.shape == (60, labels)
    assert (split.train.labels.sum(1) == columns).all()
    assert 20 < split.train.images.std() < 120
