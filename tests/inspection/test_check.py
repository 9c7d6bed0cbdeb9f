"""`check` from a folder to what it prints, writes and ends with."""

import html.parser
import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from tests.support.running import commands  # noqa: F401
from tfgan_transfer.inspection import findings, page, summary, survey

CHECK = "tfgan_transfer.check"


def _save(folder, name, pixels, size=(96, 96)):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize(size).save(path)


@pytest.fixture(scope="module")
def messy(tmp_path_factory, photographs):
    """40 pictures of two classes, and one of everything that is wrong."""
    folder = tmp_path_factory.mktemp("messy")
    for row in range(40):
        kind = "many" if row < 36 else "few"
        _save(folder, f"{kind}/{row:02d}.png", photographs[row])
    _save(folder, "few/05 <u>again.jpg", photographs[5][:, ::-1], (120, 120))
    _save(folder, "many/wide.png", photographs[45], (300, 100))
    _save(folder, "many/tiny.png", photographs[47], (20, 20))
    _save(folder, "many/white.png", np.full((96, 96, 3), 255, np.uint8))
    grey = np.asarray(Image.fromarray(photographs[49]).convert("L"))
    _save(folder, "many/grey.png", grey)
    (folder / "many" / "<b>broken&.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def seen(messy):
    return survey.take(f"folder:{messy}", (64, 64))


def _names(found, kind):
    (finding,) = [f for f in found if f.kind == kind]
    return [item.names for item in finding.items]


def test_everything_planted_is_found(seen):
    found = findings.of(seen)
    assert _names(found, "unreadable") == [("many/<b>broken&.png",)]
    assert _names(found, "duplicates") == [
        ("few/05 <u>again.jpg", "many/05.png")
    ]
    assert _names(found, "blank") == [("many/white.png",)]
    assert _names(found, "grey") == [("many/grey.png",)]
    assert _names(found, "cropped") == [("many/wide.png",)]
    assert _names(found, "small") == [("many/tiny.png",)]
    assert _names(found, "tiny") == [("few",)]
    notes = {f.kind: f.items[0].note for f in found}
    assert notes["duplicates"] == "mirrored; with different labels"
    assert notes["cropped"] == "67% cut off"
    assert notes["small"] == "20 x 20 px"
    assert notes["tiny"] == "5 pictures"
    assert notes["unreadable"] == "not an image of a known format"


def test_other_fits_cut_nothing_off(messy):
    padded = survey.take(f"folder:{messy}", (64, 64), fit="pad")
    assert "cropped" not in {f.kind for f in findings.of(padded)}


def test_of_three_copies_the_mirrored_one_is_named(tmp_path, photographs):
    for row in range(4):
        _save(tmp_path, f"image_{row}.png", photographs[row])
    whole = (tmp_path / "image_2.png").read_bytes()
    (tmp_path / "copy.png").write_bytes(whole)
    _save(tmp_path, "mirror.png", photographs[2][:, ::-1])
    seen = survey.take(f"folder:{tmp_path}", (64, 64))
    (found,) = [f for f in findings.of(seen) if f.kind == "duplicates"]
    (item,) = found.items
    assert item.names == ("copy.png", "image_2.png", "mirror.png")
    assert item.note == "mirrored: mirror.png"
    line = "    copy.png = image_2.png = mirror.png (mirrored: mirror.png)"
    assert line in summary.lines(seen, [found])
    # The first is the one to keep, and no mirror image of itself.
    _save(tmp_path, "mirror.png", photographs[2][:, ::-1], (120, 120))
    seen = survey.take(f"folder:{tmp_path}", (64, 64))
    (found,) = [f for f in findings.of(seen) if f.kind == "duplicates"]
    (item,) = found.items
    assert item.names == ("mirror.png", "copy.png", "image_2.png")
    assert item.note == "mirrored: copy.png, image_2.png"


def test_all_grey_is_not_grey_among_colour(tmp_path, photographs):
    for row in range(6):
        grey = np.asarray(Image.fromarray(photographs[row]).convert("L"))
        _save(tmp_path, f"{row}.png", grey)
    seen = survey.take(f"folder:{tmp_path}", (64, 64))
    assert seen.grey.all() and findings.of(seen) == []
    _save(tmp_path, "colour.png", photographs[7])
    found = findings.of(survey.take(f"folder:{tmp_path}", (64, 64)))
    assert _names(found, "coloured") == [("colour.png",)]


def test_lines_fit_a_terminal_page_and_name_an_example(seen):
    lines = summary.lines(seen, findings.of(seen))
    assert len(lines) <= 28
    text = "\n".join(lines)
    assert "45 can be used, 1 cannot be read" in text
    assert "many/05.png" in text and "2, of 5 to 40 pictures" in text


class _Reader(html.parser.HTMLParser):
    """Collects tags, where they lead, and the text."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        named = dict(attributes)
        self.links += [named[k] for k in ("src", "href") if k in named]

    def handle_data(self, text):
        self.text += text


def test_page_holds_pictures_and_needs_no_network(seen):
    found = findings.of(seen)
    reader = _Reader()
    reader.feed(page.render(seen, found))
    assert {
        link.partition(":")[0] for link in reader.links if link[0] != "#"
    } == {"data"}
    # Every finding's pictures, and the picture that loses most to the crop.
    pictured = sum(len(i.names) for f in found if f.pictured for i in f.items)
    assert reader.tags.count("img") == pictured + 1
    assert "script" not in reader.tags
    assert reader.tags.count("b") == reader.tags.count("u") == 0
    assert "many/<b>broken&.png" in reader.text
    for finding in found:
        assert finding.sentence in reader.text


def test_page_of_many_duplicates_stays_small(seen):
    items = tuple(
        findings.Item(("many/00.png", "many/01.png")) for _ in range(60)
    )
    many = findings.Finding("duplicates", "many of them", items)
    reader = _Reader()
    reader.feed(page.render(seen, [many]))
    assert reader.tags.count("img") == 80 + 1
    assert "and 20 more" in reader.text


def test_exit_codes_for_scripts(commands, messy, tmp_path, photographs):  # noqa: F811
    clean = tmp_path / "clean"
    for row in range(12):
        _save(clean, f"{row}.png", photographs[row])
    finished = commands.run(CHECK, f"--data=folder:{clean}")
    assert finished.code == 0, finished.err
    # That there are few is no thing to mend, and a thing to know.
    last = "nothing to mend in these pictures; more of them would help"
    assert finished.out.splitlines()[-1] == last
    assert "very few        expect pictures much like these" in finished.out

    out = tmp_path / "deep" / "page.html"
    finished = commands.run(
        CHECK, f"--data=folder:{messy}", "--json", f"--out={out}"
    )
    assert finished.code == 1, finished.err
    kept = json.loads(finished.out)
    assert kept["pictures"] == 45 and kept["labels"] == {"many": 40, "few": 5}
    kinds = [finding["kind"] for finding in kept["findings"]]
    assert kinds[:3] == ["unreadable", "duplicates", "blank"]
    assert kept["size"] == [64, 64]
    assert pathlib.Path(out).read_text().startswith("<!doctype html>")

    finished = commands.run(CHECK, f"--data=folder:{tmp_path / 'absent'}")
    assert finished.code == 2
    assert "no such folder" in finished.err


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "--data: expected the images to look at"),
        (("--data=digits", "--out=page.pdf"), "--out: expected the name of a"),
        (("--data=digits", "--size=4"), "--size: expected a side"),
    ],
)
def test_mistakes(commands, arguments, said):  # noqa: F811
    finished = commands.run(CHECK, *arguments)
    assert finished.code == 2
    assert said in finished.err and len(finished.err.splitlines()) == 1


def test_only_the_given_classes_are_looked_at(messy):
    seen = survey.take(f"folder:{messy}", (64, 64), classes=("few",))
    assert seen.balance.counts == {"few": 5}
    assert len(seen.names) == 5
