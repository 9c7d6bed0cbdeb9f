"""Settings that follow from others."""

import pytest

from tfgan_transfer.settings import config


@pytest.mark.parametrize(
    ("measured", "steers"),
    [
        ("kid", "kid"),
        ("swd", "swd"),
        ("precision_recall, swd", "swd"),
        ("swd,fid", "fid"),
        ("swd,kid", "kid"),
        ("precision_recall", "kid"),
    ],
)
def test_what_is_measured_steers(measured, steers):
    settings = config.resolve(
        {"eval_metrics": measured}, None, side=32, count=100
    )
    assert settings["best_metric"] == steers


def test_what_is_named_steers():
    given = {"eval_metrics": "kid,swd", "best_metric": "swd"}
    settings = config.resolve(given, None, side=32, count=100)
    assert settings["best_metric"] == "swd"
