"""Folders and zip files that hold two sets."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import domains
from tfgan_transfer.errors import UserError


def make(root, *parts):
    for part in parts:
        (root / part).mkdir(parents=True)
        pixels = np.zeros((8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(root / part / "x.png")
    return f"folder:{root}"


def test_the_usual_folders(tmp_path):
    spec = make(tmp_path, "trainA", "trainB", "testA", "testB")
    assert domains(spec) == {
        "data_a": f"{spec}#trainA",
        "data_b": f"{spec}#trainB",
        "test_a": f"{spec}#testA",
        "test_b": f"{spec}#testB",
    }


def test_folders_in_a_folder_of_a_zip_file_without_images_to_test(tmp_path):
    make(tmp_path / "in", "pair/train/A", "pair/train/B", "pair/test/A")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in (tmp_path / "in").rglob("*.png"):
            archive.write(path, path.relative_to(tmp_path / "in"))
    spec = f"zip:{tmp_path / 'x.zip'}#pair"
    assert domains(spec) == {
        "data_a": f"{spec}/train/A",
        "data_b": f"{spec}/train/B",
    }


def test_others_are_refused(tmp_path):
    spec = make(tmp_path, "trainA", "b")
    (tmp_path / "trainB").mkdir()
    with pytest.raises(UserError, match="expected the folders trainA and"):
        domains(spec)


def test_the_real_mistake_is_named(tmp_path):
    spec = make(tmp_path / "a", "traina", "trainB")
    with pytest.raises(UserError, match="found 'traina', which has .* trainA"):
        domains(spec)
    spec = make(tmp_path / "b", "trainA")
    (tmp_path / "b" / "trainB").mkdir()
    with pytest.raises(UserError, match="no image .* in trainB"):
        domains(spec)
    (tmp_path / "b" / "trainB" / "1.heic").write_bytes(b"x")
    with pytest.raises(UserError, match="no image .* in trainB"):
        domains(spec)
    spec = make(tmp_path / "c", "train/a", "train/b")
    with pytest.raises(UserError, match="found 'train/a', .* train/A"):
        domains(spec)
