"""StackGAN plays the others' games, and teaches only its second stage."""

import keras
import numpy as np
import pytest

from tests.support.linear_gan import (
    PIXELS,
    SIDE,
    B,
    Z,
    linear_critic,
    linear_generator,
    make_batch,
    normal,
    sgd,
    tensors,
    weights_of,
)
from tfgan_transfer.gans import ACGAN, WGANGP, StackGAN

L = 3


def stacked_generator(labels=False):
    """x + (x a + b) for the image x of a frozen dense layer."""
    latent = keras.Input((Z,), name="latent")
    label = keras.Input((L,), name="label")
    x = latent
    if labels:
        x = keras.layers.Concatenate(name="code")([latent, label])
    frozen = keras.layers.Dense(PIXELS, name="dense", trainable=False)
    x = frozen(x)
    y = keras.layers.Dense(PIXELS, name="stage2_dense")(x)
    x = keras.layers.Add(name="sum")([x, y])
    image = keras.layers.Reshape((SIDE, SIDE, 1), name="image")(x)
    return keras.Model([latent, label] if labels else latent, image)


def two_headed_critic():
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    score = keras.layers.Dense(1, name="score")(x)
    score = keras.layers.Reshape((), name="score_flat")(score)
    return keras.Model(
        image, [score, keras.layers.Dense(L, name="class_logits")(x)]
    )


def compiled(family, labels, **options):
    critic = two_headed_critic() if labels else linear_critic()
    model = family(stacked_generator(labels), critic)
    for network, seed in (model.generator, 1), (model.critic, 2):
        for i, weight in enumerate(network.variables):
            weight.assign(normal(*weight.shape, seed=(seed, i)))
    model.ema_generator.set_weights(model.generator.get_weights())
    model.compile(sgd(0.05), sgd(0.1), n_critic=2, **options)
    return model


def labelled_batch():
    labels = np.eye(L, dtype="float32")[np.arange(2 * B) % L]
    return tensors({**make_batch(), "label": labels.reshape(B, 2, L)})


@pytest.mark.parametrize(
    ("family", "labels", "options"),
    [
        (WGANGP, False, {}),
        (WGANGP, False, {"adversarial_loss": "relativistic", "r1": 0.5}),
        (ACGAN, True, {"class_weight_generator": 0.3}),
        (ACGAN, True, {"class_on_fake": False, "class_loss": "sigmoid"}),
    ],
)
def test_its_step_is_the_other_families(family, labels, options):
    models = [compiled(kind, labels, **options) for kind in (family, StackGAN)]
    before = weights_of(models[0].generator)
    logs = [model.train_step(labelled_batch()) for model in models]
    one, other = (weights_of(model.generator) for model in models)
    for path in one:
        np.testing.assert_array_equal(one[path], other[path], err_msg=path)
    moved = {path for path in one if np.any(one[path] != before[path])}
    assert moved == {"stage2_dense/kernel", "stage2_dense/bias"}
    assert logs[0].keys() == logs[1].keys()
    assert ("generator_class_loss" in logs[1]) == labels


def test_the_average_of_a_frozen_weight_is_the_weight():
    model = compiled(StackGAN, False, ema_decay=0.9)
    kernel = model.generator.get_layer("dense").kernel.numpy()
    for _ in range(3):
        model.train_step(labelled_batch())
    averaged = model.ema_generator.get_layer("dense").kernel.numpy()
    assert averaged.tobytes() == kernel.tobytes()
    assert np.any(
        model.ema_generator.get_layer("stage2_dense").kernel
        != model.generator.get_layer("stage2_dense").kernel
    )


def test_samples_with_and_without_labels():
    z, label = normal(2, Z), np.eye(L, dtype="float32")[:2]
    plain = compiled(StackGAN, False)
    np.testing.assert_array_equal(plain.sample(z), plain.ema_generator(z))
    told = compiled(StackGAN, True)
    np.testing.assert_array_equal(
        told.sample(z, label), told.ema_generator([z, label])
    )


def test_a_generator_without_two_stages_is_refused():
    with pytest.raises(ValueError, match="frozen stage 1 and a stage 2"):
        StackGAN(linear_generator(), linear_critic())
    frozen = stacked_generator()
    frozen.trainable = False
    with pytest.raises(ValueError, match="Received: 0 trainable weights"):
        StackGAN(frozen, linear_critic())


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="label_smoothing=1"):
        compiled(StackGAN, True, label_smoothing=1.0)
    with pytest.raises(ValueError, match="adversarial_loss='wgan'"):
        compiled(StackGAN, False, adversarial_loss="wgan")
