import numpy as np
import pytest

from tfgan_transfer.metrics.inception_score import inception_score


@pytest.mark.parametrize("key", ["1/None", "10/None", "10/2020"])
def test_agrees_with_torch_fidelity(golden, recipe, key):
    splits, seed = key.split("/")
    seed = None if seed == "None" else int(seed)
    score = inception_score(recipe.class_logits(), int(splits), seed)
    mean, spread = golden["is"][key]
    assert score.value == pytest.approx(mean, rel=1e-9)
    assert (score.spread or 0) == pytest.approx(spread, rel=1e-9)


def test_limits():
    certain = 1000.0 * np.eye(7)
    even = np.tile(certain, (30, 1))
    assert inception_score(even, 3).value == pytest.approx(7)
    one_class = np.tile(certain[:1], (30, 1))
    assert inception_score(one_class, 3).value == pytest.approx(1)
    uncertain = np.zeros((30, 7))
    assert inception_score(uncertain, 3).value == pytest.approx(1)


def test_order_matters_unless_shuffled(recipe):
    logits = recipe.class_logits()
    backwards = logits[::-1]
    assert inception_score(logits, 1).value == pytest.approx(
        inception_score(backwards, 1).value
    )
    assert inception_score(logits, 10).value < (
        inception_score(logits, 10, shuffle_seed=0).value
    )
    with pytest.raises(ValueError, match="10 splits of 5"):
        inception_score(logits[:5])
