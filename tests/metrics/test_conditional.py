"""Metrics of generators with labels: names, floors, counts, notes."""

import numpy as np
import pytest

from tests.support.evaluating import evaluation, pictures
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.labels import Labels, labelled_alike

NAMES = ("dark", "bright", "rare")


def one_hot(*counts):
    """Rows of each class, one class after the other."""
    return np.eye(3, dtype=np.float32)[np.repeat([0, 1, 2], counts)]


def shaded(labels, seed, order=(60, 200, 120)):
    """Pictures whose brightness says their class."""
    levels = np.array(order)[labels.argmax(axis=1)]
    return pictures(len(labels), levels[:, None, None, None], seed)


def conditional(asked, drawn, **changes):
    real, train = one_hot(20, 20, 2), one_hot(30, 30, 10)
    return evaluation(
        [shaded(drawn, 5 + i) for i in range(len(asked))],
        real=shaded(real, 1),
        other=shaded(train, 2),
        labels=Labels(NAMES, real, train, train, real, asked),
        **changes,
    )


def test_rows_of_classes_average_and_all():
    asked = one_hot(12, 8, 4)
    run = conditional([asked], asked)
    rows = {row.score.name: row for row in run.rows(["kid", "per_class"])}
    dark, bright, average, pooled = (
        f"{prefix}[means@means]{end}"
        for prefix, end in (
            ("per_class_kid", "/dark"),
            ("per_class_kid", "/bright"),
            ("per_class_kid", ""),
            ("kid", ""),
        )
    )
    assert list(rows)[:4] == [pooled, dark, bright, average]
    fake, real = run.fake_sides[0], run.real_side
    assert rows[dark].score.value == kid(real[:20], fake[:12]).value
    assert rows[bright].score.value == kid(real[20:40], fake[12:20]).value
    assert rows[average].score.value == pytest.approx(
        (rows[dark].score.value + rows[bright].score.value) / 2
    )
    assert rows[pooled].score.n_real == 42
    assert "held-out images" in rows[dark].score.protocol
    note = rows[average].note
    assert "2 of 3 classes" in note and "images of rare" in note
    assert "20 real images and 8 samples" in note
    assert "bias" in rows["per_class_fd[means@means]"].note


def test_the_floor_has_the_labels_and_counts_of_the_samples():
    asked = one_hot(12, 8, 4)
    run = conditional([asked], asked)
    np.testing.assert_array_equal(run.labels.other, asked)
    levels = run.other.mean(axis=(1, 2, 3))
    classes = np.abs(levels[:, None] - [60, 200, 120]).argmin(axis=1)
    np.testing.assert_array_equal(classes, asked.argmax(axis=1))
    for row in run.rows(["per_class"]):
        assert row.floor.n_fake == row.score.n_fake
        assert row.floor.n_real == row.score.n_real
    dark = next(run.rows(["per_class"]))
    assert (
        dark.floor.value == kid(run.real_side[:20], run.other_side[:12]).value
    )


def test_swapped_classes_show_where_all_images_do_not():
    asked = one_hot(12, 12, 0)
    found = []
    for drawn in (asked, asked[:, [1, 0, 2]]):
        run = conditional([asked], drawn)
        rows = {row.score.name: row.score for row in run.rows(["per_class"])}
        found.append(rows)
    between = kid(run.real_side[:20], run.real_side[20:40]).value
    average = [f["per_class_kid[means@means]"].value for f in found]
    pooled = [f["kid[means@means]"].value for f in found]
    assert average[0] < 0.02 * between < 0.98 * between < average[1]
    assert pooled[1] == pytest.approx(pooled[0], abs=0.02 * between)


def test_sampling_seeds_are_averaged_class_by_class():
    asked = [one_hot(12, 8, 4), one_hot(9, 11, 4)]
    run = conditional(asked, asked[0])
    row = next(run.rows(["per_class"]))
    assert row.score.name.endswith("/dark")
    assert row.score.spread_kind == "s.d. over 2 sampling seeds"


def test_images_are_chosen_by_label_once():
    offered = np.array([[0, 1], [1, 0], [1, 1], [1, 0], [0, 1]])
    wanted = np.array([[1, 0], [0, 1], [1, 0], [1, 0], [0, 0], [1, 1]])
    assert labelled_alike(wanted, offered).tolist() == [1, 0, 3, 2]
    assert labelled_alike(wanted, offered[:0]).dtype == np.int64


def test_without_labels_the_message_says_what_to_do():
    with pytest.raises(UserError, match="model=acgan"):
        list(evaluation([pictures(20)]).rows(["per_class"]))


def test_similarity_within_each_class_beside_that_of_real_images():
    asked = one_hot(12, 8, 4)
    drawn = shaded(asked, 5).repeat(4, axis=1).repeat(4, axis=2)
    drawn[12:20] = drawn[12]
    real, train = one_hot(20, 20, 2), one_hot(30, 30, 10)
    run = evaluation(
        [drawn],
        real=shaded(real, 1).repeat(4, axis=1).repeat(4, axis=2),
        labels=Labels(NAMES, real, train, train, real, [asked]),
        other=shaded(train, 2),
    )
    *classes, mean = run.rows(["class_ms_ssim"])
    assert [row.score.name for row in classes] == [
        f"class_ms_ssim/{name}" for name in NAMES
    ]
    dark, bright, _ = classes
    assert bright.score.value == pytest.approx(1)
    assert dark.score.value < 0.5 and bright.floor.value < 0.5
    assert dark.floor.n_fake == 20 and dark.score.n_fake == 12
    assert mean.score.value == pytest.approx(
        np.mean([row.score.value for row in classes])
    )
    assert "bright" in mean.note.partition("most uniform real class: ")[2]
