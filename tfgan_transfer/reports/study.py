"""The report of a study: the tables and pictures that it wrote."""

import pathlib
import re
from collections.abc import Iterator

from tfgan_transfer.errors import UserError
from tfgan_transfer.markup import (
    Markup,
    element,
    folded,
    joined,
    table,
)
from tfgan_transfer.reports import page, pictures
from tfgan_transfer.reports.page import Header, Section
from tfgan_transfer.training import run_directory

TABLES, ROWS = "tables.md", "rows.jsonl"
_SAMPLES = "_samples.png"


def rendered(path: pathlib.Path) -> str:
    """The page of a study as HTML.

    Args:
        path: The study's directory.

    Raises:
        UserError: If it holds no study.
    """
    try:
        text = (path / TABLES).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"--study_dir: {str(path)!r} holds no {TABLES} "
            f"({error.strerror}); expected a directory in which `study` has "
            "finished"
        ) from error
    rows = list(run_directory.rows(path / ROWS))
    missing: list[str] = []
    sections = [
        *_pictures(path, missing),
        *_tables(text),
        *_times(rows),
    ]
    return page.rendered(_header(path, rows), sections, missing)


def _header(path: pathlib.Path, rows: list[dict]) -> Header:
    cells = [row["cell"] for row in rows if isinstance(row.get("cell"), dict)]

    def distinct(name: str) -> list[str]:
        return list(dict.fromkeys(str(cell.get(name)) for cell in cells))

    variants = distinct("variant")
    lead = (
        f"{len(cells)} trainings side by side, set up in different ways: "
        f"{', '.join(variants)}."
    )
    return Header(
        "Study",
        path.resolve().name,
        [lead],
        {
            "trainings": len(cells),
            "pictures": ", ".join(
                "all" if size == "None" else size for size in distinct("images")
            ),
            "seeds": len(distinct("seed")),
            "targets": ", ".join(distinct("target")),
        },
    )


def _pictures(path: pathlib.Path, missing: list[str]) -> Iterator[Section]:
    """What `study` drew: samples side by side, then curves."""
    found = sorted(path.glob("*.png"), key=lambda file: _natural(file.name))
    samples = [file for file in found if file.name.endswith(_SAMPLES)]
    curves = [file for file in found if file not in samples]
    for title, files, what in (
        ("Samples side by side", samples, "Samples of each kind of training"),
        ("How they learned", curves, "Curves of a metric over steps"),
    ):
        figures = []
        for file in files:
            name = file.stem.removesuffix(_SAMPLES.removesuffix(".png"))
            picture = pictures.read(file)
            if picture is None:
                missing.append(f"{file.name}: it cannot be read.")
                continue
            shown = pictures.still(picture, f"{what}, {name}.", wide=0)
            caption = element("figcaption", element("b", name))
            sheet = element("div", shown, class_="drawing")
            figures.append(element("figure", caption, sheet))
        if figures:
            yield Section(title, element("div", *figures, class_="stacked"))
        else:
            missing.append(f"{title}: the study has no such pictures.")


def _natural(name: str) -> list[str]:
    """Puts 50 before 100."""
    return [part.zfill(9) for part in re.split(r"(\d+)", name)]


def _tables(text: str) -> Iterator[Section]:
    """The file of tables, a section for each of its headings."""
    heading, body = "How to read the tables", []
    for block in re.split(r"\n{2,}", text.strip()):
        if block.startswith("## "):
            if body:
                yield Section(heading, joined(body))
            # Their numbers are those of the paper's tables.
            heading = re.sub(r"^## (Table \d+: )?", "", block).capitalize()
            body = []
        else:
            body.append(_block(block))
    if body:
        yield Section(heading, joined(body))


def _block(text: str) -> Markup:
    """A paragraph, list, caption or table of `tables.md`."""
    lines = text.splitlines()
    if text.startswith("| "):
        head, _, *rows = [_cells(line) for line in lines]
        return table(head, rows)
    if text.startswith("- "):
        items = [element("li", line.removeprefix("- ")) for line in lines]
        return folded("How it was measured", element("ul", *items))
    if text.startswith("**"):
        return element("h3", text.strip("*"))
    if text.startswith("`"):
        code = element("code", text.strip("`"))
        return folded("The command", element("pre", code, tabindex=0))
    words = re.split(r"`([^`]*)`", text)
    for place in range(1, len(words), 2):
        words[place] = element("code", words[place])
    return element("p", *words)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _times(rows: list[dict]) -> Iterator[Section]:
    lines = [
        (
            "{variant}, seed {seed}".format(**row["cell"]),
            row["cell"]["images"] or "all",
            row["cell"]["source"] or "nothing",
            f"{row['seconds']:,.0f} s",
        )
        for row in rows
        if {"cell", "seconds"} <= row.keys()
    ]
    if lines:
        head = ["training", "pictures", "started from", "time"]
        yield Section("The trainings", folded("Show all", table(head, lines)))
