"""The controller in real training: resume, replicas, nothing else touched."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_transfer.augment import Augmentation
from tfgan_transfer.gans import WGANGP
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.adaptive_augment import AdaptiveAugment

SIDE, Z, B = 4, 3, 4


def small_gan(strategy=None):
    """A generator with batch norm; the critic's score is mean brightness."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    with (strategy or tf.distribute.get_strategy()).scope():
        latent = keras.Input((Z,), name="latent")
        x = keras.layers.Dense(SIDE * SIDE, name="dense")(latent)
        x = keras.layers.BatchNormalization(name="norm")(x)
        made = keras.layers.Reshape((SIDE, SIDE, 1), name="image")(x)
        image = keras.Input((SIDE, SIDE, 1), name="image")
        x = keras.layers.Flatten(name="flat")(image)
        x = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.Constant(1 / SIDE**2),
            name="score",
        )(x)
        score = keras.layers.Reshape((), name="score_flat")(x)
        model = WGANGP(
            keras.Model(latent, made, name="generator"),
            keras.Model(image, score, name="critic"),
        )
        model.compile(
            keras.optimizers.SGD(0.01, name="generator_sgd"),
            keras.optimizers.SGD(0.01, name="critic_sgd"),
            n_critic=1,
            augmentation=Augmentation(("color", "cutout"), 0.25),
        )
    return model


def controller(start):
    random = np.random.default_rng(9)
    return AdaptiveAugment(
        None,
        training=random.integers(100, 256, (30, SIDE, SIDE, 1), np.uint8),
        heldout=random.integers(80, 256, (20, SIDE, SIDE, 1), np.uint8),
        latents=random.normal(size=(40, Z)),
        images_per_step=B,
        start_step=start,
        every=2,
        target=0.07,
        kimg=0.08,  # A step of 0.1.
    )


def batches(start):
    """A run's batches, each a function of the step's number."""

    def generate():
        step = start
        while True:
            random = np.random.default_rng(step).random
            yield {
                "image": random((B, 1, SIDE, SIDE, 1), np.float32),
                "latent": random((B, 2, Z), np.float32),
                "mix": random((B, 1, 1, 1, 1), np.float32),
                "augment": random((B, 2, 7), np.float32),
            }
            step += 1

    shapes = {k: (v.shape, v.dtype) for k, v in next(generate()).items()}
    return tf.data.Dataset.from_generator(
        generate,
        output_signature={k: tf.TensorSpec(*v) for k, v in shapes.items()},
    )


def train(model, start, stop):
    """The steps of `fit`, without a graph."""
    steering = controller(start)
    steering.set_model(model)
    steering.on_train_begin()
    for step, batch in enumerate(batches(start).take(stop - start)):
        model.train_step(batch)
        steering.on_train_batch_end(step)
    return checkpoint.gather(model.state)


def assert_same(groups, expected):
    assert groups.keys() == expected.keys()
    for group, arrays in groups.items():
        for path, array in arrays.items():
            np.testing.assert_array_equal(array, expected[group][path], path)


def test_measuring_leaves_the_model_alone():
    model = small_gan()
    before = checkpoint.gather(model.state)
    measuring = controller(0)
    measuring.set_model(model)
    measuring.on_train_begin()
    assert 0 < measuring.measure() < 0.5
    assert_same(checkpoint.gather(model.state), before)


def test_a_resumed_run_goes_the_same_way():
    expected = train(small_gan(), 0, 7)
    saved = train(small_gan(), 0, 3)
    resumed = small_gan()
    checkpoint.restore(resumed.state, saved)
    assert_same(train(resumed, 3, 7), expected)
    # One adjustment before, and two after the interruption.
    for groups, probability in (saved, 0.35), (expected, 0.55):
        assert groups["augmentation"] == {
            "probability": pytest.approx(probability)
        }


def test_two_replicas_go_the_same_way():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    model = small_gan(strategy)
    model.fit(
        strategy.experimental_distribute_dataset(batches(0)),
        steps_per_epoch=4,
        callbacks=[controller(0)],
        shuffle=False,
        verbose=0,
    )
    copies = strategy.experimental_local_results(
        model.augmentation.probability.value
    )
    expected = train(small_gan(), 0, 4)["augmentation"]["probability"]
    assert [float(copy) for copy in copies] == [expected] * 2
    assert expected != 0.25
