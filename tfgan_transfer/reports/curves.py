"""Values over steps as drawings that take the colours of the page."""

import io
import re
from collections.abc import Mapping, Sequence

from tfgan_transfer.markup import Markup, element, joined

# Colours that nobody would choose stand for those of the style sheet.
_INK, _FLOOR = "#010101", "#010102"
_LINES = ("#010103", "#010104")
_COLOURS = {
    _INK: "var(--muted)",
    _FLOOR: "var(--muted)",
    _LINES[0]: "var(--accent)",
    _LINES[1]: "var(--second)",
}
_SIZE = (330 / 72, 170 / 72)
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.size": 11,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.limits": (-3, 5),
    "axes.formatter.useoffset": False,
    "lines.linewidth": 1.8,
}

Points = Sequence[tuple[int, float]]


def drawn(
    lines: Mapping[str, Points],
    alt: str,
    floor: float | None = None,
    percent: bool = False,
) -> Markup:
    """A small chart with at most two lines.

    Args:
        lines: Name -> (step, value) in the order of steps.
        alt: What it shows, in words.
        floor: Value that a dashed line marks.
        percent: Whether values are shares.

    Returns:
        An inline SVG, and the names of its lines if there are several.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    buffer = io.StringIO()
    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="tight")
        axis = figure.subplots()
        for points, colour in zip(lines.values(), _LINES, strict=False):
            marker = "o" if len(points) < 25 else None
            steps, values = zip(*points, strict=True)
            axis.plot(steps, values, marker=marker, c=colour, ms=3)
        if floor is not None:
            axis.axhline(floor, color=_FLOOR, linestyle=(0, (4, 3)), lw=1)
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.yaxis.set_major_locator(MaxNLocator(4))
        if percent:
            axis.yaxis.set_major_formatter(PercentFormatter(1))
        axis.set_xlabel("step")
        figure.savefig(buffer, format="svg", transparent=True)
    svg = _for_the_page(buffer.getvalue(), alt)
    return joined([svg, _names(lines) if len(lines) > 1 else None])


def _for_the_page(svg: str, alt: str) -> Markup:
    """Takes out what only a file of its own needs."""
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->|\n\s*", " ", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font: \1 system-ui", svg)
    for marker, colour in _COLOURS.items():
        svg = svg.replace(marker, colour)
    size = re.search(r'viewBox="[^"]*"', svg)[0]
    body = svg[svg.index(">") + 1 :].removesuffix(" ").removesuffix("</svg>")
    start = element("svg", role="img", aria_label=alt).removesuffix("></svg>")
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Markup(f"{start} {size} {names}>{body}</svg>")


def _names(lines: Mapping[str, Points]) -> Markup:
    return element(
        "p",
        *(
            element("span", name, class_=f"line line{number}")
            for number, name in enumerate(lines)
        ),
        class_="lines",
    )
