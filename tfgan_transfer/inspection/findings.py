"""What there is to mend in a set, a sentence each that says what to do."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tfgan_transfer.inspection import balance
from tfgan_transfer.inspection.survey import Survey
from tfgan_transfer.settings.config import DEFAULTS

# Share of a picture beyond which its crop shows something else.
MOST_CUT_OFF = 0.4
# Mirror images in a group that are told by name.
_MOST_NAMED = 3


class Item(NamedTuple):
    """One thing that is listed.

    Attributes:
        names: Pictures that belong together, or one picture, file or label.
        note: What there is to say about it, or nothing.
    """

    names: tuple[str, ...]
    note: str = ""


class Finding(NamedTuple):
    """One kind of thing to mend.

    Attributes:
        kind: A word, for programs and as a heading.
        sentence: What was found, and what to do.
        items: What it was found in.
        pictured: Whether the items are pictures that can be shown.
    """

    kind: str
    sentence: str
    items: tuple[Item, ...]
    pictured: bool = True


def of(survey: Survey) -> list[Finding]:
    """All that is to be mended, what matters most first."""
    judges = (
        _unreadable,
        _duplicates,
        _blank,
        _outliers,
        _tones,
        _cut_off,
        _small,
        _tiny_labels,
        _uneven,
    )
    return [finding for judge in judges for finding in judge(survey)]


def _unreadable(survey: Survey) -> Iterator[Finding]:
    bad = survey.bad_files
    if bad:
        yield Finding(
            "unreadable",
            f"{_counted(len(bad), 'file')} cannot be read: repair or remove "
            f"{_them(len(bad))}; training refuses more than "
            f"{DEFAULTS['max_bad_files']:.0%} of a set, unless --max_bad_files "
            "allows more, and leaves out the rest",
            tuple(Item((file.name,), file.reason) for file in bad),
            pictured=False,
        )


def _duplicates(survey: Survey) -> Iterator[Finding]:
    if not survey.groups:
        return
    copies = sum(len(group) - 1 for group in survey.groups)
    yield Finding(
        "duplicates",
        f"{_counted(copies)} too many in "
        f"{_counted(len(survey.groups), 'group')} of the same picture: keep "
        "the first of each group and remove the rest, or it counts several "
        "times",
        tuple(_group(survey, group) for group in survey.groups),
    )


def _group(survey: Survey, group: Sequence[int]) -> Item:
    # The largest is the one to keep.
    area = survey.shapes.heights * survey.shapes.widths
    ranked = sorted(group, key=lambda row: (-area[row], survey.names[row]))
    names = tuple(survey.names[row] for row in ranked)
    notes = []
    kept = ranked[0] in survey.mirrored
    turned = [row for row in ranked if (row in survey.mirrored) != kept]
    if len(group) == 2:
        notes += ["mirrored"] * len(turned)
    elif turned:
        # Of several one has to be told which.
        listed = ", ".join(survey.names[row] for row in turned[:_MOST_NAMED])
        more = len(turned) - _MOST_NAMED
        listed += f" and {more} more" if more > 0 else ""
        notes.append(f"mirrored: {listed}")
    if len(np.unique(survey.labels[list(group)], axis=0)) > 1:
        notes.append("with different labels")
    return Item(names, "; ".join(notes))


def _blank(survey: Survey) -> Iterator[Finding]:
    rows = np.flatnonzero(survey.blank)
    if len(rows):
        yield Finding(
            "blank",
            f"{_counted(len(rows))} of one colour all over: remove "
            f"{_them(len(rows))}",
            _listed(survey, rows),
        )


def _outliers(survey: Survey) -> Iterator[Finding]:
    rows = survey.odd
    if rows:
        notes = [f"{survey.oddness[row]:.1f} spreads away" for row in rows]
        yield Finding(
            "outliers",
            f"{_counted(len(rows))} unlike the others: look at "
            f"{_them(len(rows))}, and remove what does not belong",
            _listed(survey, rows, notes),
        )


def _tones(survey: Survey) -> Iterator[Finding]:
    grey = np.flatnonzero(survey.grey)
    coloured = np.flatnonzero(~survey.grey & ~survey.blank)
    if not len(grey) or not len(coloured):
        return
    if len(grey) <= len(coloured):
        yield Finding(
            "grey",
            f"{_counted(len(grey))} without colour among {len(coloured):,} "
            f"with: remove {_them(len(grey))}, or some samples will be grey "
            "too",
            _listed(survey, grey),
        )
    else:
        yield Finding(
            "coloured",
            f"{_counted(len(coloured))} in colour among {len(grey):,} without:"
            f" remove {_them(len(coloured))}, or train with --channels=1",
            _listed(survey, coloured),
        )


def _cut_off(survey: Survey) -> Iterator[Finding]:
    if survey.fit != "crop":
        return
    share = survey.shapes.cut_off(survey.size)
    rows = np.flatnonzero(share > MOST_CUT_OFF)
    rows = rows[np.argsort(-share[rows], kind="stable")]
    if len(rows):
        notes = [f"{share[row]:.0%} cut off" for row in rows]
        yield Finding(
            "cropped",
            f"{_counted(len(rows))} of which the crop cuts off more than "
            f"{MOST_CUT_OFF:.0%}: crop {_them(len(rows))} by hand, or train "
            "with --fit=pad or another shape, such as --size=64x96",
            _listed(survey, rows, notes),
        )


def _small(survey: Survey) -> Iterator[Finding]:
    factor = survey.shapes.enlarged(survey.size)
    rows = np.flatnonzero(factor > 1)
    if len(rows):
        side = "x".join(map(str, survey.size))
        notes = [
            f"{survey.shapes.widths[row]} x {survey.shapes.heights[row]} px"
            for row in rows
        ]
        yield Finding(
            "small",
            f"{_counted(len(rows))} smaller than {side} px: remove "
            f"{_them(len(rows))} or train at a smaller --size, or blur is "
            "learned too",
            _listed(survey, rows, notes),
        )


def _tiny_labels(survey: Survey) -> Iterator[Finding]:
    tiny = survey.balance.tiny()
    if tiny:
        what = _what(survey, len(tiny))
        yield Finding(
            "tiny",
            f"{len(tiny)} {what} with fewer than {balance.FEWEST} pictures: "
            "add pictures, join or leave out such labels, or samples of them "
            "will repeat what was seen",
            tuple(
                Item((name,), _counted(survey.balance.counts[name]))
                for name in tiny
            ),
            pictured=False,
        )


def _uneven(survey: Survey) -> Iterator[Finding]:
    ratio = survey.balance.ratio()
    if ratio > balance.MOST_UNEVEN:
        names = [*survey.balance.counts]
        ends = (names[0], names[-1])
        yield Finding(
            "uneven",
            f"{ends[0]!r} has {ratio:.0f} times the pictures of {ends[1]!r}: "
            "even them out, or rare labels are drawn worse",
            tuple(
                Item((name,), _counted(survey.balance.counts[name]))
                for name in ends
            ),
            pictured=False,
        )


def _listed(
    survey: Survey, rows: Sequence[int], notes: Sequence[str] = ()
) -> tuple[Item, ...]:
    notes = notes or [""] * len(rows)
    return tuple(
        Item((survey.names[row],), note)
        for row, note in zip(rows, notes, strict=True)
    )


def _what(survey: Survey, count: int) -> str:
    one, many = {"class": ("class", "classes"), "tags": ("tag", "tags")}[
        survey.balance.mode
    ]
    return one if count == 1 else many


def _counted(count: int, noun: str = "picture") -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
