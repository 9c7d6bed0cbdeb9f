"""150 made folders, zip files and tables: each loads, or one sentence.

What was put in is known, so nothing can be lost unseen: every picture is
among those that were loaded or among those that are listed, by name.
"""

import csv
import io
import os
import random
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer.data import describe, load
from tfgan_transfer.data.source import printable
from tfgan_transfer.errors import UserError

ANY_NUMBER = 10**6


class Content(NamedTuple):
    """What a file holds."""

    suffixes: tuple[str, ...]
    good: bool
    make: Callable[[int], bytes]


def encoded(format, mode="RGB", **options):
    def make(index):
        image = Image.new("RGB", (6, 5), (index % 256, 90, 200)).convert(mode)
        buffer = io.BytesIO()
        image.save(buffer, format, **options)
        return buffer.getvalue()

    return make


def sixteen_bits(index):
    buffer = io.BytesIO()
    pixels = np.full((5, 6), 40 * index, np.uint16)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


PNG = encoded("PNG")
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(200))
CONTENTS = (
    Content((".png", ".PNG", ".apng"), True, PNG),
    Content((".jpg", ".JPEG", ".jfif", ".jpe"), True, encoded("JPEG")),
    Content((".webp", ".gif", ".bmp"), True, encoded("WEBP")),
    Content((".tif", ".TIFF"), True, encoded("TIFF", "CMYK")),
    Content((".png",), True, encoded("PNG", "LA")),
    Content((".png", ".tif"), True, sixteen_bits),
    # The ending is as little to be trusted as the content.
    Content((".jpg", ".gif"), True, encoded("PNG", "P")),
    Content((".png", ".jpg"), False, lambda i: PNG(i)[: 20 + i]),
    Content((".png", ".webp"), False, lambda i: b""),
    Content((".jpg",), False, lambda i: b"<!doctype html><title>404</title>"),
    Content((".heic", ".HEIF", ".jpg"), False, lambda i: HEIC),
    Content((".svg", ".cr2", ".psd", ".jxl"), False, lambda i: b"<svg/>"),
    Content((".tif",), False, encoded("TIFF", "F")),
    Content((".bmp",), False, lambda i: b"BM" + bytes(range(60))),
)
STEMS = (
    "a b",
    "\u732b",
    "e\u0301t\u00e9",
    "quote'\"",
    "%s{}",
    "[x]",
    "-x",
    "#1",
    "a,b",
)
FOLDERS = (
    "",
    "",
    "cat",
    "dog",
    "A&B",
    "in/deep/er",
    "\u00dcn\u00ef",
    "2021/05",
)
SKIPPED = ("__MACOSX", "@eaDir", ".git", "$RECYCLE.BIN", "cat/#recycle")
NO_PICTURES = ("Thumbs.db", "notes.txt", "clip.mp4", ".hidden.png", "x.npy")


class Made(NamedTuple):
    """What was put into a source.

    Attributes:
        good: Names of pictures that can be used.
        bad: Names of those that cannot.
        files: Content by name, with all that is no picture.
    """

    good: set
    bad: set
    files: dict


def tree(draw):
    """Draws a handful of files, some of which are pictures."""
    made = Made(set(), set(), {})
    folders = draw.sample(FOLDERS, draw.randint(1, 4))
    kinds = draw.sample(CONTENTS, draw.randint(1, 6))
    for index in range(draw.randint(0, 12)):
        kind = draw.choice(kinds)
        stem = f"{draw.choice(STEMS)}{index}"
        name = f"{draw.choice(folders)}/{stem}{draw.choice(kind.suffixes)}"
        name = name.lstrip("/")
        (made.good if kind.good else made.bad).add(name)
        made.files[name] = kind.make(index)
    for folder in draw.sample(SKIPPED, draw.randint(0, 2)):
        made.files[f"{folder}/1.png"] = PNG(1)
    for name in draw.sample(NO_PICTURES, draw.randint(0, 3)):
        made.files[name] = b"x"
    return made


