import numpy as np
import pytest

from tfgan_transfer.metrics.classifier_accuracy import (
    accuracy_curve,
    classifier_accuracy,
)


def test_share_of_intended_classes():
    labels = np.arange(40) % 4
    images = labels[:, None, None, None].astype(np.uint8)
    images = images.repeat(4, axis=1).repeat(4, axis=2)
    asked = labels.copy()
    asked[:10] = (asked[:10] + 1) % 4
    calls = []

    def classify(batch):
        calls.append(len(batch))
        return np.eye(4)[batch[:, 0, 0, 0]]

    score = classifier_accuracy(images, asked, classify, batch_size=16)
    assert calls == [16, 16, 8]
    assert score.value == 0.75
    # Ten subsets of four: 2.5 of them are wrong, split 4, 4, 2.
    parts = [0, 0, 0.5] + 7 * [1]
    assert score.spread == pytest.approx(np.std(parts))
    with pytest.raises(ValueError, match="39 labels"):
        classifier_accuracy(images, asked[1:], classify)


def test_detail_is_lost_at_low_resolutions():
    # Class 1 differs from class 0 in its finest texture only.
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = rng.integers(100, 140, (40, 32, 32, 1))
    checks = 60 * ((np.arange(32)[:, None] + np.arange(32)) % 2)[..., None]
    images = (images + labels[:, None, None, None] * checks).astype(np.uint8)

    def classify(batch):
        batch = np.asarray(batch, np.float32)
        texture = np.abs(np.diff(batch, axis=1)).mean(axis=(1, 2, 3))
        return np.stack([np.full(len(batch), 25.0), texture], axis=1)

    curve = accuracy_curve(images, labels, classify, (8, 16, 32))
    assert curve[8].value == curve[16].value == 0.5
    assert curve[32].value == 1
    assert "through 16 px of 32 x 32" in curve[16].protocol
