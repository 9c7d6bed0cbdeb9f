"""What each metric needs: measured with just that, refused with less."""

import dataclasses

import numpy as np
import pytest

from tests.support.evaluating import Counting, evaluation
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evaluate import METRICS, obstacles
from tfgan_transfer.metrics.fid import expected_bias
from tfgan_transfer.metrics.inception import LOGITS, from_function
from tfgan_transfer.metrics.labels import Labels
from tfgan_transfer.metrics.ms_ssim import ms_ssim
from tfgan_transfer.metrics.needs import Material


def pictures(count, seed, side=16):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, side, side, 3), np.uint8)


def small(real=9, samples=9, held_out=9, train=9, side=16, **changes):
    """An evaluation of as few images, half of them of either class."""
    counts = (real, samples, held_out, train)
    classes = [np.eye(2)[np.arange(n) % 2] for n in counts]
    labels = Labels(
        ("dark", "light"), classes[0], classes[3], classes[3], classes[2],
        [classes[1]],
    )  # fmt: skip
    return evaluation(
        [pictures(samples, 1, side)],
        real=pictures(real, 2, side),
        other=pictures(train, 3, side),
        train=pictures(train, 3, side),
        held_out=pictures(held_out, 4, side),
        labels=labels,
        critics=(0,),
        **changes,
    )


def logits():
    """A network with features and logits, both mean colours."""

    def run(images):
        import tensorflow as tf

        quarters = tf.reshape(
            tf.image.resize(images, [2, 2], method="area"), [-1, 12]
        )
        return {"means": quarters, LOGITS: 3 * quarters}

    return from_function(run, "both", size=8)


SMALLEST = {
    "fid": {"real": 2, "samples": 2},
    "fid_inf": {"real": 6, "samples": 6},
    "kid": {"real": 3, "samples": 3},
    "precision_recall": {"real": 4, "samples": 4},
    "is": {"samples": 2},
    "swd": {"real": 1, "samples": 1},
    "ms_ssim": {"samples": 2, "side": 16},
    "iw": {"held_out": 4, "train": 4, "samples": 4, "side": 4},
    "memorisation": {"held_out": 2, "train": 2, "samples": 2},
    # Three of a class are two classes of which one has three.
    "per_class": {"real": 5, "samples": 5},
    "class_ms_ssim": {"real": 3, "samples": 3, "side": 16},
    "label_accuracy": {"held_out": 10, "train": 1, "samples": 10},
    "discriminability": {
        "held_out": 10, "train": 1, "samples": 10, "side": 8,
    },
}  # fmt: skip
# Real images are there in any case: without any there is no evaluation.
FEWEST = {"real": 1, "samples": 1, "held_out": 0, "train": 1, "side": 4}


@pytest.fixture(scope="module")
def network():
    return logits()


def test_every_metric_is_tried():
    assert SMALLEST.keys() == METRICS.keys()


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_set_is_measured(name, network, monkeypatch):
    """Nothing but what the metric needs: as little of all else as there is."""
    from tfgan_transfer.metrics import critic_distance, label_judge

    short = dataclasses.replace(critic_distance.BUDGETS["small"], steps=2)
    monkeypatch.setitem(critic_distance.BUDGETS, "small", short)
    monkeypatch.setattr(label_judge, "_MOST_PASSES", 1)
    sizes = {**FEWEST, **SMALLEST[name]}
    if name == "swd":
        sizes["side"] = 8
    run = small(**sizes, extractor=network)
    found = list(run.rows([name]))
    assert found
    for row in found:
        assert np.isfinite(row.score.value)
        assert row.score.spread is None or np.isfinite(row.score.spread)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        (name, size)
        for name, known in SMALLEST.items()
        for size in known
        if known[size] > FEWEST[size]
    ],
)
def test_one_less_is_refused_in_a_sentence(name, size, network):
    known = SMALLEST[name]
    less = known[size] - 1
    run = small(
        **{**FEWEST, "side": 16, **known, size: less}, extractor=network
    )
    with pytest.raises(UserError) as refusal:
        list(run.rows([name]))
    sentence = str(refusal.value)
    assert sentence.startswith(f"metrics: {name} needs ")
    of_labels = "class" in name and size != "side"
    received = "none among 2" if of_labels else str(less)
    assert f"received {received}" in sentence
    assert sentence.endswith(", or leave it out")


def test_nothing_is_computed_for_a_metric_that_can_be_measured_first():
    counting = Counting()
    run = small(real=3, extractor=counting.extractor)
    with pytest.raises(UserError, match="precision_recall needs"):
        list(run.rows(["kid", "precision_recall"]))
    assert counting.images == 0


def test_counts_alone_say_it_before_a_network_is_loaded():
    has = Material(
        real=3, split="held-out images", held_out=3, train=0, samples=4,
        side=(16, 12),
    )  # fmt: skip
    found = obstacles(list(METRICS), has)
    assert found == {
        "fid_inf": "fid_inf needs held-out images: at least 6, received 3; "
        "hold out more with --holdout=N, or none, or leave it out",
        "precision_recall": "precision_recall needs held-out images: at least "
        "4, received 3; hold out more with --holdout=N, or none, or leave it "
        "out",
        "swd": "swd needs square images whose side can be halved down to 16, "
        "received 16 x 12; choose such a --size, e.g. 16, or leave it out",
        "ms_ssim": "ms_ssim needs images of at least 16 x 16 pixels, received "
        "16 x 12; give a larger --size, or leave it out",
        "iw": "iw needs held-out images: at least 4, received 3; train with "
        "--holdout=N, or leave it out",
        "memorisation": "memorisation needs training images: at least 2, "
        "received 0; give more --data, or leave it out",
        "per_class": found["per_class"],
        "class_ms_ssim": found["class_ms_ssim"],
        "label_accuracy": found["label_accuracy"],
        "discriminability": found["discriminability"],
    }
    assert "labels, received a generator" in found["per_class"]


@pytest.mark.parametrize(
    "name", ["fid", "kid", "precision_recall", "per_class"]
)
def test_without_a_network_those_of_features_are_refused(name):
    run = small(extractor=None)
    with pytest.raises(UserError, match=f"{name} needs a feature network"):
        list(run.rows([name]))


def test_floors_are_there_from_the_same_number_of_images():
    for others, floors in ((2, 1), (3, 2), (4, 6)):
        run = small(train=others, extractor=Counting().extractor)
        rows = list(run.rows(["fid", "kid", "precision_recall"]))
        assert sum(row.floor is not None for row in rows) == floors


def test_fid_without_other_images_takes_its_bias_from_the_real_ones():
    run = small(real=8, train=0, held_out=0, extractor=Counting().extractor)
    (row,) = run.rows(["fid"])
    bias = expected_bias(run.real_side, 8, 9)
    assert row.note.startswith(f"about {bias:.3g} of this is bias")
    assert row.floor is None
    run = small(real=7, train=0, held_out=0, extractor=Counting().extractor)
    (row,) = run.rows(["fid"])
    assert (
        row.note == "nearly all of this may be bias of so few images; use kid"
    )


def test_one_real_image_leaves_variety_without_a_floor():
    (row,) = small(real=1, samples=2, side=16).rows(["ms_ssim"])
    pair = pictures(2, 1)
    assert row.floor is None
    assert row.score.value == ms_ssim(pair[:1], pair[1:])[0]
