import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.errors import UserError


def test_sets_over_the_memory_limit_are_kept_on_disk(
    tmp_path, monkeypatch, fill_folder, loaded
):
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
def test_a_damaged_cache_is_built_again(tmp_path, kind, fill_folder, loaded):
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


def test_anything_that_changes_the_pixels_changes_the_cache(
    tmp_path, picture, fill_folder, loaded
):
    folder = fill_folder(tmp_path / "set", 6)
    options = {"memory_limit": 0, "cache_dir": tmp_path / "cache"}
    variants = [{}, {"limit": 3}, {"holdout": 1}, {"seed": 1}, {"fit": "pad"},
                {"channels": 1}, {"size": (4, 8)}]  # fmt: skip
    for variant in variants:
        loaded(folder, **options | variant)
    Image.fromarray(picture(77)).save(folder / "0003.png")
    assert (loaded(folder, **options).train.images == 77).any()
    assert len(list((tmp_path / "cache").iterdir())) == len(variants) + 1


def test_the_cache_goes_to_the_users_cache_folder(
    tmp_path, monkeypatch, fill_folder, loaded
):
    folder = fill_folder(tmp_path / "set", 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    loaded(folder, memory_limit=0)
    assert len(list((tmp_path / "home" / "tfgan_transfer").iterdir())) == 1


def test_an_interrupted_build_leaves_nothing(
    tmp_path, monkeypatch, fill_folder, loaded
):
    folder = fill_folder(tmp_path / "set", 6)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfgan_transfer.data.cache.write_index", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_place_for_the_cache(tmp_path, monkeypatch, fill_folder, loaded):
    folder = fill_folder(tmp_path / "set", 2)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cache_dir"):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "file" / "x")
    usage = type("Usage", (), {"free": 3})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(UserError, match="GiB of disk .*cache_dir"):
        loaded(folder, memory_limit=0, cache_dir=tmp_path / "cache")