def put(root, files):
    root.mkdir()
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def checked(spec, good, bad):
    """Loads a source of which everything is known.

    Args:
        spec: The source.
        good: The names to be used.
        bad: The names to be listed.
    """
    good, bad = (set(map(printable, names)) for names in (good, bad))
    for tolerated in (0.01, ANY_NUMBER):
        try:
            found = describe(spec)
            split = load(spec, size=(4, 4), max_bad_files=tolerated)
        except UserError as error:
            message = error.command_line
            assert "\n" not in message and message.startswith("--data=")
            assert len(bad) > tolerated * len(good | bad) or not good, message
            continue
        assert len(split.train.names) == len(set(split.train.names))
        assert set(split.train.names) == good
        assert {file.name for file in split.bad_files} == bad
        assert split.found == len(split.train) + len(split.bad_files)
        assert found.images + len(found.bad_files) == split.found
        assert {file.name for file in found.bad_files} <= bad
        assert split.train.labels.shape == (
            len(good), len(split.train.vocabulary)
        )  # fmt: skip
        # No label without an image.
        assert split.train.labels.sum(0).all()


@pytest.mark.parametrize("case", range(60))
def test_folders(tmp_path, case):
    draw = random.Random(case)
    made = tree(draw)
    root = tmp_path / "set"
    put(root, made.files)
    put(
        tmp_path / "elsewhere", {"linked.png": PNG(3), "sub/linked.png": PNG(4)}
    )
    bad, good = made.bad, made.good
    if draw.random() < 0.2:
        (root / "gone.png").symlink_to(tmp_path / "nowhere.png")
        bad.add("gone.png")
    if draw.random() < 0.2:
        os.mkfifo(root / "pipe.jpg")
        bad.add("pipe.jpg")
    if draw.random() < 0.2:
        (root / "folder.png").mkdir()
        bad.add("folder.png")
    if draw.random() < 0.2:
        (root / "up").symlink_to(draw.choice([root, tmp_path]))
        bad.add("up")
    if draw.random() < 0.2:
        (root / "link.png").symlink_to(tmp_path / "elsewhere" / "linked.png")
        good.add("link.png")
    if draw.random() < 0.2:
        (root / "linked").symlink_to(tmp_path / "elsewhere")
        good |= {"linked/linked.png", "linked/sub/linked.png"}
    if draw.random() < 0.2:
        name = os.fsdecode(b"latin\xe9\n.png")
        (root / name).write_bytes(PNG(5))
        good.add(name)
    checked(f"folder:{root}", good, bad)


@pytest.mark.parametrize("case", range(50))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_files(tmp_path, case):
    draw = random.Random(case)
    made = tree(draw)
    good, bad = made.good, made.bad
    path = tmp_path / draw.choice(["set.zip", "SET.ZIP", "no ending"])
    separator = draw.choice(["/", "\\"])
    method = draw.choice(
        [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2,
         zipfile.ZIP_LZMA]
    )  # fmt: skip
    outside = draw.choice(["", "", "../out.png", "/etc/out.png"])
    with zipfile.ZipFile(path, "w", method) as archive:
        names = sorted(made.files)
        if outside:
            names.append(outside)
            bad.add(outside)
        if good and draw.random() < 0.3:
            # What is written later is what the name stands for.
            first = min(good)
            names.insert(0, first)
            bad.add(f"{first} (at 0)")
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("/", separator)
            info.compress_type = method
            archive.writestr(info, made.files.get(name, b"x"))
    if draw.random() < 0.2:
        # Something in front of it, as self-extracting archives have.
        path.write_bytes(b"MZ" * 40 + path.read_bytes())
        bad = {n.replace("(at 0)", "(at 80)") for n in bad}
    checked(f"zip:{path}", good, bad)


