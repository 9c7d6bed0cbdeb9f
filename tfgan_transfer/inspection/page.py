"""A survey as one page: pictures inside, no network, no script."""

import base64
import io
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from PIL import Image

from tfgan_transfer.data import originals
from tfgan_transfer.inspection import summary
from tfgan_transfer.inspection.findings import Finding, Item
from tfgan_transfer.inspection.survey import Survey
from tfgan_transfer.markup import Markup, element, joined, markup

_TEMPLATE = pathlib.Path(__file__).with_name("page.html")
# Of one finding; with more the page would be too large to send.
_MOST_ITEMS = 40
_MOST_COPIES = 6
_MOST_LABELS = 60
_SIDE = 160
_CROPS = 12

Pictures = Mapping[str, np.ndarray]


def render(survey: Survey, findings: Sequence[Finding]) -> str:
    """The page. Everything that a user or a file named is escaped."""
    crops = _strongest_crops(survey)
    shown = [name for f in findings if f.pictured for name in _shown(f)]
    pictures = originals.pictures(survey.spec, [*shown, *crops], _SIDE)
    body = [
        element("h1", survey.spec),
        _facts(survey),
        _to_do(findings),
        *(_finding(finding, pictures) for finding in findings),
        _charts(survey),
        _crops(survey, crops, pictures),
        _labels(survey),
    ]
    page = _TEMPLATE.read_text(encoding="utf-8")
    page = page.replace("{{title}}", markup(f"check: {survey.spec}"))
    return page.replace("{{body}}", joined(body))


def _section(title: str, *content: object, **attributes: object) -> Markup:
    return element("section", element("h2", title), *content, **attributes)


def _facts(survey: Survey) -> Markup:
    rows = [*summary.facts(survey), *(("note", r) for r in survey.remarks)]
    terms = [
        joined([element("dt", word), element("dd", text)])
        for word, text in rows
    ]
    return element("section", element("dl", *terms))


def _to_do(findings: Sequence[Finding]) -> Markup:
    if not findings:
        return _section(summary.NOTHING)
    lines = [
        element("li", element("a", f.sentence, href=f"#{f.kind}"))
        for f in findings
    ]
    return _section("What to do", element("ul", *lines), class_="todo")


def _shown(finding: Finding) -> Iterable[str]:
    for item in finding.items[:_MOST_ITEMS]:
        yield from item.names[:_MOST_COPIES]


def _finding(finding: Finding, pictures: Pictures) -> Markup:
    items = finding.items[:_MOST_ITEMS]
    if finding.pictured:
        inside = _pictures(_figure(item, pictures) for item in items)
    else:
        rows = [(" ".join(item.names), item.note) for item in items]
        inside = element("table", *(_row(*row) for row in rows))
    more = len(finding.items) - len(items)
    return _section(
        finding.kind.capitalize(),
        element("div", finding.sentence),
        inside,
        _more(f"and {more:,} more: --json lists all") if more else None,
        id=finding.kind,
    )


def _pictures(figures: Iterable[Markup]) -> Markup:
    return element("div", *figures, class_="pictures")


def _row(*cells: object) -> Markup:
    return element("tr", *(element("td", cell) for cell in cells))


def _more(text: str) -> Markup:
    return element("p", text, class_="more")


def _figure(item: Item, pictures: Pictures) -> Markup:
    shown = item.names[:_MOST_COPIES]
    more = len(item.names) - len(shown)
    names = " = ".join(shown) + (f" and {more} more" if more else "")
    return element(
        "figure",
        element("div", *(_image(n, pictures) for n in shown), class_="row"),
        _caption(names, item.note),
        class_="group" if len(item.names) > 1 else None,
    )


def _caption(first: str, second: str) -> Markup:
    rest = [element("br"), second] if second else []
    return element("figcaption", first, *rest)


