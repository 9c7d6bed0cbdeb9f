"""Which values of a metric are drawn as one curve."""

from tfgan_transfer.reports import measurements


def rows(*values):
    """Rows of `metrics.jsonl` of (step, value, protocol)."""
    return [
        {
            "step": step,
            "evaluation": [
                {"name": "swd", "value": value, "protocol": protocol}
            ],
        }
        for step, value, protocol in values
    ]


def test_the_curve_is_of_the_newest_size():
    small = [(1, 0.9, "32 px"), (2, 0.8, "32 px"), (3, 0.7, "32 px")]
    large = [(4, 0.6, "64 px"), (5, 0.5, "64 px")]
    found = measurements.measured(rows(*small, *large))["swd"]
    assert found.step == 5 and found.score["value"] == 0.5
    assert found.points == [(4, 0.6), (5, 0.5)]


def test_one_that_stands_alone_is_no_curve():
    trained = [(4, 0.6, "500 real"), (5, 0.5, "500 real")]
    found = measurements.measured(rows(*trained, (5, 0.4, "900 real")))["swd"]
    assert found.score["value"] == 0.4
    assert found.points == [(4, 0.6), (5, 0.5)]
