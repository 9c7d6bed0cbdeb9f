"""The controller of the augmentation: what it measures and how it steers."""

import math
import types

import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.augment import Augmentation
from tfgan_transfer.errors import UserError
from tfgan_transfer.training.adaptive_augment import (
    AdaptiveAugment,
    adjusted,
    overfitting,
)

SIDE, Z, B = 8, 4, 4


def grey(*levels):
    """One uint8 image of each grey level."""
    return np.uint8(levels).reshape(-1, 1, 1, 1) * np.ones(
        [1, SIDE, SIDE, 1], np.uint8
    )


def callback(model, **options):
    settings = {
        "writer": None,
        "training": grey(255, 255),
        "heldout": grey(51, 51),
        "latents": np.full([2, Z], -1, np.float32),
        "images_per_step": 8,
        "start_step": 0,
        "every": 1,
        "kimg": 0.032,  # A step of 1/4.
        **options,
    }
    made = AdaptiveAugment(settings.pop("writer"), **settings)
    made.set_model(model)
    made.on_train_begin()
    return made


def fake_model(probability=0.0, scale=1.0, offset=0.0, score=None):
    """Scores are mean brightness: 1, -0.6 and -1 for the images above."""
    return types.SimpleNamespace(
        generator=lambda z, training: (
            tf.reduce_mean(z, axis=1)[:, None, None, None]
            + tf.zeros([1, SIDE, SIDE, 1])
        ),
        score=score
        or (lambda x: offset + scale * tf.reduce_mean(x, axis=[1, 2, 3])),
        augmentation=Augmentation(probability=probability),
    )


def probabilities(model, steps, **options):
    made, path = callback(model, **options), []
    for batch in range(steps):
        made.on_train_batch_end(batch)
        path.append(float(model.augmentation.probability.numpy()))
    return path


def test_r_v_is_the_share_of_the_gap_lost_on_new_images():
    assert overfitting(3.0, 3.0, -1.0) == 0
    assert overfitting(3.0, 1.0, -1.0) == 0.5
    assert overfitting(3.0, -1.0, -1.0) == 1
    assert overfitting(3.0, 4.0, -1.0) == -0.25
    # Offset and scale of a critic mean nothing.
    assert overfitting(3.0 * 7 + 9, 1.0 * 7 + 9, -1.0 * 7 + 9) == 0.5
    for training, heldout, generated in (
        (1.0, 0.0, 1.0),
        (1.0, 0.0, 2.0),
        (math.nan, 0.0, 0.0),
        (1.0, math.nan, 0.0),
        (1.0, 0.0, math.nan),
    ):
        assert math.isnan(overfitting(training, heldout, generated))


@pytest.mark.parametrize(
    "probability, r_v, expected",
    [
        (0.5, 0.7, 0.75),
        (0.5, 0.1, 0.25),
        (0.5, 0.6, 0.5),
        (0.0, 0.1, 0.0),
        (0.1, -9.0, 0.0),
        (0.9, 9.0, 1.0),
        (0.5, math.nan, 0.5),
        (0.5, math.inf, 0.5),
        (0.5, -math.inf, 0.5),
    ],
)
def test_one_step_of_the_controller(probability, r_v, expected):
    assert adjusted(probability, r_v, target=0.6, adjustment=0.25) == expected


@pytest.mark.parametrize("scale, offset", [(1.0, 0.0), (30.0, -200.0)])
def test_measures_whatever_the_scale_of_scores(scale, offset):
    made = callback(fake_model(scale=scale, offset=offset))
    assert made.measure() == pytest.approx((1 + 0.6) / (1 + 1), rel=1e-4)


