"""HTML: what is text stays text."""

from tfgan_transfer.markup import (
    Markup,
    commands,
    element,
    folded,
    joined,
    table,
)

EVIL = "<script>alert('\"&')</script>"
TAMED = "&lt;script&gt;alert(&#x27;&quot;&amp;&#x27;)&lt;/script&gt;"


def test_text_is_escaped_once_and_markup_stays():
    inner = element("b", EVIL)
    assert inner == f"<b>{TAMED}</b>"
    assert element("p", inner, " ", EVIL) == f"<p><b>{TAMED}</b> {TAMED}</p>"
    assert joined([Markup("<i>"), "<", None, 3]) == "<i>&lt;3"


def test_attributes():
    drawn = element(
        "img",
        alt=EVIL,
        class_="a b",
        aria_label=1,
        hidden=True,
        x=None,
        y=False,
    )
    assert drawn == f'<img alt="{TAMED}" class="a b" aria-label="1" hidden>'


def test_every_piece_escapes():
    for piece in (
        table([EVIL], [[EVIL, EVIL]], caption=EVIL),
        folded(EVIL, EVIL),
        commands([(EVIL, EVIL)]),
    ):
        assert "<script" not in piece and TAMED in piece


def test_a_table_names_its_rows_and_columns():
    drawn = table(["class", "kid"], [["cat", "0.1"], ["dog", "0.2"]])
    assert '<th scope="col">kid</th>' in drawn
    assert '<tr><th scope="row">dog</th><td>0.2</td></tr>' in drawn
