"""The network of the package where no other was given or can be had."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import evaluation, feature_network, table
from tfgan_transfer.families.single.evaluation import of_checkpoint
from tfgan_transfer.metrics import inception
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.metrics.score import Row, Score
from tfgan_transfer.networks import lite0, lite0_weights
from tfgan_transfer.trained import opening

HAS = Material(
    real=40, split="images", held_out=40, train=40, samples=40, side=(32, 32)
)
SEEN = "the critic has seen this network"


@pytest.fixture
def offline(monkeypatch):
    """TF-GAN's Inception cannot be had; a directory cannot be read."""

    def load(path=None):
        raise UserError(f"no network {path}")

    monkeypatch.setattr(inception, "load", load)


def test_values_bear_its_name_and_its_weights():
    network = feature_network.load("lite0", {})
    layer = network.layer(None)
    assert network.metric_name("kid", layer) == "kid[lite0@stride_32]"
    assert network.metric_name("fid", layer) == "fd[lite0@stride_32]"
    assert network.weights == lite0_weights.fingerprint()
    assert network.protocol(layer) == (
        f"user:lite0 {network.weights[:12]} stride_32, uint8, legacy bilinear "
        "to 128, (x - 128) / 128"
    )


def test_features_are_means_of_the_deepest_map_by_the_usual_resize_rule():
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3))
    images = images.astype(np.uint8)
    resized = tf.compat.v1.image.resize_bilinear(
        (images.astype(np.float32) - 128) / 128, (128, 128)
    )
    wanted = lite0.maps(resized, [32])[32].numpy().mean((1, 2)) / 2.5
    found = feature_network.load("lite0", {}).run(images)["stride_32"]
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_it_stands_in_where_no_other_can_be_had(offline, capsys):
    chosen = evaluation.choose({"metrics": "kid"}, HAS)
    assert chosen.layer == "stride_32"
    said = capsys.readouterr()
    # Standard output may be JSON.
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert "measuring with lite0" in said.err


def test_a_network_that_was_given_has_no_stand_in(offline):
    with pytest.raises(UserError, match="no network there"):
        evaluation.choose({"metrics": "kid", "inception": "there"}, HAS)


def test_what_can_be_had_goes_first(monkeypatch):
    monkeypatch.setattr(inception, "load", lambda path=None: f"found {path}")
    assert feature_network.load(None, {}) == "found None"
    assert feature_network.load("there", {}) == "found there"


def test_metrics_of_logits_are_refused_under_it():
    with pytest.raises(UserError, match="is needs"):
        evaluation.choose({"metrics": "is", "inception": "lite0"}, HAS)


@pytest.mark.parametrize(
    "run, seen",
    [
        ({}, False),
        ({"critic": "network", "features": "lite0"}, False),
        ({"critic": "projected", "features": "lite0"}, True),
        ({"critic": "both", "features": None}, True),
        ({"critic": "both", "features": "keras:MobileNetV2"}, False),
        ({"critic": "network", "critic_schedule": "network:9,both:9"}, True),
        ({"critic": "network", "critic_schedule": "network:9"}, False),
    ],
)
def test_critics_that_have_seen_it(run, seen):
    given = {"metrics": "kid", "inception": "lite0"}
    network = evaluation.choose(given, HAS, run).extractor
    assert network.seen == seen
    assert (SEEN in network.protocol("stride_32")) == seen


def test_while_training_the_run_itself_is_asked():
    settings = {
        "eval_metrics": "kid",
        "best_metric": "kid",
        "inception": "lite0",
        "critic": "both",
        "features": "lite0",
    }
    assert evaluation.choose_while_training(settings, HAS).extractor.seen


def test_a_checkpoint_tells_which_critic_it_had(unbroken):
    given = {
        "metrics": "kid",
        "inception": "lite0",
        "num_images": 20,
        "holdout": 40,
        "sampling_seeds": 1,
        "json": True,
    }
    opened = opening.open_model(str(unbroken), ema=True)
    run, _ = of_checkpoint(given, opened)
    assert not run.extractor.seen
    opened.record["flags"] = {**opened.record["flags"], "critic": "projected"}
    run, _ = of_checkpoint(given, opened)
    (row,) = run.rows(["kid"])
    assert row.score.name == "kid[lite0@stride_32]"
    assert SEEN in row.score.protocol and SEEN in row.floor.protocol


DOWN, UP = "\N{DOWNWARDS ARROW}", "\N{UPWARDS ARROW}"


@pytest.mark.parametrize(
    "name, arrow",
    [
        ("kid", DOWN),
        ("fd[lite0@stride_32]", DOWN),
        ("per_class_fid@mixed_7/cat", DOWN),
        ("kid/a2b", DOWN),
        ("precision[lite0@stride_32]", UP),
        ("coverage@mixed_7", UP),
        ("is", UP),
        ("ms_ssim", ""),
    ],
)
def test_arrows_say_which_values_are_better(name, arrow):
    assert table.better(name) == arrow


def test_what_metrics_share_is_told_once():
    network = "user:lite0 stride_32; real: held-out images"
    rows = [
        Row(Score(name, 1.0, 0.1, "s.d.", 4, 4, f"{how}; {network}"))
        for name, how in (("kid", "kid/u-statistic"), ("fid", "fid/unbiased"))
    ]
    rows.append(Row(Score("kid/cat", 1.0, None, "", 4, 4, "left out")))
    rows.append(Row(Score("swd", 1.0, None, "", 4, 4, "swd/tf-gan, 32 px")))
    told = table.protocols(rows).splitlines()
    assert told[2:5] == [
        "  kid  Distance from real pictures",
        "  fid  Distance from real pictures, the best-known measure",
        "  swd  Difference in shapes and texture",
    ]
    assert told[6:] == [
        "  kid: kid/u-statistic",
        "  fid: fid/unbiased",
        f"    each with {network}; spread: s.d.",
        "  swd: swd/tf-gan, 32 px; spread: none",
    ]