def _image(name: str, pictures: Pictures) -> Markup | None:
    if name not in pictures:
        return None
    content = io.BytesIO()
    Image.fromarray(pictures[name]).save(content, "JPEG", quality=85)
    data = base64.b64encode(content.getvalue()).decode()
    return element("img", alt=name, src=f"data:image/jpeg;base64,{data}")


def _strongest_crops(survey: Survey) -> list[str]:
    if survey.fit != "crop":
        return []
    share = survey.shapes.cut_off(survey.size)
    rows = np.argsort(-share, kind="stable")[:_CROPS]
    return [survey.names[row] for row in rows if share[row] > 0.01]


def _crops(
    survey: Survey, names: Sequence[str], pictures: Pictures
) -> Markup | None:
    """The pictures of which most is cut off, what is cut off darkened."""
    if not names:
        return None
    rows = {name: row for row, name in enumerate(survey.names)}
    share = survey.shapes.cut_off(survey.size)
    figures = []
    for name in names:
        cut = share[rows[name]]
        height, width = (part[rows[name]] for part in survey.shapes)
        veils = _veils(width / height, survey.size[1] / survey.size[0], cut)
        frame = element("div", _image(name, pictures), *veils, class_="frame")
        caption = _caption(name, f"{cut:.0%} cut off")
        figures.append(element("figure", frame, caption))
    return _section(
        "What the crop cuts off",
        element("div", "The pictures that lose most; the dark parts stay out."),
        _pictures(figures),
    )


def _veils(shape: float, wanted: float, cut: float) -> Iterator[Markup]:
    """What darkens the two ends of a picture that are cut off.

    Args:
        shape: Width by height of the picture.
        wanted: That of what is left.
        cut: Share that both ends have together.
    """
    ends, across, along = ("top", "bottom"), "height", "left:0;right:0"
    if shape > wanted:
        ends, across, along = ("left", "right"), "width", "top:0;bottom:0"
    for end in ends:
        style = f"{end}:0;{along};{across}:{cut / 2:.2%}"
        yield element("i", style=style)


def _charts(survey: Survey) -> Markup:
    columns = {
        "width, px": survey.shapes.widths,
        "height, px": survey.shapes.heights,
        "width by height": survey.shapes.widths / survey.shapes.heights,
    }
    charts = [_histogram(*column) for column in columns.items()]
    inside = element("div", *charts, class_="charts")
    return _section("Sizes and shapes", inside)


def _histogram(title: str, values: np.ndarray) -> Markup:
    low, high = float(values.min()), float(values.max())
    if low == high:
        return element("div", f"{title}: {low:g}")
    counts, _ = np.histogram(values, bins=20)
    tall = 76 * counts / counts.max()
    bars = [
        element(
            "rect",
            x=10 * place + 1,
            width=8,
            y=f"{80 - height:.1f}",
            height=f"{height:.1f}",
            fill="currentColor",
        )
        for place, height in enumerate(tall)
    ]
    ends = [
        element("text", f"{low:g}", x=1, y=93),
        element("text", f"{high:g}", x=199, y=93, text_anchor="end"),
    ]
    label = f"{title}, {low:g} to {high:g}"
    box = {"viewBox": "0 0 200 96"}
    drawing = element("svg", *bars, *ends, **box, role="img", aria_label=label)
    caption = element("figcaption", title)
    return element("figure", drawing, caption, class_="group")


def _labels(survey: Survey) -> Markup | None:
    counts = survey.balance.counts
    if not counts:
        return None
    most = max(counts.values()) or 1
    rows = [
        element(
            "tr",
            element("td", name),
            element("td", f"{n:,}", class_="number"),
            element(
                "td",
                element("span", style=f"width:{n / most:.1%}"),
                class_="bar",
            ),
        )
        for name, n in [*counts.items()][:_MOST_LABELS]
    ]
    more = len(counts) - _MOST_LABELS
    return _section(
        "Pictures of each label",
        element("table", *rows),
        _more(f"and {more:,} more") if more > 0 else None,
    )