def table(draw, names):
    """Draws a `tags.csv`: its content, the names it lists, and others."""
    header = draw.choice([("file", "tags"), ("File", "TAGS"), ("file", "tag")])
    listed = [name for name in sorted(names) if draw.random() < 0.9]
    absent = draw.sample(["gone.png", "cat/gone.jpg"], draw.randint(0, 2))
    tags = draw.choice([
        ["red", "blue"], ["green hair", "red"], ["a, b", "c; d"], ["", "x"],
        [""], ["\u732b", "r\0d", "x" * 300],
    ])  # fmt: skip
    spelt = draw.choice([
        str, lambda n: f"./{n}", lambda n: n.replace("/", "\\"), str.upper,
        lambda n: f"/{n}", lambda n: n.replace("/", "//"),
    ])  # fmt: skip
    rows = [(spelt(name), draw.choice(tags)) for name in listed + absent]
    rows += draw.choices(rows, k=draw.randint(0, 3)) if rows else []
    rows += draw.choice([[], [], [(" ", "")]])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=draw.choice(["\n", "\r\n"]))
    writer.writerows([header, *rows])
    encoding = draw.choice(["utf-8", "utf-8-sig"])
    absent = {spelt(n).lstrip("./").replace("\\", "/") for n in absent}
    absent = {n.replace("//", "/") for n in absent}
    return text.getvalue().encode(encoding), set(listed), absent


@pytest.mark.parametrize("case", range(25))
def test_tables(tmp_path, case):
    draw = random.Random(case)
    kinds = draw.sample(CONTENTS, 3)
    files, good, bad = {}, set(), set()
    for index in range(draw.randint(1, 12)):
        kind = draw.choice(kinds)
        folder = draw.choice(["", "cat/", "a b/"])
        name = (
            f"{folder}{draw.choice(STEMS)}{index}{draw.choice(kind.suffixes)}"
        )
        (good if kind.good else bad).add(name)
        files[name] = kind.make(index)
    content, listed, absent = table(draw, files)
    files["tags.csv"] = content
    spec = f"folder:{tmp_path / 'set'}"
    if draw.random() < 0.5:
        put(tmp_path / "set", files)
    else:
        spec = f"zip:{tmp_path / 'set.zip'}"
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for name, one in files.items():
                archive.writestr(name, one)
    # The wrapping folder of a set is stepped into, so a table may lie in it.
    checked(spec, good & listed, bad | (good - listed) | absent)


BROKEN = {
    "no header": b"1.png,red\n2.png,blue\n",
    "other header": b"filename,label\n1.png,red\n",
    "third column": b"file,tags,notes\n1.png,red,x\n",
    "semicolons": b"file;tags\n1.png;red\n",
    "comment": b"# mine\nfile,tags\n1.png,red\n",
    "empty": b"",
    "blank": b"\n \n,\n",
    "utf-16": "file,tags\n1.png,red\n".encode("utf-16"),
    "latin-1": "file,tags\n1.png,gr\u00fcn\n".encode("latin-1"),
    "binary": bytes(range(256)),
    "long cell": b"file,tags\n1.png," + b"x" * 200_000,
    "open quote": b'file,tags\n1.png,"red\n2.png,blue\n',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_tables(tmp_path, kind):
    files = {"1.png": PNG(1), "2.png": PNG(2), "tags.csv": BROKEN[kind]}
    put(tmp_path / "set", files)
    try:
        split = load(f"folder:{tmp_path / 'set'}", size=(4, 4), max_bad_files=9)
    except UserError as error:
        assert kind != "open quote"
        assert "\n" not in str(error) and "tags.csv" in str(error)
    else:
        # The quote takes in the next line, whose picture is then not listed.
        assert kind == "open quote" and split.train.names == ("1.png",)
        assert [bad.name for bad in split.bad_files] == ["2.png"]


@pytest.mark.parametrize("case", range(13))
def test_damaged_zip_files(tmp_path, case):
    """Bytes that changed anywhere, above all in the list of entries."""
    draw = random.Random(case)
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(6):
            archive.writestr(f"{index}.png", PNG(index))
    whole = path.read_bytes()
    listed = whole.find(b"PK\x01\x02")
    for _ in range(20):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            start = draw.choice([0, listed])
            data[draw.randrange(start, len(data))] = draw.randrange(256)
        path.write_bytes(data)
        try:
            split = load(f"zip:{path}", size=(4, 4), max_bad_files=ANY_NUMBER)
        except UserError as error:
            assert "\n" not in str(error)
        else:
            used = len(split.train) + len(split.bad_files)
            assert used == split.found <= 6
