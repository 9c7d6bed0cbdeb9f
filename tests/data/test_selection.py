import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfgan_transfer.data.selection import counts, order
from tfgan_transfer.errors import UserError

names = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=30)


@given(names, st.integers(0, 5))
def test_order_is_a_permutation_that_ignores_the_listing(listing, seed):
    ranked = order(listing, seed)
    assert sorted(ranked) == sorted(listing)
    assert order(reversed(listing), seed) == ranked


@given(names, st.integers(0, 5), st.integers(0, 30))
def test_removing_names_keeps_the_order_of_the_others(listing, seed, count):
    kept = set(listing[:count])
    ranked = [name for name in order(listing, seed) if name in kept]
    assert ranked == order(kept, seed)


def test_order_is_the_same_for_ever():
    # Digests of seed and name, as the command sha256sum gives them.
    listing = ["a.png", "b.png", "c.png", "d.png"]
    assert order(listing, 0) == ["c.png", "b.png", "a.png", "d.png"]
    assert order(listing, 1) == ["a.png", "b.png", "c.png", "d.png"]


@given(
    st.integers(1, 2000),
    st.none() | st.integers(1, 2500),
    st.integers(0, 2500) | st.floats(0.001, 0.999),
)
def test_counts_fit_or_are_refused(found, limit, holdout):
    try:
        train, held = counts(found, limit, holdout)
    except UserError as error:
        assert "\n" not in str(error) and str(found) in str(error)
        return
    assert 1 <= train and 0 <= held and train + held <= found
    assert limit is None or train == limit
    assert (held == 0) == (holdout == 0)


def test_share_and_count():
    assert counts(1000, None, 0.1) == (900, 100)
    assert counts(1000, None, 1) == (999, 1)
    assert counts(1000, 500, 200) == (500, 200)
    assert counts(1000, 500, 0) == (500, 0)
    assert counts(10, None, 0.01) == (9, 1)


@pytest.mark.parametrize(
    "limit, holdout, parts",
    [
        (95, 10, ("105", "100", "--limit=95", "--holdout=10")),
        (None, 100, ("101", "100", "--holdout")),
        (0, 0, ("--limit", "0")),
        (None, 1.5, ("--holdout", "1.5")),
        (None, -1, ("--holdout", "-1")),
    ],
)
def test_impossible_requests_say_both_numbers(limit, holdout, parts):
    with pytest.raises(UserError) as caught:
        counts(100, limit, holdout)
    for part in parts:
        assert part in caught.value.command_line
