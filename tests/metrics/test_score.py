import dataclasses
import json

import numpy as np
import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.score import (
    Score,
    check_pair,
    require_comparable,
)

KID = Score("kid", 0.5, 0.25, "standard error", 10, 20, "kid/all")


def test_a_score_says_its_protocol_and_is_json():
    assert str(KID) == (
        "kid = 0.5 +- 0.25 (standard error), 10 real / 20 generated, kid/all"
    )
    assert json.loads(json.dumps(KID.record()))["n_fake"] == 20
    full = KID.under("kid@mixed_7", "net A")
    assert (full.name, full.protocol) == ("kid@mixed_7", "kid/all; net A")
    assert full.value == KID.value


@pytest.mark.parametrize("field", ["name", "protocol", "n_real", "n_fake"])
def test_scores_of_different_meaning_are_not_compared(field):
    require_comparable(KID, dataclasses.replace(KID, value=7.0))
    changed = {"name": "fid", "protocol": "x", "n_real": 9, "n_fake": 9}
    other = dataclasses.replace(KID, **{field: changed[field]})
    with pytest.raises(UserError, match=f"the same {field}, received"):
        require_comparable(KID, other)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_broken_features_are_refused_by_name(bad):
    good, broken = np.ones([4, 3]), np.ones([4, 3])
    broken[2, 1] = bad
    with pytest.raises(UserError, match="generated features hold NaN"):
        check_pair(good, broken)
    with pytest.raises(UserError, match="real features hold NaN"):
        check_pair(broken, good)
    with pytest.raises(ValueError, match="widths 3 and 2"):
        check_pair(good, np.ones([4, 2]))
    with pytest.raises(ValueError, match="N >= 2"):
        check_pair(good, np.ones([1, 3]))
