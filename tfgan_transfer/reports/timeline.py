"""Sheets of samples that training left behind, under a slider."""

import pathlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tfgan_transfer.markup import Markup, element, joined
from tfgan_transfer.reports import pictures, wording
from tfgan_transfer.reports.page import Section
from tfgan_transfer.settings import schedule
from tfgan_transfer.settings.sizes import parse_size

# Steps that the page keeps: each is a picture of tens of kilobytes.
_STEPS = 16
# Images of a sheet, and rows of a sheet of translations.
_COLUMNS, _ROWS, _TRANSLATED = 5, 5, 6


class Sheet(NamedTuple):
    """What was drawn at one step, uint8 [rows, columns, h, w, C]."""

    step: int
    cells: np.ndarray


def sheets(
    folder: pathlib.Path, name: str, config: Mapping
) -> tuple[list[Sheet], list[str]]:
    """Reads the sheets of one series, oldest first.

    Args:
        folder: `samples/` of a run.
        name: Of the series, such as `"ema"`.
        config: The run's settings.

    Returns:
        At most so many sheets as a page holds, and the names of the files
        that are no such sheets.
    """
    files = sorted(folder.glob(f"{name}-*.png"))
    numbered = [f for f in files if re.fullmatch(r".*-\d+", f.stem)]
    found, damaged = [], []
    for path in pictures.spread(numbered, _STEPS):
        cells = _cells(path, config)
        if cells is None:
            damaged.append(path.name)
        else:
            found.append(Sheet(int(path.stem.rpartition("-")[2]), cells))
    return found, damaged


def _cells(path: pathlib.Path, config: Mapping) -> np.ndarray | None:
    sheet = pictures.read(path)
    return None if sheet is None else pictures.cells(sheet, sizes(config))


def sizes(config: Mapping) -> list[tuple[int, int]]:
    """Sizes that a run's images have had, the last one first."""
    grown = [part.settings.get("size") for part in schedule.of(config)]
    named = [config["size"], *reversed([size for size in grown if size])]
    return [parse_size(size) for size in dict.fromkeys(map(str, named))]


def of_samples(
    folder: pathlib.Path, config: Mapping
) -> tuple[Section | None, list[str]]:
    """Real images beside generated ones, at every step that is kept."""
    found, damaged = sheets(folder, "ema", config)
    missing = _sentences(damaged)
    if not found:
        return None, [*missing, _no_sheets(folder)]
    real = _cells(folder / "real.png", config)
    columns = min(_COLUMNS, found[-1].cells.shape[1])
    figures = []
    if real is not None:
        shown = pictures.still(
            _first(real, columns), "Pictures of the training set, a grid."
        )
        figures.append(_figure("Real pictures", "from your set", shown))
    else:
        missing.append(
            "The real pictures beside the samples: samples/real.png is not "
            "there or damaged."
        )
    frames = [(s.step, _first(s.cells, columns)) for s in found]
    generated = slider("samples", frames, "Generated pictures")
    figures.append(
        _figure("Generated pictures", "none of them exists", generated)
    )
    lead = (
        "The same places of the grid show what the model made of the same "
        "random numbers as it learned."
    )
    if len(frames) > 1:
        lead += " Move the slider to see the training go by."
    body = element("div", *figures, class_="beside")
    return Section("Real, and generated", body, lead), missing


def of_translations(
    folder: pathlib.Path, config: Mapping
) -> tuple[Section | None, list[str]]:
    """Images, their translations and the way back, for both directions."""
    figures, missing = [], []
    for name, (start, end) in {"a2b": "AB", "b2a": "BA"}.items():
        found, damaged = sheets(folder, name, config)
        missing += _sentences(damaged)
        if not found:
            missing.append(_no_sheets(folder, f" from {start} to {end}"))
            continue
        heads = (f"picture of {start}", f"as {end}", f"back to {start}")
        frames = [
            (s.step, pictures.mosaic(_flat(s.cells[:_TRANSLATED]), 3))
            for s in found
        ]
        shown = slider(name, frames, f"Translations from {start} to {end}")
        above = element(
            "div", *(element("span", h) for h in heads), class_="columns"
        )
        figures.append(
            _figure(f"From {start} to {end}", "", joined([above, shown]))
        )
    if not figures:
        return None, missing
    lead = (
        "Each row is one picture, what became of it, and what became of that "
        "on the way back. The better the training went, the more the third "
        "picture is like the first."
    )
    body = element("div", *figures, class_="beside")
    return Section("There and back", body, lead), missing


def slider(
    name: str, frames: Sequence[tuple[int, np.ndarray]], what: str
) -> Markup:
    """A picture for each step, and what chooses among them.

    Without scripts, as in the preview of a mail, the last one is shown.

    Args:
        name: An identity within the page.
        frames: Step, and uint8 [H, W, C].
        what: What they show, in words.
    """
    last = len(frames) - 1
    shown = [
        element(
            "div",
            pictures.still(
                picture, f"{what} after {wording.steps(step)}, a grid."
            ),
            hidden=number != last,
            data_said=wording.steps(step),
        )
        for number, (step, picture) in enumerate(frames)
    ]
    sheets_ = element("div", *shown, id=f"sheets-{name}")
    if not last:
        return sheets_
    said = element("output", for_=f"slider-{name}")
    control = element(
        "input",
        type="range",
        id=f"slider-{name}",
        min=0,
        max=last,
        step=1,
        value=last,
        autocomplete="off",
    )
    label = element(
        "label", element("span", "after"), said, for_=f"slider-{name}"
    )
    time = element(
        "div",
        label,
        control,
        class_="time",
        data_time=f"sheets-{name}",
        hidden=True,
    )
    return joined([sheets_, time])


def _figure(title: str, about: str, shown: Markup) -> Markup:
    caption = element(
        "figcaption", element("b", title), f", {about}" if about else None
    )
    return element("figure", caption, shown)


def _flat(cells: np.ndarray) -> np.ndarray:
    return cells.reshape(-1, *cells.shape[2:])


def _first(cells: np.ndarray, columns: int) -> np.ndarray:
    """The first images of a sheet, as a sheet that a phone can show."""
    batch = _flat(cells)[: columns * _ROWS]
    # What a sheet has no image for is white.
    there = [image for image in batch if (image < 255).any()]
    return pictures.mosaic(np.stack(there or [batch[0]]), columns)


def _sentences(damaged: Iterable[str]) -> list[str]:
    return [
        f"samples/{name}: it cannot be read, or is no sheet of this run's "
        "pictures."
        for name in damaged
    ]


def _no_sheets(folder: pathlib.Path, which: str = "") -> str:
    return (
        f"Pictures over time{which}: there are none in {folder}; a run with "
        "--sample_every=0 keeps none."
    )
