import dataclasses

import numpy as np
import pytest

from tfgan_transfer.metrics.collapse import CollapseWatch, collapse_alarm
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


def test_a_spread_that_shrank_raises_the_alarm_and_says_of_what():
    for name, words in (
        ("color_spread", "samples have lost their colours"),
        ("feature_spread", "samples show too few things"),
    ):
        real = score(name, 40.0)
        assert not collapse_alarm(score(name, 21.0), real).raised
        alarm = collapse_alarm(score(name, 10.0), real)
        assert alarm.raised and alarm.variety == 0.25
        assert alarm.message.startswith(f"collapse: {words} ({name} 10.000")
        # Grey images have no colours to lose.
        assert not collapse_alarm(score(name, 0.0), score(name, 0.0)).raised


def noise(count, seed, channels=1):
    rng = np.random.default_rng(seed)
    shape = count, 16, 16, channels
    return rng.integers(0, 256, shape, dtype=np.uint8)


def test_samples_that_turned_grey_are_noticed_though_they_are_varied():
    watch = CollapseWatch(noise(60, 0, 3))
    samples = noise(60, 1, 3)
    assert watch(samples) == ""
    paler = samples.mean(axis=-1, keepdims=True) + 0.4 * (
        samples - samples.mean(axis=-1, keepdims=True)
    )
    warning = watch(np.uint8(paler))
    assert warning.startswith("collapse: samples have lost their colours (")
    assert warning.endswith(
        "40% of the real variety); --restart_from=STEP goes back to before it"
    )


def test_a_feature_network_notices_that_few_things_are_shown():
    def halves(images):
        return images.reshape(len(images), 2, -1).mean(axis=-1)

    real, samples = noise(60, 0), noise(60, 1)
    bright = np.arange(60) % 2 == 1
    real[bright, :8] //= 4
    watch = CollapseWatch(real, features=halves)
    assert "show too few things (feature_spread" in watch(samples)
    samples[bright, :8] //= 4
    assert watch(samples) == ""


def test_a_label_that_collapsed_is_named_while_the_others_are_varied():
    labels = np.eye(3)[np.arange(60) % 3]
    watch = CollapseWatch(noise(60, 0), labels, ("cat", "dog", "fox"))
    samples = noise(60, 1)
    assert watch(samples, labels) == ""
    dogs = labels[:, 1] == 1
    samples[dogs] = samples[1]
    warning = watch(samples, labels)
    assert warning.startswith(
        "dog: collapse: samples are too alike (ms_ssim 1."
    )
    assert "cat" not in warning and "fox" not in warning
    assert warning.endswith("--restart_from=STEP goes back to before it")
    # All samples together are still varied.
    assert CollapseWatch(noise(60, 0))(samples) == ""
    samples[:] = samples[0]
    assert CollapseWatch(noise(60, 0))(samples).startswith("collapse: ")


def test_labels_of_few_images_are_not_watched():
    labels = np.eye(2)[[0] * 20 + [1] * 4]
    watch = CollapseWatch(noise(24, 0), labels, ("cat", "dog"))
    samples = noise(24, 1)
    samples[20:] = samples[20]
    assert watch(samples, labels) == ""
    assert list(watch.classes) == [0]
