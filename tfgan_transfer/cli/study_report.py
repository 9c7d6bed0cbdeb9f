"""Tables and plots of a study, in the layout of the paper's tables."""

import pathlib
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

from tfgan_transfer.cli import study_pictures
from tfgan_transfer.cli.study import (
    cells_where,
    distinct,
    find,
    short,
    steering,
)

Row = dict
# The columns of a table in this order, whatever else was measured after them.
FIRST = ("kid", "fid", "recall", "precision", "iw_distance")


def metric_of(row: Row, metric: str, when: str) -> float | None:
    """One number of a run.

    Args:
        row: A row of `rows.jsonl`.
        metric: Metric name up to its layer, such as `"fid"`.
        when: `"last"`, or `"best"`: the evaluation with the lowest KID.

    Returns:
        The value, or None if it was not measured.
    """
    measured = [e for e in row["evaluations"] if find(e, metric) is not None]
    if not measured:
        return row["final"].get(find(row["final"], metric) or "")
    chosen = measured[-1]
    if when == "best":
        chosen = min(measured, key=lambda e: e[steering(e)])
    return chosen[find(chosen, metric)]


def metrics(rows: Iterable[Row]) -> list[str]:
    """Names up to the layer of all that was measured, the usual ones first."""
    names = [
        re.split(r"[@\[]", name)[0]
        for row in rows
        for name in (*row["evaluations"][-1], *row["final"])
        if name != "step"
    ]
    names = ["kid" if n == "kd" else "fid" if n == "fd" else n for n in names]
    return sorted(
        dict.fromkeys(names),
        key=lambda n: FIRST.index(n) if n in FIRST else len(FIRST),
    )


def summary(values: Sequence[float], digits: int = 3) -> str:
    """Mean and standard deviation over seeds."""
    mean = statistics.fmean(values)
    text = f"{mean:.{digits}g}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.1g}"
    return text


def _values(rows: Iterable[Row], metric: str, when: str) -> str:
    found = [metric_of(row, metric, when) for row in rows]
    found = [value for value in found if value is not None]
    return summary(found) if found else "-"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(
        "| " + " | ".join(cells) + " |" for cells in (head, rule, *lines)
    )


def _named(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each variant and source, with a name to print."""
    for variant in distinct(rows, "variant"):
        own = cells_where(rows, variant=variant)
        for source in distinct(own, "source"):
            name = f"{variant}, {short(source)}" if source else variant
            yield name, cells_where(own, source=source)


def configurations(rows: list[Row], when: str) -> str:
    """Table 1: what each variant reaches, a table for each target and size."""
    parts = []
    for target in distinct(rows, "target"):
        for images in distinct(cells_where(rows, target=target), "images"):
            here = cells_where(rows, target=target, images=images)
            shown = metrics(here)
            lines = []
            for name, own in _named(here):
                numbers = [_values(own, m, when) for m in shown]
                lines.append([name, *numbers, str(len(own))])
            head = ["configuration", *shown, "seeds"]
            title = f"{short(target)}, {images or 'all'} images, {when}"
            parts.append(f"**{title}**\n\n{_table(head, lines)}")
    return "\n\n".join(parts)


def target_sizes(rows: list[Row], metric: str, when: str) -> str:
    """Table 2: a column for each number of target images."""
    parts = []
    for target in distinct(rows, "target"):
        here = cells_where(rows, target=target)
        sizes = distinct(here, "images")
        lines = []
        for name, own in _named(here):
            parted = (cells_where(own, images=size) for size in sizes)
            lines.append([name, *(_values(p, metric, when) for p in parted)])
        head = [f"{metric}, {when}", *(str(size or "all") for size in sizes)]
        parts.append(f"**{short(target)}**\n\n{_table(head, lines)}")
    return "\n\n".join(parts)


def sources(rows: list[Row], metric: str, when: str) -> str:
    """Table 4: a row for each target, a column for each source."""
    names = distinct(rows, "source")
    lines = []
    for target in distinct(rows, "target"):
        for images in distinct(cells_where(rows, target=target), "images"):
            here = cells_where(rows, target=target, images=images)
            numbers = [
                _values(cells_where(here, source=name), metric, when)
                for name in names
            ]
            lines.append([f"{short(target)}, {images or 'all'}", *numbers])
    head = [f"{metric}, {when}"]
    head += ["scratch" if name is None else short(name) for name in names]
    return _table(head, lines)


def write(rows: list[Row], path: pathlib.Path, command: str) -> pathlib.Path:
    """Writes `tables.md` and the plots into the study's directory.

    Returns:
        The file of tables.
    """
    protocols = {k: v for row in rows for k, v in row["protocols"].items()}
    parts = [
        f"`{command}`",
        "Mean ± standard deviation over seeds. `best` is the evaluation with "
        "the lowest KID of a run (or the first metric, without KID), `last` "
        "the one after its last step; the averaged generator against held-out "
        "images.",
        "\n".join(f"- {name}: {text}" for name, text in protocols.items()),
    ]
    tables: list[tuple[str, Callable[[str], str]]] = [
        ("Table 1: configurations", lambda when: configurations(rows, when))
    ]
    if len(distinct(rows, "images")) > 1:
        tables.append(
            ("Table 2: target sizes", lambda w: target_sizes(rows, "kid", w))
        )
    if len([s for s in distinct(rows, "source") if s]) > 1:
        tables.append(("Table 4: sources", lambda w: sources(rows, "kid", w)))
    for title, make in tables:
        parts += [f"## {title}", make("best"), make("last")]
    report = path / "tables.md"
    report.write_text("\n\n".join(parts) + "\n")
    for target in distinct(rows, "target"):
        here = cells_where(rows, target=target)
        study_pictures.curves(here, path / f"{short(target)}.png")
        study_pictures.samples(here, path)
    return report
