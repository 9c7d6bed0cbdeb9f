import dataclasses
import os
import warnings
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


def picture(index):
    return np.full((8, 8, 3), (index % 256, index // 256, 9), np.uint8)


def fill_folder(folder, count):
    folder.mkdir(exist_ok=True)
    for index in range(count):
        Image.fromarray(picture(index)).save(folder / f"{index:04d}.png")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return fill_folder(tmp_path_factory.mktemp("good") / "set", 200)


def loaded(folder, **options):
    return load(f"folder:{folder}", **{"size": (8, 8)} | options)


def check_contents(images):
    for name, pixels in zip(images.names, images.images, strict=True):
        np.testing.assert_array_equal(pixels, picture(int(name[:4])))


def test_all_images_in_an_order_of_the_seed(folder):
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


def test_smaller_limits_are_inside_larger_ones(folder):
    sets = [loaded(folder, limit=n).train for n in (10, 50, 200)]
    for small, large in zip(sets, sets[1:], strict=False):
        assert large.names[: len(small)] == small.names
        np.testing.assert_array_equal(large.images[: len(small)], small.images)


def test_the_holdout_is_apart_and_independent_of_the_limit(folder):
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


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 60), st.integers(0, 60), st.integers(0, 3), st.integers(1, 9)
)
def test_result_ignores_threads_and_counts(
    folder, limit, holdout, seed, threads
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


def test_a_zip_gives_what_its_folder_gives(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for path in reversed(sorted(folder.iterdir())):
            file.write(path, path.name)
    zipped = load(f"zip:{tmp_path / 'set.zip'}", size=(8, 8)).train
    assert zipped.fingerprint == loaded(folder).train.fingerprint
    assert zipped.names == loaded(folder).train.names


def test_labels(tmp_path):
    for name in ("b", "a"):
        fill_folder(tmp_path / name, 3)
    split = loaded(tmp_path, holdout=2)
    for part in (split.train, split.holdout):
        assert part.label_mode == "class" and part.vocabulary == ("a", "b")
        expected = [[n[0] == "a", n[0] == "b"] for n in part.names]
        np.testing.assert_array_equal(part.labels, expected)
        assert part.labels.dtype == np.float32


def test_the_fingerprint_covers_pixels_labels_and_vocabulary(folder):
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


def damage(folder, kinds):
    """Spoils one good file in each of the given ways; returns the names."""
    ways = {
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_bytes(b"not a picture\n" * 9),
        "truncated": lambda path: path.write_bytes(path.read_bytes()[:45]),
        "bomb": lambda path: Image.new("1", (12_000, 8_000)).save(path),
        "loop": lambda path: (path.unlink(), path.symlink_to(path)),
        "directory": lambda path: (path.unlink(), path.mkdir()),
        "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    }
    files = sorted(folder.glob("*.png"))[:: max(1, 200 // len(kinds))]
    spoilt = list(zip(files, kinds, strict=False))
    for path, kind in spoilt:
        ways[kind](path)
    return [path.name for path, _ in spoilt]


def test_one_percent_of_damage_is_skipped_and_named(tmp_path, capfd):
    folder = fill_folder(tmp_path / "set", 200)
    for stray in ("notes.txt", ".DS_Store", "data.json"):
        (folder / stray).write_bytes(b"x")
    spoilt = damage(folder, ["truncated", "bomb"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split = loaded(folder, holdout=10)
    assert [(bad.name, bad.reason) for bad in split.bad_files] == [
        (spoilt[0], "truncated or broken image data"),
        (spoilt[1], "more than 89478485 pixels"),
    ]
    assert split.found == 200
    assert (len(split.train), len(split.holdout)) == (188, 10)
    check_contents(split.train)
    check_contents(split.holdout)
    assert capfd.readouterr() == ("", "")


def test_bad_files_give_their_place_to_the_next(tmp_path):
    folder = fill_folder(tmp_path / "set", 200)
    order = loaded(folder).train.names
    for name in (order[1], order[3], order[-2]):
        (folder / name).write_bytes(b"")
    split = loaded(folder, limit=4, holdout=2, max_bad_files=3)
    assert split.train.names == (order[0], order[4], order[2], order[5])
    assert split.holdout.names == (order[-1], order[-3])
    assert len(split.bad_files) == 3


def test_five_percent_of_damage_stops_with_one_sentence(tmp_path):
    folder = fill_folder(tmp_path / "set", 200)
    kinds = ["empty", "text", "truncated", "bomb", "loop", "directory", "pipe"]
    spoilt = damage(folder, kinds + kinds[:3])
    with pytest.raises(UserError) as caught:
        loaded(folder)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("10 of 200", "5.0%", *spoilt[:3], "--max_bad_files=0.01"):
        assert part in message
    assert spoilt[3] not in message
    for tolerant in (0.05, 10):
        split = loaded(folder, max_bad_files=tolerant)
        assert [bad.name for bad in split.bad_files] == sorted(spoilt)
        assert len(split.train) == 190
    reasons = [bad.reason for bad in split.bad_files]
    for phrase in ("empty", "not an image", "truncated", "pixels",
                   "symbolic link", "directory", "regular"):  # fmt: skip
        assert any(phrase in reason for reason in reasons), phrase
    with pytest.raises(UserError, match="10 of 200"):
        loaded(folder, max_bad_files=9)


def test_files_without_permission_are_named(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "set", 3)
    read = Path.read_bytes

    def refuse(path):
        if path.name == "0001.png":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (bad,) = loaded(folder, max_bad_files=1).bad_files
    assert (bad.name, bad.reason) == ("0001.png", "no permission to read it")


def test_nothing_left_to_train_on(tmp_path):
    folder = fill_folder(tmp_path / "set", 2)
    (folder / loaded(folder).train.names[0]).write_bytes(b"")
    with pytest.raises(UserError, match="left to train on.*--holdout=1"):
        loaded(folder, holdout=1, max_bad_files=1)
    with pytest.raises(UserError, match="--max_bad_files must be"):
        loaded(folder, max_bad_files=-1)


def test_names_that_are_no_text_stay_printable(tmp_path):
    folder = fill_folder(tmp_path / "set", 2)
    os.rename(folder / "0001.png", os.fsencode(folder) + b"/\xff\nx.png")
    (folder / "0000.png").write_bytes(b"")
    split = loaded(folder, max_bad_files=1)
    assert split.train.names == ("\\udcff\\x0ax.png",)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\nx.png")).write_bytes(b"")
    with pytest.raises(UserError) as caught:
        loaded(folder, max_bad_files=2)
    assert "\n" not in str(caught.value) and "2 of 2" in str(caught.value)


def test_unlisted_and_missing_files_of_a_tag_table(tmp_path):
    folder = fill_folder(tmp_path / "set", 4)
    table = "file,tags\n0000.png,x\n0001.png,x y\n0002.png,\n0009.png,y\n"
    (folder / "tags.csv").write_text(table)
    split = loaded(folder, max_bad_files=2)
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("0003.png", "not listed in tags.csv"),
        ("0009.png", "listed in tags.csv but missing"),
    ]
    rows = dict(
        zip(split.train.names, split.train.labels.tolist(), strict=True)
    )
    assert rows == {"0000.png": [1, 0], "0001.png": [1, 1], "0002.png": [0, 0]}


def test_sets_over_the_memory_limit_are_kept_on_disk(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "set", 20)
    names = loaded(folder).train.names
    (folder / names[2]).write_bytes(b"")
    options = {"holdout": 4, "max_bad_files": 1}
    inside = loaded(folder, **options)
    options |= {"memory_limit": 1000, "cache_dir": tmp_path / "cache"}
    outside = loaded(folder, **options)
    for part in ("train", "holdout"):
        one, other = getattr(inside, part), getattr(outside, part)
        assert isinstance(other.images, np.memmap)
        assert one.names == other.names and len(one) == len(other)
        assert one.fingerprint == other.fingerprint
    assert inside.bad_files == outside.bad_files
    (kept,) = (tmp_path / "cache").iterdir()
    before = (kept / "images.npy").stat().st_mtime_ns
    monkeypatch.setattr(
        "tfgan_transfer.data.decode.decode",
        lambda *_, **__: pytest.fail("decoded again"),
    )
    again = loaded(folder, **options)
    assert again.train.fingerprint == inside.train.fingerprint
    assert (kept / "images.npy").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="1 of 20"):
        loaded(folder, **options | {"max_bad_files": 0})


@pytest.mark.parametrize(
    "kind", ["shorter", "longer", "shape", "header", "index", "no index"]
)
def test_a_damaged_cache_is_built_again(tmp_path, kind):
    folder = fill_folder(tmp_path / "set", 6)
    options = {"memory_limit": 0, "cache_dir": tmp_path / "cache"}
    expected = loaded(folder, **options).train.fingerprint
    (kept,) = (tmp_path / "cache").iterdir()
    images, index = kept / "images.npy", kept / "index.json"
    match kind:
        case "shorter":
            images.write_bytes(images.read_bytes()[:-5])
        case "longer":
            images.write_bytes(images.read_bytes() + b"more")
        case "shape":
            swapped = (b"(6, 8, 8, 3)", b"(6, 8, 3, 8)")
            images.write_bytes(images.read_bytes().replace(*swapped))
        case "header":
            images.write_bytes(b"\x94" + images.read_bytes()[1:])
        case "index":
            index.write_text(index.read_text()[:40])
        case "no index":
            index.unlink()
    assert loaded(folder, **options).train.fingerprint == expected
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [kept.name]


def test_anything_that_changes_the_pixels_changes_the_cache(tmp_path):
    folder = fill_folder(tmp_path / "set", 6)
    options = {"memory_limit": 0, "cache_dir": tmp_path / "cache"}
    variants = [{}, {"limit": 3}, {"holdout": 1}, {"seed": 1}, {"fit": "pad"},
                {"channels": 1}, {"size": (4, 8)}]  # fmt: skip
    for variant in variants:
        loaded(folder, **options | variant)
    Image.fromarray(picture(77)).save(folder / "0003.png")
    assert (loaded(folder, **options).train.images == 77).any()
    assert len(list((tmp_path / "cache").iterdir())) == len(variants) + 1


def test_the_cache_goes_to_the_users_cache_folder(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "set", 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    loaded(folder, memory_limit=0)
    assert len(list((tmp_path / "home" / "tfgan_transfer").iterdir())) == 1


def test_an_interrupted_build_leaves_nothing(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "set", 6)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfgan_transfer.data.cache.write_index", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_place_for_the_cache(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "set", 2)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="--cache_dir"):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "file" / "x")
    usage = type("Usage", (), {"free": 3})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(UserError, match="GiB of disk .*--cache_dir"):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "cache")


def test_describe_decodes_and_writes_nothing(folder, monkeypatch):
    monkeypatch.setattr(
        Image.Image, "load", lambda self: pytest.fail("decoded")
    )
    found = describe(f"folder:{folder}")
    assert found.images == 200 and found.label_mode == "none"
    assert found.sizes == ((8, 8),) * 5
    assert found.num_bytes == sum(p.stat().st_size for p in folder.iterdir())


@pytest.mark.parametrize(
    "spec, parts",
    [
        ("{}", ("did you mean --data=folder:{}",)),
        ("{}/a.zip", ("did you mean --data=zip:{}/a.zip",)),
        (
            "foldr:{}",
            ("folder, zip, tfds, digits, shapes", "Did you mean 'folder'"),
        ),
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
    (tmp_path / "a.zip").write_bytes(b"")
    (tmp_path / "bad").mkdir()
    for name in ("1.png", "2.png"):
        (tmp_path / "bad" / name).write_bytes(b"")
    with pytest.raises(UserError) as caught:
        load(spec.format(tmp_path), size=(8, 8), max_bad_files=9)
    message = str(caught.value)
    assert "\n" not in message and "--data" in message
    for part in parts:
        assert part.format(tmp_path) in message


def test_a_hash_in_a_folder_name(tmp_path):
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
