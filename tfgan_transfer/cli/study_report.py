"""Tables and plots of a study, in the layout of the paper's tables."""

import pathlib
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

from tfgan_transfer.cli.study import short

Row = dict
# What goes into a table if it was measured, and with how many digits.
COLUMNS = ("kid", "fid", "recall", "precision", "iw_distance")


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
    best = measured[-1]
    if when == "best":
        best = min(measured, key=lambda e: e[find(e, "kid") or "step"])
    return best[find(best, metric)]


def find(values: dict, metric: str) -> str | None:
    """The full name under which a metric was measured, or None.

    It says what the network was: `fid@mixed_7`, `fd[NAME@LAYER]`.
    """
    names = {metric, {"fid": "fd", "kid": "kd"}.get(metric)}
    return next((n for n in values if re.split(r"[@\[]", n)[0] in names), None)


def summary(values: Sequence[float], digits: int = 3) -> str:
    """Mean and standard deviation over seeds."""
    mean = statistics.fmean(values)
    text = f"{mean:.{digits}g}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.1g}"
    return text


def _cells(rows: Iterable[Row], **wanted: object) -> list[Row]:
    return [
        row
        for row in rows
        if all(row["cell"][name] == value for name, value in wanted.items())
    ]


def _values(rows: Iterable[Row], metric: str, when: str) -> str:
    found = [metric_of(row, metric, when) for row in rows]
    found = [value for value in found if value is not None]
    return summary(found) if found else "-"


def _distinct(rows: Iterable[Row], name: str) -> list:
    return list(dict.fromkeys(row["cell"][name] for row in rows))


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(
        "| " + " | ".join(cells) + " |" for cells in (head, rule, *lines)
    )


def _named(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each variant and source, with a name to print."""
    for variant in _distinct(rows, "variant"):
        own = _cells(rows, variant=variant)
        for source in _distinct(own, "source"):
            name = f"{variant}, {short(source)}" if source else variant
            yield name, _cells(own, source=source)


def configurations(rows: list[Row], when: str) -> str:
    """Table 1: what each variant reaches, a table for each target and size."""
    parts = []
    for target in _distinct(rows, "target"):
        for images in _distinct(_cells(rows, target=target), "images"):
            here = _cells(rows, target=target, images=images)
            shown = [m for m in COLUMNS if _values(here, m, when) != "-"]
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
    for target in _distinct(rows, "target"):
        here = _cells(rows, target=target)
        sizes = _distinct(here, "images")
        lines = []
        for name, own in _named(here):
            parted = (_cells(own, images=size) for size in sizes)
            lines.append([name, *(_values(p, metric, when) for p in parted)])
        head = [f"{metric}, {when}", *(str(size or "all") for size in sizes)]
        parts.append(f"**{short(target)}**\n\n{_table(head, lines)}")
    return "\n\n".join(parts)


def sources(rows: list[Row], metric: str, when: str) -> str:
    """Table 4: a row for each target, a column for each source."""
    names = _distinct(rows, "source")
    lines = []
    for target in _distinct(rows, "target"):
        for images in _distinct(_cells(rows, target=target), "images"):
            here = _cells(rows, target=target, images=images)
            numbers = [
                _values(_cells(here, source=name), metric, when)
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
        "the lowest KID of a run, `last` the one after its last step; the "
        "averaged generator against held-out images.",
        "\n".join(f"- {name}: {text}" for name, text in protocols.items()),
    ]
    tables: list[tuple[str, Callable[[str], str]]] = [
        ("Table 1: configurations", lambda when: configurations(rows, when))
    ]
    if len(_distinct(rows, "images")) > 1:
        tables.append(
            ("Table 2: target sizes", lambda w: target_sizes(rows, "kid", w))
        )
    if len([s for s in _distinct(rows, "source") if s]) > 1:
        tables.append(("Table 4: sources", lambda w: sources(rows, "kid", w)))
    for title, make in tables:
        parts += [f"## {title}", make("best"), make("last")]
    report = path / "tables.md"
    report.write_text("\n\n".join(parts) + "\n")
    for target in _distinct(rows, "target"):
        _plot(_cells(rows, target=target), path / f"{short(target)}.png")
    return report


def _plot(rows: list[Row], path: pathlib.Path) -> None:
    """KID over steps: a panel for each size, a line for each variant."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sizes = _distinct(rows, "images")
    figure, axes = pyplot.subplots(
        1, len(sizes), figsize=(4 * len(sizes), 3.2), squeeze=False
    )
    for axis, size in zip(axes[0], sizes, strict=True):
        here = _cells(rows, images=size)
        for variant in _distinct(here, "variant"):
            curves = [
                row["evaluations"] for row in _cells(here, variant=variant)
            ]
            steps = sorted({e["step"] for curve in curves for e in curve})
            points = [
                [
                    e[find(e, "kid")]
                    for curve in curves
                    for e in curve
                    if e["step"] == step and find(e, "kid")
                ]
                for step in steps
            ]
            means = [statistics.fmean(p) if p else None for p in points]
            spreads = [statistics.stdev(p) if len(p) > 1 else 0 for p in points]
            axis.errorbar(steps, means, spreads, label=variant, capsize=2)
        axis.set(title=f"{size or 'all'} images", xlabel="steps", ylabel="KID")
        axis.set_yscale("log")
    axes[0][0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
