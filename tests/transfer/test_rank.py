"""Successive halving, and what a score would have cost."""

import numpy as np
import pytest

from tfgan_transfer.transfer import rank


def test_each_round_gets_the_same_share_of_the_budget():
    assert rank.halving(4, 1200) == [
        rank.Round(4, 150),
        rank.Round(2, 450),
    ]


def test_a_single_source_gets_everything():
    assert rank.halving(1, 50) == [rank.Round(1, 50)]


def test_an_odd_one_stays():
    assert [r.survivors for r in rank.halving(5, 10_000)] == [5, 3, 2]


def test_a_budget_is_never_exceeded_and_may_be_too_small():
    for sources in range(1, 9):
        for budget in (300, 777, 5000):
            rounds = rank.halving(sources, budget)
            before = [0] + [r.steps for r in rounds]
            spent = sum(
                r.survivors * (r.steps - b)
                for r, b in zip(rounds, before, strict=False)
            )
            assert spent <= budget
    assert rank.halving(4, 100) == []


def test_regret_is_what_the_choice_of_a_score_loses():
    found = {"a": 0.3, "b": 0.1, "c": 0.2}
    assert rank.regret({"a": 9, "b": 1, "c": 5}, found, higher=False) == 0
    assert rank.regret(
        {"a": 9, "b": 1, "c": 5}, found, higher=True
    ) == pytest.approx(0.2)


def test_a_source_that_was_not_probed_is_not_a_choice():
    score = {"a": 1, "b": 2, "never": 0}
    assert rank.regret(score, {"a": 0.5, "b": 0.1}, False) == 0.4


def test_scores_of_samples_of_the_target_itself_are_the_best():
    rng = np.random.default_rng(0)
    target = rng.normal(size=(60, 4))
    near = rank.zero_cost(target, rng.normal(size=(60, 4)))
    far = rank.zero_cost(target, rng.normal(size=(60, 4)) + 3)
    assert near["fid"] < far["fid"] and near["kid"] < far["kid"]
    assert near["recall"] > far["recall"] == 0
    assert near["precision"] > far["precision"]
    same = rank.zero_cost(target, target)
    assert same["fid"] == pytest.approx(0, abs=1e-9)
    assert same["recall"] == same["precision"] == 1
