"""Values on the screen: each as soon as it is known, protocols at the end."""

import itertools
from collections.abc import Sequence

from tfgan_transfer.evaluations import readings
from tfgan_transfer.metrics.score import Row, Score

HEADER = f"{'metric':28}{'value':>12}{'spread':>10}{'floor':>12}  n"

READING = (
    "\N{DOWNWARDS ARROW} lower is better, \N{UPWARDS ARROW} higher is better; "
    "spread: how much chance moves the value; "
)
FLOOR = (
    "floor: the same with real images in place of samples, about what a "
    "perfect generator would get"
)
NO_FLOOR = (
    "no floor, since no images are held out: who copied those that are "
    "compared with would look perfect"
)
_ARROWS = {
    readings.LOWER: "\N{DOWNWARDS ARROW}",
    readings.HIGHER: "\N{UPWARDS ARROW}",
}


def better(name: str) -> str:
    """An arrow that says which values of a metric are better, or nothing.

    Args:
        name: Of a score, e.g. `"fd[lite0@stride_32]"`.
    """
    return _ARROWS.get(readings.of(name).better, "")


def line(row: Row) -> str:
    """Value, spread, floor and counts of a row; below them its note."""
    score = row.score
    spread = "" if score.spread is None else f"{score.spread:.2g}"
    floor = f"{row.floor.value:.5g}" if row.floor else ""
    text = (
        f"{_titled(score.name):28}{score.value:12.5g}{spread:>10}{floor:>12}  "
        f"{score.n_real} real, {score.n_fake} samples"
    )
    return f"{text}\n    {row.note}" if row.note else text


def _titled(name: str) -> str:
    return f"{name} {better(name)}".rstrip()


def protocols(rows: Sequence[Row]) -> str:
    """How to read the table: what each metric asks, and how it was measured.

    What several have in common, such as the network, stands once below them.
    """
    # Single classes are measured as their mean is.
    scores = [row.score for row in rows if "/" not in row.score.name]
    width = max((len(score.name) for score in scores), default=0)
    asked = [f"  {s.name:{width}}  {readings.of(s.name).title}" for s in scores]
    floor = FLOOR if any(row.floor for row in rows) else NO_FLOOR
    lines = [
        READING + floor,
        "what each is about:",
        *asked,
        "how it was measured:",
    ]
    for common, group in itertools.groupby(scores, _in_common):
        own = [f"  {s.name}: {s.protocol.partition('; ')[0]}" for s in group]
        if len(own) == 1:
            lines.append(f"{own[0]}; {common}")
        else:
            lines += [*own, f"    each with {common}"]
    return "\n".join(lines)


def _in_common(score: Score) -> str:
    """What other metrics may share: network, real images, kind of spread."""
    shared = score.protocol.partition("; ")[2]
    spread = f"spread: {score.spread_kind or 'none'}"
    return "; ".join(filter(None, (shared, spread)))
