"""Values on the screen: each as soon as it is known, protocols at the end."""

import re
from collections.abc import Sequence

from tfgan_transfer.metrics.score import Row

HEADER = f"{'metric':28}{'value':>12}{'spread':>10}{'floor':>12}  n"

LOWER, HIGHER = "\N{DOWNWARDS ARROW}", "\N{UPWARDS ARROW}"
READING = (
    f"{LOWER} lower is better, {HIGHER} higher is better; floor: the same of "
    "real images in place of samples, what a perfect generator would get"
)
# Of a name without what it is of: kid@mixed_7 is a kid. Of what is missing,
# such as ms_ssim, neither: it should come near its floor.
_BETTER = {
    **dict.fromkeys(
        "kid fid fd fid_inf fd_inf swd iw_distance memorised content_distance "
        "cycle_error identity_error".split(),
        LOWER,
    ),
    **dict.fromkeys(
        "is precision recall density coverage label_accuracy".split(), HIGHER
    ),
}


def better(name: str) -> str:
    """An arrow that says which values of a metric are better, or nothing.

    Args:
        name: Of a score, e.g. `"fd[lite0@stride_32]"`.
    """
    stem = re.split(r"[@\[/]", name.removeprefix("per_class_"))[0]
    return _BETTER.get(stem, "")


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
    """How to read the table, and spread and protocol of each value."""
    lines = [
        f"  {row.score.name}: {row.score.spread_kind or 'no spread'}; "
        f"{row.score.protocol}"
        for row in rows
        # Single classes are measured as their mean is.
        if "/" not in row.score.name
    ]
    heading = "spread and protocol of each value:"
    return "\n".join([READING, heading, *lines])
