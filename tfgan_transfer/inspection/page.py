"""A survey as one page: pictures inside, no network, no script."""

import base64
import html
import io
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PIL import Image

from tfgan_transfer.data import originals
from tfgan_transfer.inspection import summary
from tfgan_transfer.inspection.findings import Finding, Item
from tfgan_transfer.inspection.survey import Survey

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
        f"<h1>{html.escape(survey.spec)}</h1>",
        _facts(survey),
        _to_do(findings),
        *(_finding(finding, pictures) for finding in findings),
        _charts(survey),
        _crops(survey, crops, pictures),
        _labels(survey),
    ]
    page = _TEMPLATE.read_text(encoding="utf-8")
    page = page.replace("{{title}}", html.escape(f"check: {survey.spec}"))
    return page.replace("{{body}}", "\n".join(body))


def _facts(survey: Survey) -> str:
    rows = [*summary.facts(survey), *(("note", r) for r in survey.remarks)]
    inside = "".join(
        f"<dt>{html.escape(word)}</dt><dd>{html.escape(text)}</dd>"
        for word, text in rows
    )
    return f"<section><dl>{inside}</dl></section>"


def _to_do(findings: Sequence[Finding]) -> str:
    if not findings:
        return f"<section><h2>{summary.NOTHING}</h2></section>"
    lines = "".join(
        f'<li><a href="#{f.kind}">{html.escape(f.sentence)}</a></li>'
        for f in findings
    )
    return (
        f'<section class="todo"><h2>What to do</h2><ul>{lines}</ul></section>'
    )


def _shown(finding: Finding) -> Iterable[str]:
    for item in finding.items[:_MOST_ITEMS]:
        yield from item.names[:_MOST_COPIES]


def _finding(finding: Finding, pictures: Pictures) -> str:
    items = finding.items[:_MOST_ITEMS]
    if finding.pictured:
        figures = "".join(_figure(item, pictures) for item in items)
        inside = f'<div class="pictures">{figures}</div>'
    else:
        inside = _table((" ".join(i.names), i.note) for i in items)
    more = len(finding.items) - len(items)
    rest = f'<p class="more">and {more:,} more: --json lists all</p>'
    return (
        f'<section id="{finding.kind}"><h2>{finding.kind.capitalize()}</h2>'
        f"<div>{html.escape(finding.sentence)}</div>{inside}"
        f"{rest if more else ''}</section>"
    )


def _figure(item: Item, pictures: Pictures) -> str:
    shown = item.names[:_MOST_COPIES]
    inside = "".join(_image(name, pictures) for name in shown)
    more = len(item.names) - len(shown)
    words = [" = ".join(shown) + (f" and {more} more" if more else "")]
    words += [item.note] if item.note else []
    caption = "<br>".join(html.escape(word) for word in words)
    kind = ' class="group"' if len(item.names) > 1 else ""
    return (
        f'<figure{kind}><div class="row">{inside}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _image(name: str, pictures: Pictures) -> str:
    if name not in pictures:
        return ""
    content = io.BytesIO()
    Image.fromarray(pictures[name]).save(content, "JPEG", quality=85)
    data = base64.b64encode(content.getvalue()).decode()
    alt = html.escape(name, quote=True)
    return f'<img alt="{alt}" src="data:image/jpeg;base64,{data}">'


def _strongest_crops(survey: Survey) -> list[str]:
    if survey.fit != "crop":
        return []
    share = survey.shapes.cut_off(survey.size)
    rows = np.argsort(-share, kind="stable")[:_CROPS]
    return [survey.names[row] for row in rows if share[row] > 0.01]


def _crops(survey: Survey, names: Sequence[str], pictures: Pictures) -> str:
    """The pictures of which most is cut off, what is cut off darkened."""
    if not names:
        return ""
    rows = {name: row for row, name in enumerate(survey.names)}
    share = survey.shapes.cut_off(survey.size)
    aspect = survey.size[1] / survey.size[0]
    figures = []
    for name in names:
        cut = share[rows[name]]
        height, width = (part[rows[name]] for part in survey.shapes)
        ends = (
            ("left", "right") if width / height > aspect else ("top", "bottom")
        )
        across = "width" if ends[0] == "left" else "height"
        along = "top:0;bottom:0" if ends[0] == "left" else "left:0;right:0"
        veils = "".join(
            f'<i style="{end}:0;{along};{across}:{cut / 2:.2%}"></i>'
            for end in ends
        )
        figures.append(
            f'<figure><div class="frame">{_image(name, pictures)}{veils}</div>'
            f"<figcaption>{html.escape(name)}<br>{cut:.0%} cut off"
            "</figcaption></figure>"
        )
    return (
        "<section><h2>What the crop cuts off</h2><div>The pictures that lose "
        f'most; the dark parts stay out.</div><div class="pictures">'
        f"{''.join(figures)}</div></section>"
    )


def _charts(survey: Survey) -> str:
    columns = {
        "width, px": survey.shapes.widths,
        "height, px": survey.shapes.heights,
        "width by height": survey.shapes.widths / survey.shapes.heights,
    }
    inside = "".join(_histogram(*column) for column in columns.items())
    return (
        "<section><h2>Sizes and shapes</h2>"
        f'<div class="charts">{inside}</div></section>'
    )


def _histogram(title: str, values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    if low == high:
        return f"<div>{title}: {low:g}</div>"
    counts, _ = np.histogram(values, bins=20)
    tall = 76 * counts / counts.max()
    bars = "".join(
        f'<rect x="{10 * i + 1}" width="8" y="{80 - height:.1f}" '
        f'height="{height:.1f}" fill="currentColor"/>'
        for i, height in enumerate(tall)
    )
    return (
        f'<figure class="group"><svg viewBox="0 0 200 96" role="img" '
        f'aria-label="{title}, {low:g} to {high:g}">{bars}'
        f'<text x="1" y="93">{low:g}</text>'
        f'<text x="199" y="93" text-anchor="end">{high:g}</text></svg>'
        f"<figcaption>{title}</figcaption></figure>"
    )


def _labels(survey: Survey) -> str:
    counts = survey.balance.counts
    if not counts:
        return ""
    most = max(counts.values()) or 1
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td class=number>{n:,}</td>"
        f'<td class=bar><span style="width:{n / most:.1%}"></span></td></tr>'
        for name, n in [*counts.items()][:_MOST_LABELS]
    )
    more = len(counts) - _MOST_LABELS
    rest = f'<p class="more">and {more:,} more</p>' if more > 0 else ""
    return (
        f"<section><h2>Pictures of each label</h2><table>{rows}</table>"
        f"{rest}</section>"
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    inside = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(note)}</td></tr>"
        for name, note in rows
    )
    return f"<table>{inside}</table>"
