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
        (["1.png"], b"file,tags\n1.png, \n", ("no image a tag", "second")),
        (["1.png"], b"file,tags\n", ("no image a tag",)),
    ],
)
def test_unclear_layouts_give_no_labels_and_say_why(names, table, parts):
    found = labels(names, **({} if table is None else {"tags": table}))
    assert (found.mode, found.vocabulary, found.active) == ("none", (), {})
    assert "\n" not in found.unlabelled
    for part in parts:
        assert part in found.unlabelled


@pytest.mark.parametrize(
    "table, parts",
    [
        (b"name;tags\n", ("file,tags", "name;tags")),
        (b"", ("file,tags",)),
        (b"\xff\xfe\x00f", ("UTF-8",)),
    ],
)
def test_malformed_tables_are_refused_in_one_line(table, parts):
    with pytest.raises(UserError) as caught:
        labels(["1.png"], tags=table)
    assert "\n" not in caught.value.command_line
    for part in ("--data=folder:x", *parts):
        assert part in caught.value.command_line


def tagged(table, names=("1.png", "2.png")):
    """The tags of each image, by name."""
    found = labels(list(names), tags=table)
    return {
        name: [found.vocabulary[i] for i in active]
        for name, active in found.active.items()
    }


def test_rows_of_one_file_add_up():
    table = b"file,tags\n1.png,x\n2.png,y\n./1.png,z\n1.PNG,x w\n"
    assert tagged(table) == {"1.png": ["w", "x", "z"], "2.png": ["y"]}


def test_blanks_belong_to_tags_where_commas_separate_them():
    table = b'file,tags\n1.png,"green hair, blue  eyes"\n2.png,green hair\n'
    expected = {"1.png": ["blue eyes", "green hair"], "2.png": ["green hair"]}
    assert tagged(table) == expected
    assert tagged(table.replace(b", ", b"; ")) == expected
    # A comma after the last tag separates nothing.
    table = b"file,tags\n1.png,green hair,\n2.png,green\n"
    assert tagged(table) == {"1.png": ["green", "hair"], "2.png": ["green"]}


def test_a_column_of_one_tag_keeps_it_as_it_is_written():
    table = b'File,Tag\n1.png,"green hair, long"\n2.png,x y\n2.png,z\n'
    expected = {"1.png": ["green hair, long"], "2.png": ["x y", "z"]}
    assert tagged(table) == expected


@pytest.mark.parametrize(
    "written", ["./a/1.png", "a//1.png", "/a/1.png", "A\\1.PNG", "b/../a/1.png"]
)
def test_other_spellings_of_a_path_match(written):
    table = f"file,tags\n{written},x\n".encode()
    assert tagged(table, ["a/1.png", "2.png"]) == {"a/1.png": ["x"]}


def test_case_tells_files_apart_that_differ_in_nothing_else():
    names = ["a.png", "A.png"]
    table = b"file,tags\nA.png,x\na.png,y\nA.PNG,z\n"
    assert tagged(table, names) == {"a.png": ["y"], "A.png": ["x"]}
    found = labels(names, tags=table)
    assert found.problems == {"A.PNG": "listed in tags.csv but missing"}


def test_what_matches_nothing_is_listed_once_and_names_no_tag():
    table = b"file,tags\n1.png,x\n9.png,y\n9.png,z\n,x\n , \n\n"
    found = labels(["1.png", "2.png"], tags=table)
    assert found.vocabulary == ("x",)
    assert found.problems == {
        "2.png": "not listed in tags.csv",
        "9.png": "listed in tags.csv but missing",
        "tags.csv, a row without a file": "listed in tags.csv but missing",
    }
