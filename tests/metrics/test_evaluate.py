"""The orchestration: names, floors, protocols, notes, one pass of features."""

import numpy as np
import pytest

from tests.support.evaluating import Counting, evaluation, pictures
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.kid import kid
from tfgan_transfer.metrics.score import Row, over_seeds, require_comparable


def test_value_is_the_metric_and_floor_is_real_against_real():
    run = evaluation([pictures(50, 160, seed=3)])
    (row,) = run.rows(["kid"])
    features = run.real_side, run.fake_sides[0], run.other_side[:50]
    assert row.score.value == kid(features[0], features[1]).value
    assert row.floor.value == kid(features[0], features[2]).value
    assert row.floor.n_fake == row.score.n_fake == 50
    assert row.score.value > row.floor.value + 5 * row.floor.spread


def test_name_and_protocol_say_what_was_measured():
    (row,) = evaluation([pictures(50)]).rows(["fid"])
    assert row.score.name == "fd[means@means]"
    assert "held-out images" in row.score.protocol
    assert "legacy bilinear to 8" in row.score.protocol
    train = evaluation([pictures(50)], split="training images")
    with pytest.raises(UserError, match="same protocol"):
        require_comparable(row.score, next(train.rows(["fid"])).score)


def test_spread_over_sampling_seeds():
    sets = [pictures(50, seed=seed) for seed in (3, 4, 5)]
    (row,) = evaluation(sets).rows(["kid"])
    singles = [next(evaluation([s]).rows(["kid"])).score.value for s in sets]
    assert row.score.value == pytest.approx(np.mean(singles), rel=1e-12)
    assert row.score.spread == pytest.approx(np.std(singles, ddof=1))
    assert row.score.spread_kind == "s.d. over 3 sampling seeds"
    assert over_seeds([row.score]) is row.score


def test_features_are_extracted_once_for_all_metrics():
    network = Counting()
    run = evaluation([pictures(50)], extractor=network.extractor)
    rows = list(run.rows(["kid", "fid", "precision_recall"]))
    assert len(rows) == 6
    assert network.images == 40 + 50 + 50


def test_fid_of_few_images_says_how_much_is_bias():
    (row,) = evaluation([pictures(10)]).rows(["fid"])
    assert "bias of the sample sizes alone" in row.note


def test_without_other_real_images_there_is_no_floor():
    (row,) = evaluation([pictures(50)], other=pictures(0)).rows(["kid"])
    assert row.floor is None and row.record()["floor"] is None


def test_unknown_metric_is_refused_before_any_work():
    network = Counting()
    run = evaluation([pictures(50)], extractor=network.extractor)
    with pytest.raises(UserError, match="metrics.*'kdi'.*mean 'kid'"):
        list(run.rows(["fid", "kdi"]))
    assert network.images == 0


def test_metrics_that_need_held_out_images_say_so():
    run = evaluation([pictures(50)], held_out=pictures(0))
    for name in ("iw", "memorisation"):
        with pytest.raises(UserError, match="holdout"):
            list(run.rows([name]))


def test_inception_score_needs_logits():
    with pytest.raises(UserError, match="logits"):
        list(evaluation([pictures(50)]).rows(["is"]))


def test_copied_training_set_is_called_out():
    train = pictures(60, seed=2)
    rows = list(evaluation([train[:50]]).rows(["memorisation"]))
    assert [row.score.value for row in rows] == [1.0, 1.0]
    assert all("copied" in row.note for row in rows)
    honest = list(evaluation([pictures(50, seed=9)]).rows(["memorisation"]))
    assert all(row.score.value < 0.2 and not row.note for row in honest)


def test_record_is_json_types():
    import json

    row = next(evaluation([pictures(50)]).rows(["kid"]))
    assert isinstance(row, Row)
    assert json.loads(json.dumps(row.record()))["floor"]["n_real"] == 40
