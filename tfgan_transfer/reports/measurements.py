"""What was measured of a run: a card for each metric, curves of the losses."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tfgan_transfer.evaluations import readings
from tfgan_transfer.markup import (
    Markup,
    element,
    folded,
    joined,
    table,
)
from tfgan_transfer.reports import curves, wording
from tfgan_transfer.reports.page import Section
from tfgan_transfer.training import run_directory
from tfgan_transfer.training.run_directory import RunDirectory

# Rows of `metrics.jsonl` that training explains itself by, two to a drawing.
LOSSES = {
    "How far the critic tells real from generated": {
        "wasserstein": "real less generated"
    },
    "What critic and generator play for": {
        "critic_loss": "critic",
        "generator_loss": "generator",
    },
    "Labels that the critic reads off correctly": {
        "class_accuracy_real": "of real pictures",
        "class_accuracy_fake": "of generated ones",
    },
    "What is lost on the way there and back": {
        "cycle_loss_a": "of A",
        "cycle_loss_b": "of B",
    },
}
# Classes that are measured one by one, in a table of their own.
_PARTS = frozenset(readings.SIDES)


class Measured(NamedTuple):
    """A metric of a run.

    Attributes:
        score: The newest record of it.
        step: When that was.
        points: (step, value) of those that may be compared with the newest;
            if there are none, of the most that may with one another.
    """

    score: Mapping
    step: int
    points: list[tuple[int, float]]

    @property
    def floor(self) -> float | None:
        """What real pictures get in the place of samples, if it is known."""
        floor = self.score.get("floor")
        value = floor.get("value") if isinstance(floor, Mapping) else None
        return value if finite(value) else None


def finite(value: object) -> bool:
    """Whether something is a number that can be drawn."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


class Log(NamedTuple):
    """What `metrics.jsonl` holds, read once for the whole page.

    Attributes:
        rows: All of it, oldest first.
        measured: Metric name -> what is known of it, in the order of the last
            row.
    """

    rows: list[dict]
    measured: dict[str, Measured]

    @classmethod
    def of(cls, run: RunDirectory) -> "Log":
        """Reads the file of a run; one that is not there is empty."""
        found = list(run_directory.rows(run.metrics))
        return cls(found, measured(run_directory.evaluations(found)))


def measured(evaluations: Iterable[Mapping]) -> dict[str, Measured]:
    """Metric name -> what is known of it, in the order of the last row.

    Values of other weights than the averaged ones, and of samples that were
    scaled, are left out.

    Args:
        evaluations: Rows of `metrics.jsonl`, oldest first.
    """
    groups: dict[tuple, dict[int, float]] = {}
    newest: dict[str, tuple[int, Mapping]] = {}
    for row in evaluations:
        if not row.get("ema", True) or "size" in row or "images" in row:
            continue
        for score in filter(lambda s: finite(s["value"]), row["evaluation"]):
            step = int(row["step"])
            key = _comparable(score)
            groups.setdefault(key, {})[step] = score["value"]
            newest.pop(score["name"], None)
            newest[score["name"]] = step, score
    found = {}
    for name, (step, score) in newest.items():
        points = groups[_comparable(score)]
        if len(points) == 1:
            # Measured once more, otherwise than while it trained.
            own = [them for key, them in groups.items() if key[0] == name]
            points = max(own, key=len)
        found[name] = Measured(score, step, sorted(points.items()))
    return found


def _comparable(score: Mapping) -> tuple:
    fields = ("name", "protocol", "n_real", "n_fake")
    return tuple(str(score.get(field)) for field in fields)


def metrics(log: Log) -> Section | None:
    """A card for each metric, with its floor and how it was measured."""
    cards = [
        _card(name, one)
        for name, one in log.measured.items()
        if "/" not in name or name.rpartition("/")[2] in _PARTS
    ]
    if not cards:
        return None
    lead = (
        "Each number is one way of asking how near the pictures come to real "
        "ones. None of them sees everything: look at the pictures too."
    )
    parts = [_warnings(log.rows), element("div", *cards, class_="cards")]
    return Section("How good is it?", joined(parts), lead)


