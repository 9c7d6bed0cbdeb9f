"""Labels drawn as often as the data holds them."""

import json

import numpy as np

from tfgan_transfer.data import LabelPrior

LABELS = np.array([[1, 0, 1]] * 3 + [[0, 1, 0]] + [[0, 0, 0]] * 4, "float32")


def test_whole_rows_are_drawn_as_often_as_they_occur():
    drawn = LabelPrior.of(LABELS).draw(seed=3, count=8000)
    assert drawn.dtype == np.float32 and drawn.shape == (8000, 3)
    rows, counts = np.unique(drawn, axis=0, return_counts=True)
    np.testing.assert_array_equal(rows, [[0, 0, 0], [0, 1, 0], [1, 0, 1]])
    # Five standard deviations of a binomial share.
    np.testing.assert_allclose(counts / 8000, [4 / 8, 1 / 8, 3 / 8], atol=0.028)


def test_a_row_depends_on_seed_and_index_only():
    prior = LabelPrior.of(LABELS)
    np.testing.assert_array_equal(prior.draw(0, 50)[:7], prior.draw(0, 7))
    assert (prior.draw(1, 50) != prior.draw(0, 50)).any()
    shuffled = LabelPrior.of(LABELS[::-1])
    np.testing.assert_array_equal(prior.draw(0, 50), shuffled.draw(0, 50))


def test_it_survives_the_record():
    prior = LabelPrior.of(LABELS)
    record = json.loads(json.dumps(prior.record()))
    assert record == [[4, []], [1, [1]], [3, [0, 2]]]
    copy = LabelPrior.from_record(record, 3)
    np.testing.assert_array_equal(copy.rows, prior.rows)
    np.testing.assert_array_equal(copy.draw(5, 20), prior.draw(5, 20))


def test_images_without_labels():
    assert LabelPrior.of(np.zeros((4, 0), "float32")).draw(0, 2).shape == (2, 0)
