"""Where a page can be written is judged before it is made."""

import importlib.resources
import re

import pytest

from tfgan_transfer.commands import pages
from tfgan_transfer.errors import UserError


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file.txt/page.html", "a part of its path is a file"),
        ("folder.html", "it is a folder"),
        ("/proc/none/page.html", "No such file or directory"),
        ("/proc/page.html", "No such file or directory"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused(tmp_path, name, words):
    (tmp_path / "file.txt").write_text("kept")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=re.escape(words)) as caught:
        pages.prepare(tmp_path / name)
    page = name.rpartition("/")[2]
    assert f"such as --out={page}" in caught.value.command_line
    assert (tmp_path / "file.txt").read_text() == "kept"


def test_its_folder_is_made(tmp_path):
    pages.prepare(tmp_path / "a" / "b" / "page.html")
    assert (tmp_path / "a" / "b").is_dir()
    pages.prepare(tmp_path / "a" / "b" / "page.html")


def test_nothing_is_looked_at_before(commands, tmp_path):
    blocked = tmp_path / "file.txt"
    blocked.write_text("")
    out = f"--out={blocked}/page.html"
    for command in (
        ["check", f"--data=folder:{tmp_path / 'none'}"],
        ["report", f"--run_dir={tmp_path / 'none'}"],
    ):
        done = commands.run(f"tfgan_transfer.{command[0]}", command[1], out)
        assert done.code == 2 and "no page can be written" in done.err
        assert done.err.count("\n") == 1


def test_only_a_page_of_its_own_is_written_over(tmp_path):
    page = tmp_path / "index.html"
    page.write_text("<p>mine</p>")
    with pytest.raises(UserError, match="give another name") as caught:
        pages.prepare(page)
    assert "--overwrite" not in caught.value.command_line
    for room in ("inspection", "reports"):
        template = importlib.resources.files("tfgan_transfer") / room
        page.write_bytes((template / "page.html").read_bytes())
        pages.prepare(page)
