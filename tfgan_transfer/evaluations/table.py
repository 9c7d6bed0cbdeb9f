"""Values on the screen: each as soon as it is known, protocols at the end."""

from collections.abc import Sequence

from tfgan_transfer.metrics.score import Row

HEADER = f"{'metric':28}{'value':>12}{'spread':>10}{'floor':>12}  n"


def line(row: Row) -> str:
    """Value, spread, floor and counts of a row; below them its note."""
    score = row.score
    spread = "" if score.spread is None else f"{score.spread:.2g}"
    floor = f"{row.floor.value:.5g}" if row.floor else ""
    text = (
        f"{score.name:28}{score.value:12.5g}{spread:>10}{floor:>12}  "
        f"{score.n_real} real, {score.n_fake} samples"
    )
    return f"{text}\n    {row.note}" if row.note else text


def protocols(rows: Sequence[Row]) -> str:
    """What the spread of each value is, and under which protocol it holds."""
    lines = [
        f"  {row.score.name}: {row.score.spread_kind or 'no spread'}; "
        f"{row.score.protocol}"
        for row in rows
        # Single classes are measured as their mean is.
        if "/" not in row.score.name
    ]
    return "\n".join(["spread and protocol of each value:", *lines])
