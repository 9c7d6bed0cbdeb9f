"""Pieces of HTML. Whatever is not markup already is escaped here, once."""

import html
from collections.abc import Iterable, Sequence

_EMPTY = frozenset({"br", "img", "input", "source"})


class Markup(str):
    """Text that is HTML already."""


def markup(content: object) -> Markup:
    """HTML of anything: text is escaped, markup stays, None is nothing."""
    if content is None:
        return Markup()
    if isinstance(content, Markup):
        return content
    return Markup(html.escape(str(content)))


def element(name: str, *content: object, **attributes: object) -> Markup:
    """An HTML element.

    Args:
        name: Its tag.
        *content: What it holds, text or markup.
        **attributes: Underscores become hyphens, and one at the end is left
            out, as in `class_`. True stands for an attribute without value,
            None and False for none.
    """
    words = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append(f'{key}="{html.escape(str(value))}"')
    start = f"<{' '.join(words)}>"
    if name in _EMPTY:
        return Markup(start)
    return Markup(f"{start}{joined(content)}</{name}>")


def joined(parts: Iterable[object]) -> Markup:
    """Several pieces, one after the other."""
    return Markup("".join(map(markup, parts)))


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    caption: object = None,
) -> Markup:
    """A table that scrolls sideways where the screen is too narrow.

    Args:
        head: Titles of the columns.
        rows: Cells; the first one of each names its row.
        caption: What it is about.
    """
    titles = [element("th", cell, scope="col") for cell in head]
    lines = [
        element(
            "tr",
            element("th", first, scope="row"),
            *(element("td", cell) for cell in cells),
        )
        for first, *cells in rows
    ]
    return element(
        "div",
        element(
            "table",
            caption and element("caption", caption),
            element("thead", element("tr", *titles)),
            element("tbody", *lines),
        ),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=caption or head[0],
    )


def folded(summary: object, *content: object) -> Markup:
    """What only some readers want to see."""
    return element("details", element("summary", summary), *content)


def commands(rows: Iterable[tuple[str, str]]) -> Markup:
    """Command lines to type, each under what it does."""
    return joined(
        element(
            "div",
            element("p", what),
            element("pre", element("code", line), tabindex=0),
            class_="command",
        )
        for what, line in rows
    )
