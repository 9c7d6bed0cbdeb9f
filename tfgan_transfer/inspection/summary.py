"""A survey and its findings as lines for a terminal, and as JSON types."""

from collections.abc import Sequence

import numpy as np

from tfgan_transfer.inspection import balance
from tfgan_transfer.inspection.findings import Finding
from tfgan_transfer.inspection.survey import Survey

NOTHING = "nothing to mend"
# Of one group, in the line that shows it.
_MOST_COPIES = 3
NONE_BUT_MORE = "nothing to mend in these pictures; more of them would help"


def facts(survey: Survey) -> list[tuple[str, str]]:
    """What the set is like: a word and a sentence each."""
    usable, unusable = len(survey.names), len(survey.bad_files)
    lost = f", {unusable:,} cannot be read" if unusable else ""
    found = [("pictures", f"{usable:,} can be used{lost}")]
    if words := balance.very_few(usable):
        found.append(("very few", words))
    found += [
        (name, _range(survey.shapes.summary()[name], unit))
        for name, unit in (("width", " px"), ("height", " px"), ("aspect", ""))
    ]
    if survey.fit == "crop":
        found.append((f"crop to {_side(survey)}", _cut_off(survey)))
    grey = int(survey.grey.sum())
    found.append(("without colour", f"{grey:,} of {usable:,}"))
    if survey.balance.counts:
        held = [*survey.balance.counts.values()]
        what = "classes" if survey.balance.mode == "class" else "tags"
        text = f"{len(held):,}, of {min(held):,} to {max(held):,} pictures"
        found.append((what, text))
    return found


def lines(survey: Survey, findings: Sequence[Finding]) -> list[str]:
    """What a terminal shows: facts, then a line for each finding."""
    known = facts(survey)
    width = max(len(word) for word, _ in known)
    shown = [survey.spec]
    shown += [f"  {word:{width}}  {text}" for word, text in known]
    shown += [f"  note: {remark}" for remark in survey.remarks]
    if not findings:
        few = balance.very_few(len(survey.names))
        return [*shown, NONE_BUT_MORE if few else NOTHING]
    shown.append("what to do:")
    for finding in findings:
        first = finding.items[0]
        example = " = ".join(first.names[:_MOST_COPIES])
        copies = len(first.names) - _MOST_COPIES
        example += f" = {copies:,} more" if copies > 0 else ""
        if first.note:
            example += f" ({first.note})"
        more = len(finding.items) - 1
        shown.append(f"- {finding.sentence}")
        shown.append(f"    {example}" + (f" and {more:,} more" * bool(more)))
    return shown


def record(survey: Survey, findings: Sequence[Finding]) -> dict:
    """All of it, with every name, as JSON types."""
    share = survey.shapes.cut_off(survey.size)
    return {
        "data": survey.spec,
        "size": list(survey.size),
        "fit": survey.fit,
        "files": survey.found,
        "pictures": len(survey.names),
        "shapes": survey.shapes.summary(),
        "cut_off": {
            "median": round(float(np.median(share)), 4),
            "most": round(float(share.max()), 4),
        },
        "without_colour": int(survey.grey.sum()),
        "label_mode": survey.balance.mode,
        "labels": survey.balance.counts,
        "remarks": list(survey.remarks),
        "findings": [
            {
                "kind": finding.kind,
                "sentence": finding.sentence,
                "items": [
                    {"names": list(item.names), "note": item.note}
                    for item in finding.items
                ],
            }
            for finding in findings
        ],
    }


def _cut_off(survey: Survey) -> str:
    share = survey.shapes.cut_off(survey.size)
    if share.max() < 0.005:
        return "cuts off nothing"
    return (
        f"cuts off {np.median(share):.0%} of a picture in the middle of the "
        f"set, {share.max():.0%} at most"
    )


def _range(values: Sequence[float], unit: str) -> str:
    low, middle, high = (f"{value:g}" for value in values)
    if low == high:
        return f"{low}{unit}"
    return f"{low} to {high}{unit}, {middle} in the middle"


def _side(survey: Survey) -> str:
    return "x".join(map(str, survey.size))
