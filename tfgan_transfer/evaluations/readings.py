"""Metrics in the words of somebody who has never heard of them."""

import re
from typing import NamedTuple

import numpy as np

LOWER, HIGHER, NEAR = (
    "lower is better",
    "higher is better",
    "best near the line",
)

# What a metric of two translators was measured of.
SIDES = {
    "a2b": "from A to B",
    "b2a": "from B to A",
    "raw": "pictures left as they are",
    "a": "pictures of A",
    "b": "pictures of B",
}


class Reading(NamedTuple):
    """How to read a metric.

    Attributes:
        title: A name that says what it is about.
        meaning: What is counted or measured, in a sentence or two.
        better: Which direction is better; empty if neither is.
        share: Whether it is a share, to be shown in percent.
    """

    title: str
    meaning: str
    better: str = ""
    share: bool = False


READINGS = {
    "kid": Reading(
        "Distance from real pictures",
        "How far the generated pictures, taken together, are from real ones "
        "in the eyes of a network that was trained on photographs. At 0 it "
        "can tell no difference.",
        LOWER,
    ),
    "fid": Reading(
        "Distance from real pictures, the best-known measure",
        "The distance that most papers print. With few pictures it is never "
        "near 0, even for perfect ones, so it only means something beside "
        "what real pictures get.",
        LOWER,
    ),
    "fid_inf": Reading(
        "Distance from real pictures, for endlessly many samples",
        "The best-known distance, extrapolated to a number of samples at "
        "which the counting error is gone.",
        LOWER,
    ),
    "swd": Reading(
        "Difference in shapes and texture",
        "How much small patches of the generated pictures, from coarse to "
        "fine, differ from patches of real ones.",
        LOWER,
    ),
    "iw_distance": Reading(
        "Distance in the eyes of an independent judge",
        "How far apart a judge that had no part in the training can push its "
        "marks for real and for generated pictures.",
        LOWER,
    ),
    "precision": Reading(
        "Believable pictures",
        "Share of generated pictures that have real ones for neighbours.",
        HIGHER,
        True,
    ),
    "recall": Reading(
        "Variety that the model can draw",
        "Share of real pictures that lie among the generated ones.",
        HIGHER,
        True,
    ),
    "density": Reading(
        "How thick the believable pictures lie",
        "How many real pictures each generated one has for neighbours, "
        "compared with what is expected.",
        HIGHER,
    ),
    "coverage": Reading(
        "Kinds of pictures that are drawn at all",
        "Share of real pictures that have a generated one beside them.",
        HIGHER,
        True,
    ),
    "is": Reading(
        "Clear and varied subjects",
        "Inception Score: high when each picture clearly shows something, "
        "and different pictures show different things.",
        HIGHER,
    ),
    "ms_ssim": Reading(
        "How alike the pictures are to one another",
        "Mean similarity of pairs of generated pictures: 0 is nothing in "
        "common, 1 is the same picture again and again. Varied pictures come "
        "near to what real ones get.",
        NEAR,
    ),
    "class_ms_ssim": Reading(
        "How alike the pictures of one class are",
        "Mean similarity of pairs within each class: 1 is the same picture "
        "again and again.",
        NEAR,
    ),
    "memorised": Reading(
        "Pictures that may be copies",
        "Share of generated pictures that are closer to one of your training "
        "pictures than 99 in 100 real pictures are that the model has never "
        "seen. About 1% is what chance alone would give. Pale or blurred "
        "pictures count too: they are close to many.",
        LOWER,
        True,
    ),
    "authenticity": Reading(
        "Pictures of its own",
        "Share of generated pictures farther from the training pictures than "
        "those are from each other.",
        HIGHER,
        True,
    ),
    "label_accuracy": Reading(
        "Draws what it is asked for",
        "Share of generated pictures that a classifier, trained on the real "
        "ones, takes for what was asked.",
        HIGHER,
        True,
    ),
    "discriminability": Reading(
        "Draws what it is asked for, seen through a coarse screen",
        "The same after the pictures were made smaller: how much of what was "
        "asked for is in the details.",
        HIGHER,
        True,
    ),
    "per_class_kid": Reading(
        "Distance from real pictures, class by class",
        "Each class against its own real pictures, and the mean of them.",
        LOWER,
    ),
    "per_class_fid": Reading(
        "Best-known distance, class by class",
        "Each class against its own real pictures, and the mean of them. Of "
        "so few pictures it is mostly counting error: compare with real ones.",
        LOWER,
    ),
    "own_kid": Reading(
        "Whether anything was changed at all",
        "How far translated pictures, taken together, are from real ones of "
        "the set that they came from. A translator that does nothing gets "
        "what real pictures get.",
        HIGHER,
    ),
    "pixel_grid": Reading(
        "Traces of the network's pixel grid",
        "How much stronger patterns are that repeat every 2 or 4 pixels than "
        "others nearly as fine. At 1 nothing stands out.",
        LOWER,
    ),
    "cycle_error": Reading(
        "What there and back changes",
        "Mean difference between a picture and what comes back after it was "
        "translated and translated back. Black to white is 2.",
        LOWER,
    ),
    "identity_error": Reading(
        "What is changed though nothing should be",
        "Mean difference that the translator makes to pictures which belong "
        "to its own side already. Black to white is 2.",
        LOWER,
    ),
    "content_distance": Reading(
        "What a translation takes away",
        "How far a translated picture is from its original in the shapes and "
        "places that a network trained on photographs sees first.",
        LOWER,
    ),
    "content_lost": Reading(
        "How much of the original is lost",
        "How far a translated picture is from its original, compared with "
        "how far it is from the others, in shapes and places. 0% if each "
        "differs from its original in the same way, 100% if it has nothing "
        "to do with it.",
        LOWER,
        True,
    ),
    "content_rank": Reading(
        "Whether the original can still be recognised",
        "Share of other originals that are nearer to a translated picture "
        "than its own.",
        LOWER,
        True,
    ),
}


