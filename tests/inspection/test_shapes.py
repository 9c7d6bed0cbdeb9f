"""What a crop leaves of a picture, worked out by hand."""

import numpy as np
import pytest

from tfgan_transfer.inspection.balance import Balance
from tfgan_transfer.inspection.shapes import Shapes


@pytest.mark.parametrize(
    "shape, size, cut",
    [
        ((100, 100), (64, 64), 0),
        ((100, 200), (64, 64), 0.5),
        ((200, 100), (64, 64), 0.5),
        ((90, 120), (64, 64), 0.25),
        ((100, 200), (64, 128), 0),
        ((100, 100), (64, 128), 0.5),
    ],
)
def test_share_that_the_crop_cuts_off(shape, size, cut):
    assert Shapes.of([shape]).cut_off(size) == pytest.approx([cut])


def test_factor_by_which_crops_are_enlarged():
    shapes = Shapes.of([(32, 64), (64, 64), (200, 16), (500, 500)])
    assert shapes.enlarged((64, 64)).tolist() == [2, 1, 4, 1]


def test_summary():
    shapes = Shapes.of([(10, 20), (30, 30), (50, 20)])
    assert shapes.summary() == {
        "width": [20, 20, 30],
        "height": [10, 30, 50],
        "aspect": [0.4, 1, 2],
    }


def test_balance_ranks_labels_and_names_the_tiny():
    class Images:
        labels = np.repeat(np.eye(3), [5, 100, 20], axis=0)
        vocabulary = ("rare", "many", "some")
        label_mode = "class"

    balance = Balance.of(Images)
    assert [*balance.counts.items()] == [
        ("many", 100),
        ("some", 20),
        ("rare", 5),
    ]
    assert balance.tiny() == ["rare"]
    assert balance.ratio() == 20
    assert Balance("none", {}).ratio() == 1
