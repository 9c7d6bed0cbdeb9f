"""Grey pictures of more than 8 bits: what is white."""

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import depth, describe
from tfgan_transfer.errors import UserError


def deep(folder, *peaks, suffix=".png", kind=np.uint16):
    """Pictures whose left half is 0 and whose right half is their peak."""
    folder.mkdir()
    for index, peak in enumerate(peaks):
        pixels = np.zeros((8, 8), kind)
        pixels[:, 4:] = peak
        Image.fromarray(pixels).save(folder / f"{index:04d}{suffix}")
    return folder


def right_halves(images):
    """Value of the right half of each picture, by name."""
    pairs = zip(images.names, images.images, strict=True)
    return {name[:4]: int(pixels[0, 7, 0]) for name, pixels in pairs}


@pytest.mark.parametrize(
    "peak, white",
    [(1, 255), (255, 255), (256, 1023), (4080, 4095), (4096, 16383),
     (16384, 65535), (65535, 65535), (70_000, 70_000)],
)  # fmt: skip
def test_the_smallest_depth_that_holds_the_peak(peak, white):
    assert depth.white(peak) == white


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_twelve_bits_in_sixteen_are_scaled_by_the_set(tmp_path, loaded, suffix):
    folder = deep(tmp_path / "set", 4080, 2048, 16, suffix=suffix)
    split = loaded(folder)
    # 255 / 4095 = 0.0623 of each.
    expected = {"0000": 254, "0001": 128, "0002": 1}
    assert right_halves(split.train) == expected
    assert split.remarks == (
        "the values of grey images of more than 8 bits reach 4080, so 4095 "
        "was taken for white",
    )


def test_neither_limit_nor_class_changes_what_is_white(tmp_path, loaded):
    (tmp_path / "set").mkdir()
    deep(tmp_path / "set" / "a", *[100] * 6)
    deep(tmp_path / "set" / "b", 4095)
    split = loaded(tmp_path / "set", classes=["a"], limit=2)
    assert set(split.train.images[:, 0, 7, 0].tolist()) == {6}


def test_a_given_white(tmp_path, loaded):
    folder = deep(tmp_path / "set", 1000, 5000)
    split = loaded(folder, max_value=2000, max_bad_files=1)
    assert right_halves(split.train) == {"0000": 128}
    assert split.remarks == ()
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("0001.png", "values from 0 to 5000, outside 0 to 2000")
    ]
    with pytest.raises(UserError, match="max_value must be at least 1"):
        loaded(folder, max_value=0)


def test_thirty_two_bits_and_values_below_zero(tmp_path, loaded):
    folder = deep(tmp_path / "set", 200, 100, -5, suffix=".tif", kind=np.int32)
    split = loaded(folder, max_bad_files=1)
    assert right_halves(split.train) == {"0000": 200, "0001": 100}
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("0002.tif", "values from -5 to 0, outside 0 to 255")
    ]


def test_eight_bits_are_read_once_and_stay_as_they_are(
    tmp_path, monkeypatch, fill_folder, loaded, check_contents
):
    folder = fill_folder(tmp_path / "set", 5)
    monkeypatch.setattr(depth, "peak", lambda _: pytest.fail("read again"))
    split = loaded(folder)
    check_contents(split.train)
    assert split.remarks == ()


def test_the_disk_cache_keeps_pixels_and_remark(tmp_path, loaded):
    folder = deep(tmp_path / "set", 4080, 2048)
    options = {"memory_limit": 0, "cache_dir": tmp_path / "cache"}
    splits = [loaded(folder), *(loaded(folder, **options) for _ in range(2))]
    assert len({split.train.fingerprint for split in splits}) == 1
    assert len({split.remarks for split in splits}) == 1
    other = loaded(folder, max_value=65535, **options)
    assert right_halves(other.train) == {"0000": 16, "0001": 8}
    assert describe(f"folder:{folder}").images == 2
