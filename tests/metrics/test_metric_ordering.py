"""Known generators of digits, put in their order by each metric."""

import types

import numpy as np
import pytest

from tfgan_transfer.metrics.classifier_accuracy import classifier_accuracy
from tfgan_transfer.metrics.collapse import collapse_alarm
from tfgan_transfer.metrics.fid import fid
from tfgan_transfer.metrics.inception_score import inception_score
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.ms_ssim import mean_ms_ssim
from tfgan_transfer.metrics.per_class import per_class
from tfgan_transfer.metrics.precision_recall import precision_recall


@pytest.fixture(scope="module")
def fakes(digits):
    rng = np.random.default_rng(0)
    fresh = digits.fresh.images
    noise = rng.normal(0, 60, fresh.shape)
    return types.SimpleNamespace(
        copied=digits.train.images[:597],
        real=fresh,
        noisy=np.clip(fresh + noise, 0, 255).astype(np.uint8),
        collapsed=fresh[:6].repeat(100, axis=0)[:597],
        labels=digits.fresh.labels,
    )


@pytest.fixture(scope="module")
def classify(digits):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=400)
    model.fit(digits.train.features, digits.train.labels)
    return lambda images: model.decision_function(flat(images))


def flat(images):
    return images.reshape(len(images), -1) / 255.0


@pytest.mark.parametrize("metric", [fid, kid])
def test_distances(digits, fakes, metric):
    train = digits.train.features
    copied, real, noisy, collapsed = (
        metric(train, flat(images)).value
        for images in (
            fakes.copied,
            fakes.real,
            fakes.noisy,
            fakes.collapsed,
        )
    )
    # The copier wins: neither metric knows about memorisation.
    assert copied < real < noisy < collapsed
    assert noisy > 5 * abs(real)


def test_kid_of_real_images_is_zero(digits):
    score = kid(digits.train.features, digits.fresh.features)
    assert abs(score.value) < 3 * score.spread


def test_neighbourhoods(digits, fakes):
    train = digits.train.features
    found = {
        name: precision_recall(train, flat(images))
        for name, images in vars(fakes).items()
        if name != "labels"
    }
    value = lambda name, part: getattr(found[name], part).value  # noqa: E731
    assert value("copied", "precision") == 1
    assert value("copied", "precision") >= value("real", "precision") > 0.75
    assert value("real", "precision") > 2 * value("noisy", "precision")
    assert value("real", "recall") > 2 * value("collapsed", "recall")
    assert value("real", "coverage") > 5 * value("collapsed", "coverage")
    assert value("real", "density") > 2 * value("noisy", "density")
    half = precision_recall(train[:300], train[300:])
    alarm = collapse_alarm(found["collapsed"].recall, half.recall)
    assert alarm.raised
    assert not collapse_alarm(found["real"].recall, half.recall).raised


def test_similarity_of_pairs(digits, fakes):
    def similar(images):
        return mean_ms_ssim(images.repeat(4, axis=1).repeat(4, axis=2), 150)

    real = similar(digits.train.images)
    assert similar(fakes.noisy).value < similar(fakes.collapsed[:100]).value
    assert collapse_alarm(similar(fakes.collapsed[:100]), real).raised
    assert not collapse_alarm(similar(fakes.real), real).raised


def test_classifier_metrics(fakes, classify):
    scores = {
        name: inception_score(classify(getattr(fakes, name)), 3).value
        for name in ("real", "noisy")
    }
    scores["collapsed"] = inception_score(
        classify(fakes.collapsed[:100]), 1
    ).value
    assert scores["collapsed"] < 1.01 < scores["real"]
    # Confident nonsense scores high: the score has not seen the digits.
    assert scores["noisy"] > 0.5 * scores["real"]
    real = classifier_accuracy(fakes.real, fakes.labels, classify)
    noisy = classifier_accuracy(fakes.noisy, fakes.labels, classify)
    assert real.value > 0.9
    assert noisy.value < real.value - 3 * real.spread


def test_a_swapped_pair_of_classes_shows_per_class(digits, fakes):
    swapped = fakes.labels.copy()
    swapped[fakes.labels == 3] = 5
    swapped[fakes.labels == 5] = 3
    one_hot = np.eye(10)
    real, asked = digits.train, one_hot[fakes.labels]
    args = (real.features, one_hot[real.labels], flat(fakes.real))
    right = per_class(kid, *args, asked)
    wrong = per_class(kid, *args, one_hot[swapped])
    for label in range(10):
        changed = wrong.classes[label].value - right.classes[label].value
        assert (changed > 1e-3) == (label in (3, 5))
    assert wrong.pooled.value == right.pooled.value
    assert wrong.average.value > right.average.value
