"""Files of flags as people write them; errors name the file and the line."""

import pytest

from tfgan_transfer.commands import flagfiles
from tfgan_transfer.errors import UserError


def texts(*words):
    return [word.text for word in flagfiles.expand(words)]


def test_lines_take_the_place_of_the_file(tmp_path):
    file = tmp_path / "a.flags"
    file.write_text("# why\n\n--steps=4\r\n// not\n--data=folder:my #1 é\n")
    expected = ["--seed=1", "--steps=4", "--data=folder:my #1 é", "--flip"]
    assert texts("--seed=1", f"--flagfile={file}", "--flip") == expected
    assert texts("--seed=1", "--flagfile", str(file), "--flip") == expected


def test_quotes_around_a_value_are_those_of_a_shell(tmp_path):
    file = tmp_path / "a.flags"
    file.write_text("--data=\"folder:my photos\"\n'--tags=a b'\n--class=x'y\n")
    assert texts(f"--flagfile={file}") == [
        "--data=folder:my photos",
        "--tags=a b",
        "--class=x'y",
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_flag(tmp_path):
    file = tmp_path / "a.flags"
    file.write_bytes(b"\xef\xbb\xbf--steps=4\n")
    assert texts(f"--flagfile={file}") == ["--steps=4"]


def test_a_neighbour_is_looked_for_beside_the_file(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.flags").write_text("--flagfile=b.flags\n--c=3\n")
    (tmp_path / "sub" / "b.flags").write_text("--b=2\n")
    monkeypatch.chdir(tmp_path)
    assert texts("--flagfile=sub/a.flags") == ["--b=2", "--c=3"]


@pytest.mark.parametrize(
    "line, words",
    [
        ("--steps = 4", "without blanks around the name"),
        ("--steps 4", "without blanks around the name"),
        ("steps=4", "expected --name=value"),
        ("--steps= 4", "no blank after ="),
        ("--steps=4  # four", "a comment needs a line of its own"),
        ("--flagfile=none.flags", "there is no file 'none.flags'"),
        ("--flagfile=a.flags", "includes itself"),
    ],
)
def test_the_file_and_the_line_are_named(tmp_path, line, words):
    file = tmp_path / "a.flags"
    file.write_text(f"--seed=1\n{line}\n")
    with pytest.raises(UserError, match="a.flags, line 2: ") as caught:
        flagfiles.expand([f"--flagfile={file}"])
    assert words in caught.value.command_line


@pytest.mark.parametrize(
    "content",
    ["--steps=4\n".encode("utf-16"), b"\x7fELF\0\0", b"--data=\xe9\n"],
)
def test_what_is_not_utf_8_is_named(tmp_path, content):
    file = tmp_path / "a.flags"
    file.write_bytes(content)
    with pytest.raises(UserError, match="a.flags' cannot be read"):
        flagfiles.expand([f"--flagfile={file}"])


def test_a_flag_that_absl_refuses_has_its_place():
    words = [
        flagfiles.Word("--steps=4", "a, line 1"),
        flagfiles.Word("--nofilp", "a, line 2"),
        flagfiles.Word("--steps=x"),
    ]
    place = flagfiles.place_of
    assert place(words, "Unknown command line flag 'filp'") == "a, line 2"
    assert place(words[:2], "flag --steps=4: invalid") == "a, line 1"
    assert place(words, "flag --steps=x: invalid") == ""
    assert place(words, "something else") == ""
