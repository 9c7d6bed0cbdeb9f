"""What became of every weight: printed for people, recorded for machines."""

import dataclasses
from collections.abc import Iterable

KINDS = ("copied", "adapted", "fresh", "dropped")


@dataclasses.dataclass(frozen=True)
class Row:
    """What became of one weight.

    Attributes:
        network: Name of the network, e.g. `"generator"`.
        path: Weight path, `layer/weight`.
        kind: `"copied"`, `"adapted"` or `"fresh"` for a weight of the target,
            `"dropped"` for one of the source that the target does not take.
        note: The rules that adapted it, or why it is fresh or dropped; empty
            for a copied one.
        size: Number of parameters; the source's for a dropped weight.
    """

    network: str
    path: str
    kind: str
    note: str
    size: int


@dataclasses.dataclass(frozen=True)
class Report:
    """What became of the weights of all networks; printed, it is the table.

    Attributes:
        rows: One for each weight.
    """

    rows: tuple[Row, ...]

    def __str__(self) -> str:
        return table(self.rows)

    __repr__ = __str__


def table(rows: Iterable[Row]) -> str:
    """Formats the mapping of one or more networks.

    Args:
        rows: Their rows.

    Returns:
        Per network one line for each kind, with the number of weights and
        their share of the target's parameters (a count for dropped ones, which
        the target does not have); then one line for every weight that was not
        simply copied.
    """
    networks: dict[str, list[Row]] = {}
    for row in rows:
        networks.setdefault(row.network, []).append(row)
    lines = []
    for name, own in networks.items():
        total = sum(row.size for row in own if row.kind != "dropped")
        for kind in KINDS:
            group = [row for row in own if row.kind == kind]
            if group:
                lines.append(f"{name:9s}  {_summary(kind, group, total)}")
        for row in own:
            if row.kind != "copied":
                lines.append(f"  {row.kind:7s}  {row.path}: {row.note}")
    return "\n".join(lines)


def share_kept(rows: Iterable[Row]) -> float:
    """Share of a network's parameters that come from the source.

    Args:
        rows: Of one network.
    """
    own = [row for row in rows if row.kind != "dropped"]
    kept = sum(row.size for row in own if row.kind != "fresh")
    return kept / (sum(row.size for row in own) or 1)


def _summary(kind: str, group: list[Row], total: int) -> str:
    size = sum(row.size for row in group)
    share = f"{size:,} parameters"
    if kind != "dropped":
        share = f"{100 * size / total:.1f} % of {total:,} parameters"
    plural = "weight" if len(group) == 1 else "weights"
    return f"{kind:7s} {len(group):3d} {plural:7s} {share}"


def record(rows: Iterable[Row]) -> list[dict]:
    """The rows as JSON values, in the same order."""
    return [dataclasses.asdict(row) for row in rows]
