"""What a version says of itself in a line."""

import pytest

from tfgan_transfer.serving import card

SWD = {
    "value": 0.04289,
    "n_real": 500,
    "n_fake": 1500,
    "protocol": "swd, 32 px",
    "floor": {"value": 0.00889},
}


def test_step_value_floor_and_where_the_protocol_is():
    said = card.sentence(
        {
            "step": 1330,
            "weights": "averaged generator",
            "metrics": {"swd": SWD, "swd/cat": SWD},
        }
    )
    assert said == (
        "step 1,330, averaged generator; swd 0.04289, real pictures 0.00889 "
        "(500 real and 1,500 generated); "
        "how: metrics in model.json"
    )


def test_plain_values_of_a_checkpoint_that_has_left_its_run():
    said = card.sentence({"step": 7, "metrics": {"kid": 0.5}})
    assert said == "step 7; kid 0.5"


@pytest.mark.parametrize(
    "metrics", [None, {}, [], "good", {"kid": None}, {"kid": {"value": "0"}}]
)
def test_nothing_measured(metrics):
    said = card.sentence({"step": 7, "metrics": metrics})
    assert said == "step 7; nothing was measured of it, `evaluate` does"


def test_a_card_of_somebody_else():
    assert card.sentence({"step": "x"}).startswith("unknown step; nothing")
    odd = {"floor": {"value": None}, "value": 1, "n_real": "many"}
    assert "swd 1" in card.sentence({"metrics": {"swd": odd}})
