"""The page itself: one file that needs nothing beside it."""

import pathlib
import string
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import tfgan_transfer
from tfgan_transfer.markup import Markup, element, joined, markup

_TEMPLATE = pathlib.Path(__file__).with_name("page.html")


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        title: Its heading, as text.
        body: What it shows, as markup.
        lead: A sentence or two before that.
    """

    title: str
    body: Markup
    lead: object = None


class Header(NamedTuple):
    """What stands above all sections.

    Attributes:
        kind: What the page is about, in two words.
        title: The name of it.
        lead: What it is and what it came to, a paragraph each.
        facts: What it is -> in a few characters.
    """

    kind: str
    title: str
    lead: Sequence[str]
    facts: dict[str, object]


def rendered(
    header: Header, sections: Iterable[Section], missing: Sequence[str] = ()
) -> str:
    """The page as HTML.

    Args:
        header: What stands above.
        sections: What follows, in order.
        missing: A sentence for each part that could not be made.
    """
    parts = list(sections)
    if missing:
        sentences = [element("li", sentence) for sentence in missing]
        parts.append(
            Section("What is not on this page", element("ul", *sentences))
        )
    template = string.Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        title=markup(f"{header.title}: {header.kind.lower()}"),
        header=_above(header),
        sections=joined(map(_section, parts)),
        footer=markup(f"tfgan_transfer {tfgan_transfer.__version__}"),
    )


def _above(header: Header) -> Markup:
    facts = [
        element("div", element("dt", name), element("dd", value))
        for name, value in header.facts.items()
        if value not in (None, "")
    ]
    return joined(
        [
            element("p", header.kind, class_="kind"),
            element("h1", header.title),
            *(element("p", paragraph) for paragraph in header.lead),
            element("dl", *facts, class_="facts") if facts else None,
        ]
    )


def _section(section: Section) -> Markup:
    return element(
        "section",
        element("h2", section.title),
        section.lead and element("p", section.lead),
        section.body,
    )