def _card(name: str, one: Measured) -> Markup:
    reading = readings.of(name)
    value = readings.number(one.score["value"], reading.share)
    spread = one.score.get("spread")
    within = (
        f" ± {readings.number(spread, reading.share)}"
        if finite(spread)
        else None
    )
    beside = None
    if one.floor is not None:
        beside = readings.beside_floor(one.score["value"], one.floor, reading)
    note = one.score.get("note")
    return element(
        "article",
        element("h3", reading.title),
        element(
            "p",
            value,
            element("small", within, f" {reading.better}"),
            class_="value",
        ),
        _curve(name, one),
        element("p", reading.meaning) if reading.meaning else None,
        element("p", beside) if beside else None,
        element("p", note, class_="note") if note else None,
        _protocol(name, one),
        class_="card",
    )


def _curve(name: str, one: Measured) -> Markup | None:
    if len(one.points) < 2:
        return None
    (first, start), (last, end) = one.points[0], one.points[-1]
    alt = (
        f"{name}: {readings.number(start)} at step {first}, "
        f"{readings.number(end)} at step {last}"
    )
    if one.floor is not None:
        alt += f"; dashed, what real pictures get: {readings.number(one.floor)}"
    return curves.drawn(
        {name: one.points}, alt, one.floor, readings.of(name).share
    )


def _protocol(name: str, one: Measured) -> Markup:
    score = one.score
    kind = score.get("spread_kind")
    sentences = [
        f"{name}, after {wording.steps(one.step)}: {score['value']!r}",
        f"floor, real pictures in the place of samples: {one.floor!r}"
        if one.floor is not None
        else "no floor is measured for it",
        f"± is the {kind}" if finite(score.get("spread")) and kind else None,
        f"{score.get('n_real')} real and {score.get('n_fake')} generated "
        "pictures"
        if score.get("n_fake")
        else None,
        score.get("protocol"),
    ]
    items = [element("li", text) for text in sentences if text]
    return folded("How it was measured", element("ul", *items))


def _warnings(logged: Iterable[Mapping]) -> Markup | None:
    """What training warned of at its last evaluation, part by part."""
    evaluated = [row for row in logged if "warning" in row]
    text = evaluated[-1]["warning"] if evaluated else ""
    if not text or not isinstance(text, str):
        return None
    first, *more = re.split(r"; (?![^(]*\))", text)
    items = [element("li", part) for part in more]
    return joined(
        [
            element("p", f"Training warned: {first}", class_="note"),
            folded(f"{len(more)} more", element("ul", *items))
            if more
            else None,
        ]
    )


def classes(log: Log) -> Section | None:
    """Metrics that were taken class by class, in one table."""
    values: dict[str, dict[str, str]] = {}
    for name, one in log.measured.items():
        metric, slash, label = name.partition("/")
        if slash and label not in _PARTS:
            reading = readings.of(metric)
            shown = readings.number(one.score["value"], reading.share)
            if one.floor is not None:
                shown += f" ({readings.number(one.floor, reading.share)})"
            values.setdefault(label, {})[metric] = shown
    if not values:
        return None
    names = list(dict.fromkeys(name for row in values.values() for name in row))
    lines = [
        [label, *(row.get(name, "") for name in names)]
        for label, row in values.items()
    ]
    legend = [
        element("li", f"{name}: {readings.of(name).title}") for name in names
    ]
    body = [table(["class", *names], lines), element("ul", *legend)]
    lead = "In brackets, what real pictures of the class get."
    return Section("Class by class, in numbers", joined(body), lead)


def losses(log: Log) -> Section | None:
    """Curves of what training logs about itself."""
    logged = [
        row
        for row in log.rows
        if "evaluation" not in row and finite(row.get("step"))
    ]
    cards = []
    for title, lines in LOSSES.items():
        drawn = {label: _points(logged, name) for name, label in lines.items()}
        drawn = {label: points for label, points in drawn.items() if points}
        if drawn:
            alt = "; ".join(
                f"{title}, {label}: {readings.number(points[0][1])} first, "
                f"{readings.number(points[-1][1])} last"
                for label, points in drawn.items()
            )
            heading = element("h3", title)
            chart = curves.drawn(drawn, alt)
            cards.append(element("article", heading, chart, class_="card"))
    if not cards:
        return None
    lead = (
        "Critic and generator learn against each other, so these curves need "
        "not fall. They are worth a look when something went wrong: a curve "
        "that runs away, or stands still."
    )
    body = element("div", *cards, class_="cards")
    return Section("How the training went", body, lead)


def _points(logged: Iterable[Mapping], name: str) -> Sequence:
    points = {
        int(row["step"]): row[name] for row in logged if finite(row.get(name))
    }
    return sorted(points.items())
