import io
import struct
import tracemalloc
import zipfile

import pytest
from PIL import Image

from tfgan_transfer.data import domains, load
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
    with pytest.raises(UserError, match="no such file") as caught:
        opened(tmp_path / "absent.zip")
    assert str(caught.value).count("absent") == 1
    with pytest.raises(UserError, match="did you mean folder:"):
        opened(tmp_path)


def windows(path, names, table=b""):
    """An archive whose names have the separators of Windows."""
    with zipfile.ZipFile(path, "w") as file:
        for index, name in enumerate(names):
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("/", "\\")
            file.writestr(info, picture(index))
        if table:
            file.writestr("tags.csv", table)
    return path


def test_names_written_on_windows(tmp_path):
    path = windows(tmp_path / "a.zip", ["set/cat/1.png", "set/dog/2.png"])
    source = opened(path)
    assert [e.name for e in source.entries] == [
        "set/cat/1.png",
        "set/dog/2.png",
    ]
    assert source.vocabulary == ("cat", "dog")
    assert next(source.read(["set/dog/2.png"])).fetch() == picture(1)
    assert [e.name for e in opened(path, "set/dog").entries] == ["2.png"]
    path = windows(
        tmp_path / "b.zip", ["in/1.png", "in/2.png"],
        b"file,tags\nin/1.png,x\nin\\2.png,y\n",
    )  # fmt: skip
    source = opened(path)
    assert [(i.name, i.active) for i in source.read(["in/1.png"])] == [
        ("in/1.png", (0,))
    ]
    assert not [e for e in source.entries if e.problem]
    path = windows(tmp_path / "c.zip", ["trainA/1.png", "trainB/2.png"])
    assert domains(f"zip:{path}") == {
        "data_a": f"zip:{path}#trainA",
        "data_b": f"zip:{path}#trainB",
    }


def test_leading_dots_and_folders_of_windows_are_no_names(tmp_path):
    path = windows(tmp_path / "a.zip", ["./a/1.png", "a//2.png", "a.png/"])
    assert [e.name for e in opened(path).entries] == ["a/1.png", "a/2.png"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_that_share_a_name_are_listed(tmp_path):
    path = archive(tmp_path / "a.zip", "1.png", "2.png", "1.png")
    split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
    assert (split.found, len(split.train)) == (3, 2)
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("1.png (at 0)", "another entry has its name")
    ]
    (row,) = (i for i, n in enumerate(split.train.names) if n == "1.png")
    assert split.train.images[row, 0, 0, 0] == 2


def declare(path, index, size):
    """Rewrites the unpacked size that both headers of an entry state."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        offset = file.infolist()[index].header_offset
    at = -1
    for _ in range(index + 1):
        at = data.find(b"PK\x01\x02", at + 1)
    struct.pack_into("<I", data, offset + 22, size)
    struct.pack_into("<I", data, at + 24, size)
    path.write_bytes(data)


def test_an_entry_that_declares_too_much_is_not_read(tmp_path):
    path = archive(tmp_path / "a.zip", "1.png", "2.png")
    declare(path, 1, 2**31)
    split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
    assert [(b.name, b.reason) for b in split.bad_files] == [
        ("2.png", "2,048 MiB, more than 256 MiB")
    ]
    path = archive(tmp_path / "b.zip", "1.png", tags__csv="file,tags\n1.png,x")
    declare(path, 1, 2**31)
    with pytest.raises(UserError, match="tags.csv cannot be read.*256 MiB"):
        opened(path)


@pytest.mark.parametrize("name", ["2.png", "tags.csv"])
def test_no_more_is_unpacked_than_an_entry_declares(tmp_path, name):
    path = archive(tmp_path / "a.zip", "1.png")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, bytes(2**26))
    declare(path, 1, 100)
    tracemalloc.start()
    try:
        if name == "tags.csv":
            with pytest.raises(UserError, match="tags.csv cannot be read"):
                opened(path)
        else:
            split = load(f"zip:{path}", size=(4, 4), max_bad_files=1)
            assert [(b.name, b.reason) for b in split.bad_files] == [
                ("2.png", "fails the checksum of its archive")
            ]
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_a_picture_or_arrays_are_no_archive(tmp_path):
    for name, advice in (("1.png", "give its folder: folder:"),
                         ("x.npy", "arrays are not read")):  # fmt: skip
        (tmp_path / name).write_bytes(picture())
        with pytest.raises(UserError, match=advice):
            opened(tmp_path / name)
