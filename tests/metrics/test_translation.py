"""What a translation keeps: values worked out by hand."""

import numpy as np
import pytest

from tfgan_transfer.metrics.translation import content, mean_difference


def test_content_of_a_shift_is_the_shift_and_keeps_the_order():
    """The domain is another one, and still each image is its own."""
    inputs = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    distance, lost, rank = content(inputs, inputs + [3.0, 4.0])
    names = (distance.name, lost.name, rank.name)
    assert names == ("content_distance", "content_lost", "content_rank")
    assert lost.value == pytest.approx(0, abs=1e-12)
    assert distance.value == pytest.approx(5)
    assert distance.spread == pytest.approx(0)
    assert (rank.value, rank.n_fake) == (0, 3)


def test_rank_is_the_share_of_nearer_images():
    """Translations at 0, 1 and 1 of images at 0, 10 and 1."""
    inputs = np.array([[0.0], [10.0], [1.0]])
    distance, lost, rank = content(inputs, np.array([[0.0], [1.0], [1.0]]))
    # Centred: images at -11/3, 19/3, -8/3, translations at -2/3, 1/3, 1/3;
    # nearer than their own are one, two and no other images.
    assert rank.value == pytest.approx(1 / 2)
    # Squares in ninths, those to their own and those to the others.
    own, others = (81 + 324 + 81) / 3, (144 + 144 + 441 + 324 + 36 + 81) / 6
    assert lost.value == pytest.approx(own / others)
    assert distance.value == pytest.approx(3)
    assert distance.spread == pytest.approx(np.std([0, 9, 0], ddof=1) / 3**0.5)


def test_unrelated_translations_have_rank_one_half():
    rng = np.random.default_rng(0)
    _, lost, rank = content(
        rng.normal(size=(400, 8)), rng.normal(size=(400, 8))
    )
    assert lost.value == pytest.approx(1, abs=4 * lost.spread)
    assert rank.value == pytest.approx(0.5, abs=4 * rank.spread)
    assert rank.spread < 0.03


def test_identity_is_exact_where_numbers_are_large():
    inputs = 1e4 + np.random.default_rng(0).normal(size=(20, 5))
    distance, lost, _ = content(
        inputs.astype(np.float32), inputs.astype(np.float32)
    )
    assert (distance.value, lost.value) == (0, 0)


def test_differences_have_a_mean_and_its_error():
    score = mean_difference("cycle_error/a", np.array([0.25, 0.75]), "x")
    assert (score.name, score.value) == ("cycle_error/a", 0.5)
    assert score.spread == pytest.approx(0.25)
    assert score.protocol.endswith("values in [-1, 1], x")


def test_shapes_that_do_not_fit_are_refused():
    for first, second in (((4, 2), (3, 2)), ((2, 2), (2, 2))):
        with pytest.raises(ValueError):
            content(np.zeros(first), np.zeros(second))
