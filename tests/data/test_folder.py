import os

import pytest
from PIL import Image

from tfgan_transfer.data.folder import open_folder
from tfgan_transfer.errors import UserError


def put(path, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), (value, 0, 0)).save(path)


def opened(path, part=""):
    return open_folder(f"folder:{path}", str(path), part)


def names(source):
    return [entry.name for entry in source.entries]


def problems(source):
    return {e.name: e.problem for e in source.entries if e.problem}


def test_lists_images_only_whatever_the_case_sorted(tmp_path):
    for name in (
        "b.PNG",
        "a.Jpg",
        "with space.png",
        "\u00e9t\u00e9 \u732b.webp",
    ):
        put(tmp_path / name)
    for name in (".hidden.png", "._a.jpg", "notes.txt", "x.csv", ".DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    put(tmp_path / "__MACOSX" / "a.jpg")
    put(tmp_path / ".git" / "a.jpg")
    source = opened(tmp_path)
    assert names(source) == sorted(
        ["a.Jpg", "b.PNG", "with space.png", "\u00e9t\u00e9 \u732b.webp"]
    )
    assert problems(source) == {} and source.label_mode == "none"


def test_classes_and_contents(tmp_path):
    put(tmp_path / "dog" / "1.png", 10)
    put(tmp_path / "cat" / "1.png", 20)
    (tmp_path / "empty").mkdir()
    source = opened(tmp_path)
    assert source.vocabulary == ("cat", "dog")
    items = list(source.read(["dog/1.png", "cat/1.png"]))
    assert [(item.name, item.active) for item in items] == [
        ("dog/1.png", (1,)),
        ("cat/1.png", (0,)),
    ]
    assert items[0].fetch() == (tmp_path / "dog" / "1.png").read_bytes()


def test_a_part_of_the_tree(tmp_path):
    put(tmp_path / "train" / "cat" / "1.png")
    put(tmp_path / "test" / "cat" / "2.png")
    assert names(opened(tmp_path, "test/cat")) == ["2.png"]
    with pytest.raises(UserError, match="did you mean #test"):
        opened(tmp_path, "tets")
    with pytest.raises(UserError, match="no folder '../x'"):
        opened(tmp_path / "train", "../x")


def test_what_cannot_be_an_image_stays_listed_with_its_problem(tmp_path):
    put(tmp_path / "good.png")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.gif")
    found = problems(opened(tmp_path))
    assert found["folder.jpg"] == "a directory, not a file"
    assert "symbolic link" in found["self.png"]
    assert "No such file" in found["dangling.png"]
    assert found["again"] == "link to a folder above it"
    assert found["pipe.gif"] == "not a regular file"
    assert len(found) == 5


def test_links_are_followed(tmp_path):
    put(tmp_path / "store" / "1.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cat").symlink_to(tmp_path / "store")
    put(tmp_path / "set" / "dog" / "1.png")
    assert names(opened(tmp_path / "set")) == ["cat/1.png", "dog/1.png"]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    put(tmp_path / "cat" / "1.png")
    put(tmp_path / "dog" / "1.png")
    listdir = os.listdir

    def refuse(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    found = problems(opened(tmp_path))
    assert found == {"dog": "folder cannot be listed (Permission denied)"}


def test_identity_follows_content_and_tags(tmp_path):
    put(tmp_path / "1.png")
    table = tmp_path / "tags.csv"
    table.write_text("file,tags\n1.png,a b\n")
    before = opened(tmp_path).entries[0].identity
    assert opened(tmp_path).entries[0].identity == before
    table.write_text("file,tags\n1.png,b\n")
    assert opened(tmp_path).entries[0].identity != before
    table.unlink()
    before = opened(tmp_path).entries[0].identity
    same_length = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(same_length[::-1])
    os.utime(tmp_path / "1.png", (1, 1))
    assert opened(tmp_path).entries[0].identity != before


def test_every_ending_of_a_kind_that_is_read(tmp_path):
    for name in ("a.jfif", "b.JPE", "c.jif", "d.pjpeg", "e.apng", "f.dib"):
        put(tmp_path / "x.png")
        (tmp_path / "x.png").rename(tmp_path / name)
    assert len(names(opened(tmp_path))) == 6
    assert problems(opened(tmp_path)) == {}


def test_pictures_that_cannot_be_read_are_named(tmp_path):
    put(tmp_path / "1.png")
    for name in ("IMG_2.HEIC", "a.jxl", "b.NEF", "c.svg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    advice = "cannot be read; convert it to PNG or JPEG"
    assert problems(opened(tmp_path)) == {
        "IMG_2.HEIC": f"HEIC {advice}",
        "a.jxl": f"JXL {advice}",
        "b.NEF": f"NEF {advice}",
        "c.svg": f"SVG {advice}",
    }


@pytest.mark.parametrize(
    "folder",
    ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information",
     "lost+found", ".Trash-1000", ".thumbnails", "__MACOSX"],
)  # fmt: skip
def test_what_systems_leave_behind_is_skipped(tmp_path, folder):
    put(tmp_path / "1.png")
    put(tmp_path / folder / "2.png")
    put(tmp_path / "cats" / folder / "1.jpg" / "thumbnail.png")
    assert names(opened(tmp_path)) == ["1.png"]


def test_nested_and_mixed_folders_are_taken_without_labels(tmp_path):
    put(tmp_path / "nested" / "2021" / "05" / "1.png")
    put(tmp_path / "nested" / "2022" / "06" / "2.png")
    nested = opened(tmp_path / "nested")
    assert names(nested) == ["2021/05/1.png", "2022/06/2.png"]
    assert (nested.label_mode, nested.vocabulary) == ("none", ())
    assert "2021, 2022 hold only folders" in nested.unlabelled
    put(tmp_path / "mixed" / "1.png")
    put(tmp_path / "mixed" / "cat" / "2.png")
    mixed = opened(tmp_path / "mixed")
    assert names(mixed) == ["1.png", "cat/2.png"]
    assert "1 images lie beside the folders cat" in mixed.unlabelled


def test_a_link_above_the_folder_brings_nothing_in(tmp_path):
    put(tmp_path / "other.png")
    put(tmp_path / "set" / "1.png")
    (tmp_path / "set" / "up").symlink_to(tmp_path)
    assert names(opened(tmp_path / "set")) == ["1.png", "up"]
    expected = {"up": "link to a folder above it"}
    assert problems(opened(tmp_path / "set")) == expected


def test_a_huge_file_is_not_read(tmp_path):
    put(tmp_path / "1.png")
    os.truncate(tmp_path / "1.png", 2**28 + 1)
    expected = {"1.png": "256 MiB, more than 256 MiB"}
    assert problems(opened(tmp_path)) == expected
    (tmp_path / "tags.csv").touch()
    os.truncate(tmp_path / "tags.csv", 2**29)
    with pytest.raises(UserError, match="tags.csv cannot be read.*512 MiB"):
        opened(tmp_path)


def test_a_table_does_not_hide_what_is_wrong_with_a_file(tmp_path):
    put(tmp_path / "1.png")
    (tmp_path / "2.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "tags.csv").write_text("file,tags\n1.png,x\n2.png,y\n")
    assert "No such file" in problems(opened(tmp_path))["2.png"]
    assert opened(tmp_path).vocabulary == ("x",)


def test_wrong_paths_say_what_to_do(tmp_path):
    with pytest.raises(UserError, match="no such folder") as caught:
        opened(tmp_path / "absent")
    assert str(caught.value).count("absent") == 1
    (tmp_path / "a.zip").write_bytes(b"")
    with pytest.raises(UserError, match="did you mean zip:"):
        opened(tmp_path / "a.zip")
    (tmp_path / "B.ZIP").write_bytes(b"")
    with pytest.raises(UserError, match="did you mean zip:.*B.ZIP"):
        opened(tmp_path / "B.ZIP")
    put(tmp_path / "1.png")
    with pytest.raises(UserError, match=f"give its folder: folder:{tmp_path}"):
        opened(tmp_path / "1.png")
