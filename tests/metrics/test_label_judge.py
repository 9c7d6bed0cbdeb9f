"""The classifier of real images, and what it says about samples."""

import keras
import numpy as np
import pytest

from tests.support.evaluating import evaluation, pictures
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics import label_judge
from tfgan_transfer.metrics.label_accuracy import class_accuracies
from tfgan_transfer.metrics.label_groups import LabelGroup, label_groups
from tfgan_transfer.metrics.label_judge import trained_judge
from tfgan_transfer.metrics.labels import Labels

TAGS = ("dark_hair", "red_eyes", "light_hair", "hat", "blue_eyes")
HAIR, EYES = LabelGroup("hair", (0, 2)), LabelGroup("eyes", (1, 4))


def tagged(count, seed):
    """Pictures whose brightness is the hair and whose last row the eyes."""
    rng = np.random.default_rng(seed)
    hair, eyes = rng.integers(0, 2, (2, count))
    images = pictures(count, (60 + 140 * hair)[:, None, None, None], seed)
    images[:, -2:] = np.where(eyes, 255, 0)[:, None, None, None]
    labels = np.zeros((count, 5), np.float32)
    labels[np.arange(count), np.where(hair, 2, 0)] = 1
    labels[np.arange(count), np.where(eyes, 4, 1)] = 1
    labels[:, 3] = rng.integers(0, 2, count)
    return images, labels


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def asked(samples, labels, cache, real=None):
    train, train_labels = tagged(80, 0)
    held_out, held_labels = tagged(40, 1)
    if real is not None:
        held_labels = real(held_labels)
    return evaluation(
        [samples],
        train=train,
        held_out=held_out,
        cache_dir=str(cache),
        labels=Labels(
            TAGS,
            held_labels,
            train_labels,
            train_labels,
            held_labels,
            [labels],
        ),
        real=held_out,
        other=train,
    )


def test_tags_that_end_alike_are_one_question():
    _, labels = tagged(100, 0)
    assert label_groups(TAGS, labels) == [HAIR, EYES]
    # A few images with two hair colours do not change the question...
    labels[:5, [0, 2]] = 1
    assert label_groups(TAGS, labels) == [HAIR, EYES]
    known, answers = HAIR.answers(labels)
    assert known.sum() == 95 and not known[:5].any()
    assert (labels[np.arange(5, 100), [(0, 2)[a] for a in answers[5:]]]).all()
    # ... many do.
    labels[:20, [0, 2]] = 1
    assert label_groups(TAGS, labels) == [EYES]
    classes = np.eye(3)[[0, 1, 2, 2]]
    assert label_groups("abc", classes) == [LabelGroup("", (0, 1, 2))]


def test_the_judge_learns_both_questions_and_is_kept(cache, monkeypatch):
    images, labels = tagged(80, 0)
    unseen, wanted = tagged(40, 1)
    groups = [HAIR, EYES]
    judge = trained_judge(images, labels, groups, cache_dir=cache)
    accuracy = class_accuracies(judge, unseen, wanted)
    assert sorted(accuracy) == [0, 1, 2, 4]
    assert min(accuracy.values()) > 0.9
    expected = judge.logits(unseen, 1)

    def fail(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(label_judge, "_train", fail)
    again = trained_judge(images, labels, groups, cache_dir=cache)
    np.testing.assert_array_equal(again.logits(unseen, 1), expected)
    with pytest.raises(AssertionError, match="trained again"):
        trained_judge(images, labels, [HAIR], cache_dir=cache)


def test_the_same_seed_gives_the_same_judge():
    images, labels = tagged(40, 0)
    found = []
    for seed, policy in ((3, "float32"), (3, "mixed_bfloat16"), (4, "float32")):
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        judge = trained_judge(images, labels, [HAIR], seed=seed, seen=160)
        keras.config.set_dtype_policy(before)
        found.append(judge.logits(images, 0))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert np.abs(found[0] - found[2]).max() > 1e-2


def test_large_images_are_made_smaller():
    images = np.zeros((2, 96, 128, 3), np.uint8)
    assert label_judge._fitted(images).shape == (2, 48, 64, 3)
    assert label_judge._fitted(images[:, :32, :32]).shape == (2, 32, 32, 3)


def test_samples_are_judged_by_what_was_asked_for(cache):
    samples, labels = tagged(60, 5)
    wrong = labels.copy()
    wrong[:, [0, 2]] = labels[:, [2, 0]]
    right, swapped = (
        {r.score.name: r for r in run.rows(["label_accuracy"])}
        for run in (asked(samples, x, cache) for x in (labels, wrong))
    )
    assert list(right) == ["label_accuracy_hair", "label_accuracy_eyes"]
    hair = right["label_accuracy_hair"]
    assert hair.score.value > 0.9
    assert hair.floor.value > 0.9 and hair.floor.n_fake == 40
    assert hair.score.n_real == 80 and hair.score.n_fake == 60
    assert "80 training images of the generator" in hair.score.protocol
    assert "40 held-out real images" in hair.note and "chance 0.5" in hair.note
    assert swapped["label_accuracy_hair"].score.value < 0.1
    eyes = [found["label_accuracy_eyes"].score for found in (right, swapped)]
    assert eyes[0] == eyes[1]


def test_wrong_labels_of_real_images_show_as_confusion(cache):
    def mostly_dark(labels):
        labels[:, 0], labels[:, 2] = 1, 0
        return labels

    samples, labels = tagged(60, 5)
    run = asked(samples, labels, cache, mostly_dark)
    hair, _ = run.rows(["label_accuracy"])
    light = int((tagged(40, 1)[1][:, 2] == 1).sum())
    assert f"it takes dark_hair for light_hair ({light} of 40)" in hair.note
    assert hair.floor.value == pytest.approx(1 - light / 40)


def test_accuracy_through_lower_resolutions(cache):
    samples, labels = tagged(60, 5)
    rows = list(asked(samples, labels, cache).rows(["discriminability"]))
    names = [row.score.name for row in rows]
    assert names == ["discriminability_hair_8px", "discriminability_eyes_8px"]
    assert all(row.score.value > 0.9 < row.floor.value for row in rows)
    assert "through 8 px of 8 x 8" in rows[0].score.protocol


def test_what_is_missing_is_said(cache):
    samples, labels = tagged(60, 5)
    run = asked(samples, labels, cache)
    run.held_out = run.held_out[:5]
    with pytest.raises(UserError, match="at least 10, received 5"):
        list(run.rows(["label_accuracy"]))
    few = asked(samples[:8], labels[:8], cache)
    with pytest.raises(UserError, match="num_images.*of hair, received 8"):
        list(few.rows(["label_accuracy"]))
    lonely = asked(samples, labels, cache)
    lonely.labels = Labels(("hat",), *[np.zeros((80, 1))] * 4, [])
    with pytest.raises(UserError, match="end in the same word"):
        list(lonely.rows(["label_accuracy"]))
