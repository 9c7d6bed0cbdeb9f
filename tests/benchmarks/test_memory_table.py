"""The page of memory says what the command says."""

import importlib
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def memory_table():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield importlib.import_module("memory_table")
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.mark.parametrize(
    ("weights", "image", "card", "batch"),
    [
        # 6.5 GiB are 6,656 MiB; 656 of weights leave 6,000.
        (656, 46, 8, "128"),
        (656, 47, 8, "64"),
        (656, 0.1, 8, "4,096"),
        (656, 3000, 8, "2"),
        (656, 3001, 8, "none"),
    ],
)
def test_the_largest_batch_is_a_power_of_two_that_fits(
    memory_table, weights, image, card, batch
):
    assert memory_table.largest(weights, image, card) == batch


def test_a_row_of_the_page_is_what_is_estimated_now(memory_table):
    name = "DCGAN, a critic on features (`features_64`)"
    given, (size, *_) = memory_table.CASES[name]
    weights, image = memory_table.estimated(given, size)
    page = memory_table.PAGE.read_text()
    row = next(line for line in page.splitlines() if name in line)
    cells = [cell.strip() for cell in row.strip("| ").split("|")]
    assert cells[1:4] == [
        str(size),
        f"{weights:,.0f}",
        f"{weights + memory_table.BATCH * image:,.0f}",
    ]
    assert cells[4:] == [
        memory_table.largest(weights, image, card)
        for card in memory_table.CARDS
    ]
