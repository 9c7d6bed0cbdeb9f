"""Class losses against values worked out by hand."""

import math

import pytest
import tensorflow as tf

from tfgan_transfer import class_losses


def log_loss(x):
    """-log sigmoid(x)."""
    return math.log1p(math.exp(-x))


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_equal_logits_cost_log_k(classes):
    logits = tf.fill([1, classes], 1.7)
    labels = tf.one_hot([1], classes)
    value = class_losses.softmax_class_loss(logits, labels).numpy()
    assert value == pytest.approx([math.log(classes)], rel=1e-6)


def test_softmax_of_two_classes():
    logits = tf.constant([[2.0, -1.0], [2.0, -1.0]])
    labels = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    value = class_losses.softmax_class_loss(logits, labels).numpy()
    assert value == pytest.approx([log_loss(3), log_loss(-3)], rel=1e-6)


def test_softmax_smoothing_spreads_the_target():
    logits = tf.constant([[2.0, -1.0]])
    labels = tf.constant([[1.0, 0.0]])
    value = class_losses.softmax_class_loss(
        logits, labels, smoothing=0.2
    ).numpy()
    wanted = 0.9 * log_loss(3) + 0.1 * log_loss(-3)
    assert value == pytest.approx([wanted], rel=1e-6)


@pytest.mark.parametrize(("reduction", "share"), [("sum", 1), ("mean", 1 / 3)])
def test_tags_by_hand(reduction, share):
    logits = tf.constant([[2.0, -1.0, 0.5]])
    labels = tf.constant([[1.0, 0.0, 1.0]])
    value = class_losses.sigmoid_class_loss(logits, labels, reduction=reduction)
    wanted = log_loss(2) + log_loss(1) + log_loss(0.5)
    assert value.numpy() == pytest.approx([wanted * share], rel=1e-6)


def test_tag_smoothing_moves_both_targets_to_the_middle():
    logits = tf.constant([[2.0, -1.0]])
    labels = tf.constant([[1.0, 0.0]])
    value = class_losses.sigmoid_class_loss(logits, labels, 0.2, "sum").numpy()
    wanted = 0.9 * log_loss(2) + 0.1 * log_loss(-2)
    wanted += 0.9 * log_loss(1) + 0.1 * log_loss(-1)
    assert value == pytest.approx([wanted], rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize(
    "loss", [class_losses.softmax_class_loss, class_losses.sigmoid_class_loss]
)
def test_images_without_label_teach_nothing(loss, smoothing):
    logits = tf.Variable([[2.0, -1.0], [2.0, -1.0]])
    labels = tf.constant([[0.0, 0.0], [0.0, 1.0]])
    with tf.GradientTape() as tape:
        value = loss(logits, labels, smoothing)
    gradient = tape.gradient(value, logits).numpy()
    assert value[0] == 0 and value[1] > 0
    assert (gradient[0] == 0).all() and (gradient[1] != 0).all()


def test_unknown_reduction():
    with pytest.raises(ValueError, match="reduction='max'"):
        class_losses.sigmoid_class_loss(
            tf.zeros([1, 2]), tf.ones([1, 2]), 0, "max"
        )
