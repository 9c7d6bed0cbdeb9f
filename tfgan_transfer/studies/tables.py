"""Tables and plots of a study, in the layout of the paper's tables."""

import pathlib
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

from tfgan_transfer.studies import pictures as study_pictures
from tfgan_transfer.studies.study import (
    cells_where,
    distinct,
    find,
    short,
    steering,
)

Row = dict
CLASSES_NOTE = (
    "Each class against its own held-out images; `Avg.` is the mean over "
    "classes, `All` of all images together. The last line is the floor, real "
    "images in the place of samples, with their numbers in the last "
    "evaluation: samples of real images. FID of so few is mostly bias."
)
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
        if name != "step" and "/" not in name
    ]
    names = [
        re.sub(r"\bkd$", "kid", re.sub(r"(^|_)fd$", r"\1fid", n)) for n in names
    ]
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


def target_sizes(
    rows: list[Row], metric: str, when: str, classes: int = 1
) -> str:
    """Table 2: a column for each number of target images.

    Args:
        rows: Rows of the study.
        metric: Metric name up to its layer.
        when: As in `metric_of`.
        classes: Number of classes, for Table 7: images of each.
    """
    parts = []
    for target in distinct(rows, "target"):
        here = cells_where(rows, target=target)
        sizes = distinct(here, "images")
        lines = []
        for name, own in _named(here):
            parted = (cells_where(own, images=size) for size in sizes)
            lines.append([name, *(_values(p, metric, when) for p in parted)])
        shown = [size and round(size / classes) for size in sizes]
        head = [f"{metric}, {when}", *(str(size or "all") for size in shown)]
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


def classes_of(rows: Iterable[Row], metric: str = "per_class_kid") -> list[str]:
    """Names of the classes that were measured one by one."""
    names = {}
    for row in rows:
        for evaluation in row["evaluations"]:
            average = find(evaluation, metric)
            for name in evaluation:
                if average and name.startswith(f"{average}/"):
                    names[name.removeprefix(f"{average}/")] = None
    return list(names)


def checkpoints(rows: Iterable[Row]) -> list[int]:
    """The steps that Table 6 shows: the first, the last, and one between.

    The one between is nearest to their geometric mean, as in the paper's 250,
    2,500 and 25,000.
    """
    steps = sorted({e["step"] for row in rows for e in row["evaluations"]})
    middle = (steps[0] * steps[-1]) ** 0.5
    between = min(steps[1:-1], key=lambda s: abs(s - middle), default=steps[0])
    return sorted({steps[0], between, steps[-1]})


def per_class(rows: list[Row], metric: str) -> str:
    """Table 6: a column for each class, their mean, and all images together.

    Args:
        rows: Rows of the study.
        metric: `"kid"` or `"fid"`.
    """
    parts = []
    for target in distinct(rows, "target"):
        for images in distinct(cells_where(rows, target=target), "images"):
            here = cells_where(rows, target=target, images=images)
            names = classes_of(here, f"per_class_{metric}")
            if not names:
                continue
            lines = [
                [name, str(step), *_class_values(own, metric, names, step)]
                for name, own in _named(here)
                for step in checkpoints(own)
            ]
            lines.append(["real images", "", *_floor(here, metric, names)])
            head = [metric, "steps", *names, "Avg.", "All"]
            title = f"{short(target)}, {images or 'all'} images"
            parts.append(f"**{title}**\n\n{_table(head, lines)}")
    return "\n\n".join(parts)


def _class_keys(values: dict, metric: str, names: list[str]) -> list[str]:
    """Keys of the columns of Table 6 in an evaluation or its floors."""
    average = find(values, f"per_class_{metric}")
    every = find(values, metric)
    return [*(f"{average}/{name}" for name in names), average, every]


def _class_values(
    rows: list[Row], metric: str, names: list[str], step: int
) -> list[str]:
    found = [e for r in rows for e in r["evaluations"] if e["step"] == step]
    columns = [
        [e[key] for e in found if key in e]
        for key in _class_keys(found[0], metric, names)
    ]
    return [summary(values) if values else "-" for values in columns]


def _floor(rows: list[Row], metric: str, names: list[str]) -> list[str]:
    """Real images in the place of samples, and how many of either there are."""
    floors = [row["floors"] for row in rows if row.get("floors")]
    texts = []
    for key in _class_keys(floors[0] if floors else {}, metric, names):
        known = [floor[key] for floor in floors if key in floor]
        if known:
            value = summary([floor["value"] for floor in known])
            counts = f"{known[0]['n_fake']} of {known[0]['n_real']}"
        texts.append(f"{value} ({counts})" if known else "-")
    return texts


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
        "\n".join(
            f"- {name}: {text}"
            for name, text in protocols.items()
            if "/" not in name
        ),
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
    classes = classes_of(rows)
    if classes and len(distinct(rows, "images")) > 1:
        tables.append(
            (
                "Table 7: images of each class, about",
                lambda w: target_sizes(rows, "per_class_kid", w, len(classes)),
            )
        )
    for title, make in tables:
        parts += [f"## {title}", make("best"), make("last")]
    if classes:
        parts += ["## Table 6: classes", CLASSES_NOTE]
        parts += [per_class(rows, metric) for metric in ("kid", "fid")]
    report = path / "tables.md"
    report.write_text("\n\n".join(parts) + "\n")
    for target in distinct(rows, "target"):
        here = cells_where(rows, target=target)
        study_pictures.curves(here, path / f"{short(target)}.png")
        study_pictures.samples(here, path)
    return report
