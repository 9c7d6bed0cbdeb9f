"""Drawings of values over steps."""

import re

from tests.support.html_page import Page
from tfgan_transfer.reports import curves

LINE = [(0, 1.0), (10, 3.0), (20, 2.0)]


def paths(svg, colour):
    """Corners of the lines of one colour, as the drawing has them."""
    found = re.findall(rf'<path d="([^"]*)"[^>]*stroke: var\({colour}\)', svg)
    return [
        [tuple(map(float, p)) for p in re.findall(r"[ML] (\S+) (\S+)", one)]
        for one in found
    ]


def test_a_line_goes_through_its_values():
    svg = curves.drawn({"kid": LINE}, "a curve")
    [line] = [p for p in paths(svg, "--accent") if len(p) == 3]
    (x0, y0), (x1, y1), (x2, y2) = line
    assert abs((x1 - x0) - (x2 - x1)) < 0.01 and x1 > x0
    # Downwards on the screen; 3 is twice as far from 1 as 2 is.
    assert abs((y0 - y1) - 2 * (y0 - y2)) < 0.01 and y1 < y2 < y0


def test_colours_are_those_of_the_page_and_nothing_is_fetched():
    svg = curves.drawn({"a": LINE, "b": LINE}, 'it says "<b>"', floor=0.5)
    assert not re.search(r"#0101|<metadata|<\?xml|<!DOCTYPE|w3.org/TR", svg)
    page = Page(svg)
    [drawing] = page.of("svg")
    assert drawing["aria-label"] == 'it says "<b>"'
    assert {*paths(svg, "--accent")[0]} and {*paths(svg, "--second")[0]}
    assert "stroke-dasharray: 4,3" in svg
    assert page.text.endswith("a b")
    assert "step" in page.texts("text")


def test_a_single_line_needs_no_legend():
    svg = curves.drawn({"kid": LINE}, "a curve", percent=True)
    assert 'class="lines"' not in svg
    assert any(text.endswith("%") for text in Page(svg).texts("text"))
