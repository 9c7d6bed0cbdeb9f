import os
import warnings
from pathlib import Path

import pytest
from PIL import Image

from tfgan_transfer.errors import UserError


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


def test_one_percent_of_damage_is_skipped_and_named(
    tmp_path, capfd, fill_folder, loaded, check_contents
):
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


def test_bad_files_give_their_place_to_the_next(tmp_path, fill_folder, loaded):
    folder = fill_folder(tmp_path / "set", 200)
    order = loaded(folder).train.names
    for name in (order[1], order[3], order[-2]):
        (folder / name).write_bytes(b"")
    split = loaded(folder, limit=4, holdout=2, max_bad_files=3)
    assert split.train.names == (order[0], order[4], order[2], order[5])
    assert split.holdout.names == (order[-1], order[-3])
    assert len(split.bad_files) == 3


def test_five_percent_of_damage_stops_with_one_sentence(
    tmp_path, fill_folder, loaded
):
    folder = fill_folder(tmp_path / "set", 200)
    kinds = ["empty", "text", "truncated", "bomb", "loop", "directory", "pipe"]
    spoilt = damage(folder, kinds + kinds[:3])
    with pytest.raises(UserError) as caught:
        loaded(folder)
    message = caught.value.command_line
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


def test_files_without_permission_are_named(
    tmp_path, monkeypatch, fill_folder, loaded
):
    folder = fill_folder(tmp_path / "set", 3)
    read = Path.read_bytes

    def refuse(path):
        if path.name == "0001.png":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (bad,) = loaded(folder, max_bad_files=1).bad_files
    assert (bad.name, bad.reason) == ("0001.png", "no permission to read it")


def test_nothing_left_to_train_on(tmp_path, fill_folder, loaded):
    folder = fill_folder(tmp_path / "set", 2)
    (folder / loaded(folder).train.names[0]).write_bytes(b"")
    with pytest.raises(UserError, match="left to train on.*holdout=1"):
        loaded(folder, holdout=1, max_bad_files=1)
    with pytest.raises(UserError, match="max_bad_files must be"):
        loaded(folder, max_bad_files=-1)


def test_names_that_are_no_text_stay_printable(tmp_path, fill_folder, loaded):
    folder = fill_folder(tmp_path / "set", 2)
    os.rename(folder / "0001.png", os.fsencode(folder) + b"/\xff\nx.png")
    (folder / "0000.png").write_bytes(b"")
    split = loaded(folder, max_bad_files=1)
    assert split.train.names == ("\\udcff\\x0ax.png",)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\nx.png")).write_bytes(b"")
    with pytest.raises(UserError) as caught:
        loaded(folder, max_bad_files=2)
    assert (
        "\n" not in caught.value.command_line
        and "2 of 2" in caught.value.command_line
    )


def test_unlisted_and_missing_files_of_a_tag_table(
    tmp_path, fill_folder, loaded
):
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