def base_of(name: str) -> str:
    """The metric behind a full name: `kid` of `kid@mixed_7` or `kd[NET@L]`."""
    short = re.split(r"[@\[/]", name)[0]
    for ours, theirs in (("kd", "kid"), ("fd", "fid"), ("fd_inf", "fid_inf")):
        if short == ours or short == f"per_class_{ours}":
            short = short.removesuffix(ours) + theirs
    if short not in READINGS:
        short = next(
            (known for known in READINGS if short.startswith(f"{known}_")),
            short,
        )
    return short


def of(name: str) -> Reading:
    """How to read a metric, whatever it is called.

    Args:
        name: As in `metrics.jsonl`, such as `kid@mixed_7` or `swd/a2b`.
    """
    reading = READINGS.get(base_of(name)) or Reading(name, "")
    side = SIDES.get(name.rpartition("/")[2] if "/" in name else "")
    if side:
        reading = reading._replace(title=f"{reading.title}, {side}")
    return reading


def number(value: float, share: bool = False) -> str:
    """A value with as many digits as somebody can use."""
    if share:
        return f"{100 * value:.3g}%"
    text = np.format_float_positional(
        abs(value), precision=3, fractional=False, trim="-"
    )
    if abs(value) >= 1000:
        text = f"{abs(value):,.0f}"
    return f"−{text}" if value < 0 else text


def beside_floor(value: float, floor: float, reading: Reading) -> str:
    """What a value says next to what real pictures get in its place.

    Args:
        value: What the model got.
        floor: What real pictures got.
        reading: How to read either.
    """
    shown = number(floor, reading.share)
    if reading.better == NEAR:
        return f"Real pictures get {shown}, and so would a perfect generator."
    text = f"A perfect generator would get about {shown}: that is what real "
    text += "pictures get that take the place of generated ones."
    if min(value, floor) <= 0 or not reading.better:
        return text
    if reading.better == HIGHER:
        return f"{text} This one reaches {value / floor:.0%} of it."
    if value <= 1.05 * floor:
        return f"{text} No difference is left that this measure can see."
    times = value / floor
    return f"{text} This one is {times:.{0 if times >= 10 else 1}f} times that."
