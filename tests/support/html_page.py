"""What a page holds, as a browser would see it."""

import base64
import html.parser
import io
import re

from PIL import Image

_EMPTY = {"meta", "link", "img", "input", "source", "br"}


class Page(html.parser.HTMLParser):
    """Elements, texts and pictures of a page.

    Attributes:
        elements: (tag, attributes) in order.
        open: Tags that were opened and not closed.
    """

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.said = [], [], []
        self.source = text
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.said.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def texts(self, tag):
        pattern = rf"<{tag}\b[^>]*>(.*?)</{tag}>"
        found = re.findall(pattern, self.source, re.S)
        return [html.unescape(re.sub(r"<[^>]*>", "", one)) for one in found]

    def pictures(self):
        return [picture(image["src"]) for image in self.of("img")]

    def references(self):
        """Whatever a browser would fetch."""
        keys = ("src", "srcset", "href", "xlink:href", "action", "data")
        found = [a[k] for _, a in self.elements for k in keys if k in a]
        return found + re.findall(r"url\(([^)]*)\)", self.source)


def picture(uri):
    head, data = uri.split(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def check(text):
    """Reads a page, and finds it whole and in need of nothing else."""
    page = Page(text)
    assert page.open == ["html", "body"] or page.open == []
    for reference in page.references():
        assert re.match(r"data:|#", reference), reference
    assert "@import" not in text and "<iframe" not in text
    assert len(page.of("script")) == 1 and page.of("script") == [{}]
    for image in page.of("img"):
        assert image["alt"].strip()
    for drawing in page.of("svg"):
        assert drawing["role"] == "img" and drawing["aria-label"].strip()
    ids = [a["id"] for t, a in page.elements if "id" in a and t in SHOWN]
    assert len(ids) == len(set(ids))
    return page


# Elements whose names scripts and labels refer to; drawings may share a clip.
SHOWN = ("div", "input", "section", "output")
