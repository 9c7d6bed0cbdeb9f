import io
import zipfile

import pytest
from PIL import Image

from tfgan_transfer.data import load
from tfgan_transfer.data.archive import open_archive
from tfgan_transfer.errors import UserError


def picture(value=0):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (value, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def archive(path, *names, **files):
    with zipfile.ZipFile(path, "w") as file:
        for index, name in enumerate(names):
            file.writestr(name, picture(index))
        for name, content in files.items():
            file.writestr(name.replace("__", "."), content)
    return path


def opened(path, part=""):
    return open_archive(f"zip:{path}", str(path), part)


def test_reads_in_place_by_class(tmp_path):
    path = archive(tmp_path / "a.zip", "b/1.png", "a/2.JPG", "__MACOSX/._1.png")
    source = opened(path)
    assert [e.name for e in source.entries] == ["a/2.JPG", "b/1.png"]
    assert source.vocabulary == ("a", "b")
    item = next(source.read(["b/1.png"]))
    assert item.active == (1,) and item.fetch() == picture(0)
    assert list(tmp_path.iterdir()) == [path]


def test_tags_and_parts(tmp_path):
    path = archive(
        tmp_path / "a.zip", "1.png", "2.png",
        tags__csv="file,tags\n1.png,x\n2.png,x y\n",
    )  # fmt: skip
    assert opened(path).vocabulary == ("x", "y")
    path = archive(tmp_path / "b.zip", "train/a/1.png", "test/b/2.png")
    source = opened(path, "train/a")
    assert [e.name for e in source.entries] == ["1.png"]
    assert next(source.read(["1.png"])).fetch() == picture(0)
    with pytest.raises(UserError, match="did you mean #train"):
        opened(path, "trian")


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png",
             "C:\\out.png"],
)  # fmt: skip
def test_entries_that_escape_are_refused(tmp_path, name, monkeypatch):
    path = archive(tmp_path / "a.zip", "1.png", name)
    source = opened(path)
    outside = [e for e in source.entries if e.problem]
    assert [e.problem for e in outside] == [
        "its path leads outside the archive"
    ]
    monkeypatch.setattr(
        zipfile.ZipFile, "extract", lambda *_: pytest.fail("extracted")
    )
    split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
    assert split.train.names == ("1.png",)
    assert [bad.name for bad in split.bad_files] == [outside[0].name]


def test_a_damaged_entry_fails_its_checksum(tmp_path):
    path = archive(tmp_path / "a.zip", "1.png", "2.png")
    data = bytearray(path.read_bytes())
    at = data.find(picture(1))
    data[at + 30] ^= 255
    path.write_bytes(data)
    split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("2.png", "fails the checksum of its archive")
    ]


def test_an_encrypted_entry_is_named(tmp_path):
    path = archive(tmp_path / "a.zip", "1.png", "2.png")
    data = bytearray(path.read_bytes())
    # The general-purpose flag of the second entry, in its central record.
    at = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[at + 8] |= 1
    path.write_bytes(data)
    split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("2.png", "encrypted")
    ]


def test_a_tag_table_that_cannot_be_read(tmp_path):
    path = archive(tmp_path / "a.zip", "1.png", tags__csv="file,tags\n1.png,x")
    data = path.read_bytes().replace(b"file,tags", b"fi!e,tags")
    path.write_bytes(data)
    with pytest.raises(UserError, match="tags.csv cannot be read .*CRC"):
        opened(path)


def test_what_is_no_zip_file_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not a zip file at all")
    with pytest.raises(UserError, match="not a zip file or is damaged"):
        opened(tmp_path / "a.zip")
    whole = archive(tmp_path / "b.zip", "1.png").read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="not a zip file or is damaged"):
        opened(tmp_path / "b.zip")
    with pytest.raises(UserError, match="no such file"):
        opened(tmp_path / "absent.zip")
    with pytest.raises(UserError, match="did you mean folder:"):
        opened(tmp_path)
