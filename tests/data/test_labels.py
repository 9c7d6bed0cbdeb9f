import pytest

from tfgan_transfer.data.labels import infer
from tfgan_transfer.errors import UserError


def labels(names, **files):
    content = {k.replace("__", "/") + ".csv": v for k, v in files.items()}
    return infer("folder:x", names, lambda name: content.get(name))


def test_flat_has_no_labels():
    found = labels(["b.png", "a.png"])
    assert (found.mode, found.vocabulary, found.active) == ("none", (), {})


def test_class_folders_are_sorted():
    found = labels(["dog/1.png", "cat/1.png", "dog/2.png", "dog/more/3.png"])
    assert found.mode == "class" and found.vocabulary == ("cat", "dog")
    assert found.active["cat/1.png"] == (0,)
    assert found.active["dog/more/3.png"] == (1,)


def test_a_lone_wrapper_is_stepped_into():
    assert labels(["photos/1.png", "photos/2.png"]).mode == "none"
    found = labels(["set/train/a/1.png", "set/train/b/2.png"])
    assert found.vocabulary == ("a", "b")


@pytest.mark.parametrize("separator", [" ", ";", ",", " ; "])
def test_tags_are_split_at_spaces_semicolons_and_commas(separator):
    table = f"file,tags\n1.png,red{separator}big\n2.png,red\n3.png,\n".encode()
    found = labels(["1.png", "2.png", "3.png"], tags=table)
    assert found.mode == "tags" and found.vocabulary == ("big", "red")
    assert found.active == {"1.png": (0, 1), "2.png": (1,), "3.png": ()}
    assert found.problems == {}


def test_tags_in_a_wrapper_with_subfolders_accents_and_a_byte_order_mark():
    table = "\ufefffile,tags\nsub\\e\u0301.png,x\n".encode()
    name = "set/sub/\u00e9.png"
    assert labels([name], set__tags=table).active == {name: (0,)}


def test_tags_name_what_does_not_match():
    found = labels(["1.png", "2.png"], tags=b"file,tags\n1.png,a\n9.png,a\n")
    assert found.problems == {
        "2.png": "not listed in tags.csv",
        "9.png": "listed in tags.csv but missing",
    }


@pytest.mark.parametrize(
    "names, table, parts",
    [
        (["1.png", "a/2.png", "b/3.png"], None, ("1 images", "a, b", "#a")),
        (["a/x/2.png", "b/x/3.png"], None, ("only folders", "#a")),
        (["1.png"], b"name;tags\n", ("file,tags", "name;tags")),
        (["1.png"], b"", ("file,tags",)),
        (["1.png"], b"\xff\xfe\x00f", ("UTF-8",)),
    ],
)
def test_unclear_layouts_are_refused_in_one_line(names, table, parts):
    with pytest.raises(UserError) as caught:
        labels(names, **({} if table is None else {"tags": table}))
    assert "\n" not in str(caught.value)
    for part in ("--data=folder:x", *parts):
        assert part in str(caught.value)
