"""Prompts in the words of a vocabulary."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import prompts as in_graph
from tfgan_transfer.trained import prompts

TAGS = ["blue_eyes", "blue_hair", "green_hair", "long dark hair", "glass"]
RECORD = {
    "generator": {"num_labels": len(TAGS)},
    "data": {"vocabulary": TAGS},
}


def named(**given):
    """The names of the tags of each prompt."""
    return [
        {TAGS[i] for i in np.flatnonzero(prompt.label)}
        for prompt in prompts.read(given, RECORD)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "green hair blue eyes",
        "blue eyes green hair",
        "Green_Hair, blue_eye",
        "green hairs and blue eyes",
    ],
)
def test_free_order_plural_and_underscores(text):
    assert named(tags=text) == [{"green_hair", "blue_eyes"}]


def test_the_longest_tag_wins():
    assert named(tags="long dark hair glass") == [{"long dark hair", "glass"}]


def test_an_exported_model_reads_the_same():
    texts = ["Green hairs, and blue_eye", "long dark hair glass", "blue-hair"]
    found = in_graph.parse(tf.constant(texts), TAGS).numpy()
    for text, label in zip(texts, found, strict=True):
        [prompt] = prompts.read({"tags": text}, RECORD)
        np.testing.assert_array_equal(prompt.label, label)
    with pytest.raises(tf.errors.InvalidArgumentError):
        in_graph.parse(tf.constant(["gren hair"]), TAGS)


def test_nothing_asked_for():
    assert prompts.read({}, RECORD) == []


def test_class_name():
    [prompt] = prompts.read({"class": "blue_hair"}, RECORD)
    np.testing.assert_array_equal(prompt.label, [0, 1, 0, 0, 0])


def test_a_file_of_prompts(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_text("1,green hair blue eyes\n\nb,blue hair\n")
    read = prompts.read({"prompts": str(path)}, RECORD)
    assert [prompt.name for prompt in read] == ["1", "b"]
    assert named(prompts=str(path)) == [
        {"green_hair", "blue_eyes"},
        {"blue_hair"},
    ]


@pytest.mark.parametrize(
    "given, message",
    [
        (
            {"tags": "gren hair"},
            "--tags: 'gren hair' is unknown; did you mean 'green_hair'? "
            "Expected some of: blue_eyes, blue_hair, green_hair, long dark "
            "hair, glass",
        ),
        ({"tags": "and"}, "--tags: 'and' is unknown. Expected some"),
        ({"class": "hair"}, "--class: 'hair' is unknown"),
        (
            {"tags": "glass", "class": "glass"},
            "--tags: expected one of --tags, --class and --prompts",
        ),
        ({"prompts": "nowhere.csv"}, "--prompts: 'nowhere.csv' cannot be read"),
    ],
)
def test_refused(given, message):
    with pytest.raises(UserError) as error:
        prompts.read(given, RECORD)
    assert error.value.command_line.startswith(message)
    assert "\n" not in error.value.command_line


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "holds no prompt"),
        (b"no comma\n", "expected an id, a comma and a prompt"),
        (b",glass\n", "its id is empty"),
        (b" ,glass\n", "its id is empty"),
        (b"../x,glass\n", "its id has a slash"),
        (b"..\\x,glass\n", "its id has a slash"),
        (b"/x,glass\n", "its id has a slash"),
        (b"..,glass\n", "its id begins with a dot"),
        (b".x,glass\n", "its id begins with a dot"),
        (b"a\x1b[2J,glass\n", "its id has characters that cannot be seen"),
        (b"a\0b,glass\n", "its id has characters that cannot be seen"),
        ("\u202ea,glass\n".encode(), "its id has characters that cannot"),
        (b"x" * 245 + b",glass\n", "its id has 245 bytes, too many"),
        ("é".encode() * 123 + b",glass\n", "its id has 246 bytes, too many"),
        (b"1,glass\n1,blue eyes\n", "row 2 of .* its id is that of row 1"),
        (b"A,glass\n\na,glass\n", "row 2 of .* its id is that of row 1"),
        ("é,glass\ne\u0301,glass\n".encode(), "its id is that of row 1"),
        (b"1," + b"glass " * 30_000, "cannot be read (field larger"),
        ("1,glass".encode("utf-16"), "cannot be read"),
    ],
)
def test_refused_files(tmp_path, content, said):
    path = tmp_path / "prompts.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        prompts.read({"prompts": str(path)}, RECORD)
    line = error.value.command_line
    assert line.startswith("--prompts: ") and "\n" not in line
    assert re.search(said.replace("(", r"\("), line), line
    assert len(line) < 600 + len(str(path))


def test_ids_in_any_writing(tmp_path):
    """Also behind the mark that spreadsheets write."""
    path = tmp_path / "prompts.csv"
    ids = ["1", "é中", "\N{GRINNING FACE}", "-rf", "x" * 244, "$(id) %s"]
    text = "".join(f"{one},glass\n" for one in ids)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    read = prompts.read({"prompts": str(path)}, RECORD)
    assert [prompt.name for prompt in read] == ids


@pytest.mark.parametrize(
    "label, name",
    [
        ("../../x", "_.._x"),
        ("a/b: \x1b", "a_b_ _"),
        ("...", "_"),
        ("é" * 200, "é" * 122),
    ],
)
def test_a_label_does_not_say_where_its_pictures_go(label, name):
    """The words of a checkpoint are those of whoever made it."""
    record = {**RECORD, "data": {"vocabulary": [label, *TAGS[1:]]}}
    [prompt] = prompts.read({"class": label}, record)
    assert prompt.name == name
    np.testing.assert_array_equal(prompt.label, [1, 0, 0, 0, 0])


def test_a_generator_without_labels():
    record = {"generator": {}, "data": {"vocabulary": TAGS}}
    with pytest.raises(UserError, match="model=acgan"):
        prompts.read({"tags": "glass"}, record)