def test_measures_what_the_critic_is_trained_on():
    # The share of pixels that are not zero, to the power of 2: not linear.
    def score(images):
        bright = tf.reduce_mean(tf.cast(images > 0.1, tf.float32), [1, 2, 3])
        return bright**2

    model = fake_model(probability=0.6, score=score)
    made = callback(
        model,
        training=grey(*range(180, 200)),
        heldout=grey(*range(100, 180)),
        latents=np.linspace(-1, 0.5, 280).reshape(70, Z),
        seed=3,
    )
    noise = np.random.default_rng(3).random((256, 10), np.float32)
    pixels = [made.training / 127.5 - 1, made.heldout / 127.5 - 1]
    pixels.append(model.generator(tf.constant(made.codes), False))
    means = [
        np.mean(
            score(model.augmentation(tf.cast(x, tf.float32), noise[: len(x)]))
        )
        for x in pixels
    ]
    assert made.measure() == pytest.approx(overfitting(*means), rel=1e-5)
    assert means[0] > means[1] > means[2]


def test_an_overfitted_critic_raises_the_probability():
    path = probabilities(fake_model(), steps=6)  # r_v = 0.8.
    assert path == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_a_critic_that_generalises_lowers_it():
    heldout = grey(230, 255, 230)  # r_v = 0.065.
    path = probabilities(fake_model(0.6), steps=3, heldout=heldout)
    assert path == pytest.approx([0.35, 0.1, 0.0])
    assert probabilities(fake_model(), steps=2, heldout=heldout) == [0, 0]


def test_the_target_decides():
    assert probabilities(fake_model(0.5), steps=1, target=0.79) == [0.75]
    assert probabilities(fake_model(0.5), steps=1, target=0.81) == [0.25]


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_a_critic_that_tells_nothing_changes_nothing(scale):
    assert probabilities(fake_model(0.5, scale), steps=2) == [0.5, 0.5]


def test_cadence_counts_steps_of_the_run():
    path = probabilities(fake_model(), 7, every=3, start_step=4, kimg=0.24)
    # Due at steps 6 and 9, each worth 8 * 3 / 240.
    assert path == pytest.approx([0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2])


def test_default_pace_is_that_of_transfer_in_the_paper():
    made = AdaptiveAugment(
        None,
        training=grey(0),
        heldout=grey(0, 0),
        latents=np.zeros([1, Z]),
        images_per_step=64 * 5,
        start_step=0,
    )
    # 100,000 real images take the probability from 0 to 1.
    assert made.adjustment / (64 * 5 * made.every) == pytest.approx(1e-5)


def test_images_come_from_all_over_the_set():
    numbers = np.arange(1000, dtype="<u2").view(np.uint8)
    numbers = numbers.reshape(1000, 1, 1, 2)
    made = callback(fake_model(), training=numbers, heldout=numbers[:3])
    chosen = made.training.view("<u2").ravel()
    assert len(chosen) == 256 and chosen[0] == 0 and chosen[-1] >= 996
    assert {*np.diff(chosen)} == {3, 4}
    np.testing.assert_array_equal(made.heldout, numbers[:3])


@pytest.mark.parametrize("count", [0, 1])
def test_needs_held_out_images(count):
    with pytest.raises(UserError) as error:
        callback(fake_model(), heldout=grey(0, 0)[:count])
    assert error.value.command_line == (
        "--augment=ada: compares training images with at least 2 held-out "
        f"images, received {count}; raise --holdout, or use --augment=diff"
    )


def test_tensorboard_gets_what_is_known(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    model = fake_model()
    made = callback(model, writer=writer, start_step=10)
    made.on_train_batch_end(0)
    model.augmentation.probability.assign(0.5)
    callback(fake_model(0.5, -1.0), writer=writer).on_train_batch_end(19)
    writer.close()
    (file,) = tmp_path.iterdir()
    values = {
        (event.step, value.tag): float(tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    name = "adaptive_augment"
    assert values == pytest.approx(
        {
            (11, f"{name}/augment_probability"): 0.25,
            (11, f"{name}/r_v"): 0.8,
            (20, f"{name}/augment_probability"): 0.5,
        },
        rel=1e-4,
    )
