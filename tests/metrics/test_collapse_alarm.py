import dataclasses

import pytest

from tfgan_transfer.metrics.collapse import collapse_alarm
from tfgan_transfer.metrics.score import Score


def score(name, value, spread=0.01):
    return Score(name, value, spread, "standard error", 0, 100, "p")


def test_alike_samples_raise_the_alarm():
    real = score("ms_ssim", 0.2)
    assert not collapse_alarm(score("ms_ssim", 0.2), real).raised
    assert not collapse_alarm(score("ms_ssim", 0.55), real).raised
    alarm = collapse_alarm(score("ms_ssim", 0.9), real)
    assert alarm.raised
    assert alarm.variety == pytest.approx(0.125)
    assert "0.900 of samples, 0.200 of real" in alarm.message
    assert "12% of the real variety" in alarm.message


def test_noise_raises_no_alarm():
    real = score("ms_ssim", 0.2)
    noisy = dataclasses.replace(score("ms_ssim", 0.9), spread=0.4)
    assert not collapse_alarm(noisy, real).raised


def test_recall_works_the_other_way_round():
    real = score("recall", 0.6)
    assert collapse_alarm(score("recall", 0.05), real).raised
    assert not collapse_alarm(score("recall", 0.5), real).raised
    assert not collapse_alarm(score("recall", 0), score("recall", 0)).raised
    with pytest.raises(ValueError, match="alarm on kid"):
        collapse_alarm(score("kid", 0), score("kid", 0))
    with pytest.raises(ValueError, match="recall against ms_ssim"):
        collapse_alarm(score("recall", 0), score("ms_ssim", 0))
