"""Metrics in words."""

import pytest

from tfgan_transfer.evaluations import readings
from tfgan_transfer.metrics.evaluate import METRICS

# A metric of several scores, and the scores.
SCORES = {
    "iw": ["iw_distance"],
    "precision_recall": ["precision", "recall", "density", "coverage"],
    "memorisation": ["memorised"],
    "per_class": ["per_class_kid", "per_class_fid"],
    "discriminability": ["discriminability_8px"],
}


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_read(metric):
    for name in SCORES.get(metric, [metric]):
        reading = readings.of(name)
        assert reading.title != name and reading.meaning
        assert reading.better in (
            readings.LOWER,
            readings.HIGHER,
            readings.NEAR,
        )


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("kid", "kid"),
        ("kid@mixed_7", "kid"),
        ("kd[NET@LAYER]", "kid"),
        ("fd_inf[NET@LAYER]", "fid_inf"),
        ("per_class_kd[NET@LAYER]/cat", "per_class_kid"),
        ("swd/a2b", "swd"),
        ("label_accuracy_hair", "label_accuracy"),
        ("discriminability_8px", "discriminability"),
        ("is", "is"),
        ("something_new", "something_new"),
    ],
)
def test_the_metric_behind_a_name(name, base):
    assert readings.base_of(name) == base


def test_a_direction_is_part_of_the_title():
    assert readings.of("swd/a2b").title == (
        "Difference in shapes and texture, from A to B"
    )
    assert readings.of("cycle_error/b").title.endswith(", pictures of B")
    assert readings.of("something_new").title == "something_new"


@pytest.mark.parametrize(
    ("value", "share", "text"),
    [
        (0.0759123, False, "0.0759"),
        (0.000518, False, "0.000518"),
        (0.0000518, False, "0.0000518"),
        (-0.002, False, "−0.002"),
        (12345.6, False, "12,346"),
        (37.25, False, "37.2"),
        (0.0, False, "0"),
        (0.009, True, "0.9%"),
        (1.0, True, "100%"),
    ],
)
def test_numbers(value, share, text):
    assert readings.number(value, share) == text


@pytest.mark.parametrize(
    ("name", "value", "floor", "said"),
    [
        ("swd", 0.09, 0.03, "0.03: that is what real pictures get"),
        ("swd", 0.09, 0.03, "This one is 3.0 times that."),
        ("swd", 0.9, 0.03, "This one is 30 times that."),
        ("swd", 0.031, 0.03, "No difference is left"),
        ("precision", 0.4, 0.8, "about 80%"),
        ("precision", 0.4, 0.8, "This one reaches 50% of it."),
        ("ms_ssim", 0.4, 0.08, "Real pictures get 0.08"),
    ],
)
def test_a_value_beside_its_floor(name, value, floor, said):
    assert said in readings.beside_floor(value, floor, readings.of(name))


def test_no_ratio_to_what_is_not_above_nothing():
    """KID of two real sets may come out below 0."""
    said = readings.beside_floor(0.002, -0.0001, readings.of("kid"))
    assert "about −0.0001" in said and "times" not in said
