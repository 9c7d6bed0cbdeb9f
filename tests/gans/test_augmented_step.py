"""A train step with augmentation and with a regulariser, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    CRITIC_RATE,
    GENERATOR_RATE,
    LAMBDA,
    N_CRITIC,
    PIXELS,
    SIDE,
    B,
    HalfSquare,
    compiled,
    critic_of,
    make_batch,
    tensors,
)
from tfgan_transfer.augment import Augmentation
from tfgan_transfer.training import checkpoint


def augmented_batch(width=3):
    noise = np.random.default_rng(5).random((B, N_CRITIC + 1, width), "float32")
    return {**make_batch(), "augment": noise}


def masks_of(noise, probability):
    """Ones [B, PIXELS] with a hole of one pixel where the gate is open."""
    masks = np.ones([len(noise), SIDE, SIDE])
    for mask, (down, right, gate) in zip(masks, noise, strict=True):
        if gate < probability:
            mask[int(2 * down), int(2 * right)] = 0
    return masks.reshape(-1, PIXELS)


def holes(probability=1.0):
    return Augmentation(("cutout",), probability)


class Pull:
    """The squared distance of all generator weights to an anchor, times 3."""

    def __init__(self, variables=()):
        self.variables = list(variables)

    def __call__(self, generator):
        anchor = self.variables[0].value if self.variables else 0.0
        return 3.0 * sum(
            tf.reduce_sum(tf.square(weight.value - anchor))
            for weight in generator.trainable_variables
        )


def numpy_step(model, batch, probability, pull=0.0):
    """Algorithm 1 of WGAN-GP where the critic sees images with holes."""
    a, b = (w.astype(float) for w in model.generator.get_weights())
    w, c = (w.astype(float) for w in model.critic.get_weights())
    w = w[:, 0]
    for slot in range(N_CRITIC):
        mask = masks_of(batch["augment"][:, slot], probability)
        real = batch["image"][:, slot].reshape(B, PIXELS) * mask
        fake = (batch["latent"][:, slot] @ a + b) * mask
        length = np.linalg.norm(w)
        w = w - CRITIC_RATE * (
            np.mean(fake - real, axis=0)
            + 2 * LAMBDA * (length - 1) * w / length
        )
    # The generator's slot has its own noise; the critic sees z A + b there
    # through the holes, so only the other pixels pull at A and b.
    mask = masks_of(batch["augment"][:, N_CRITIC], probability)
    latent = batch["latent"][:, N_CRITIC].astype(float)
    loss = -np.mean(((latent @ a + b) * mask) @ w + c)
    loss += pull * (np.sum(a**2) + np.sum(b**2))
    slope_a = -latent.T @ (mask * w) / B + 2 * pull * a
    slope_b = -np.mean(mask * w, axis=0) + 2 * pull * b
    a, b = a - GENERATOR_RATE * slope_a, b - GENERATOR_RATE * slope_b
    return [a, b, w, c], loss


def assert_weights(model, expected):
    weights = model.generator.get_weights() + model.critic.get_weights()
    for value, number in zip(weights, expected, strict=True):
        np.testing.assert_allclose(value.ravel(), number.ravel(), atol=1e-5)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_the_critic_sees_augmented_images(probability, xla):
    model = compiled(augmentation=holes(probability), xla=xla)
    batch = augmented_batch()
    gates = batch["augment"][..., 2] < probability
    assert gates.any() == (probability > 0) and gates.all() == (
        probability == 1
    )
    expected, loss = numpy_step(model, batch, probability)
    logs = tf.function(model.train_step)(tensors(batch))
    assert_weights(model, expected)
    np.testing.assert_allclose(logs["generator_loss"], loss, rtol=1e-4)
    assert logs["augment_probability"] == probability


def test_the_probability_of_the_next_step_is_the_one_assigned():
    model = compiled(augmentation=holes(0.0), xla=True)
    train_step = tf.function(model.train_step)
    batch = augmented_batch()
    for probability in (0.0, 1.0):
        model.augmentation.probability.assign(probability)
        expected, _ = numpy_step(model, batch, probability)
        logs = train_step(tensors(batch))
        assert_weights(model, expected)
        assert logs["augment_probability"] == probability


def test_penalties_are_taken_at_augmented_images():
    # For D(x) = a |x|^2 / 2 with a = 1 the slope at x is x.
    slot = {k: v[:, 0] for k, v in augmented_batch().items()}
    mask = masks_of(slot["augment"], 1.0)
    penalties = {}
    for name in ("gradient_penalty", "r1", "r2"):
        weights = {"gradient_penalty": 0.0, name: LAMBDA}
        critic = critic_of(HalfSquare(name="square"))
        model = compiled(critic=critic, augmentation=holes(), **weights)
        _, logs = model.critic_gradients(tensors(slot))
        penalties[name] = logs["penalty"] / LAMBDA
    a, b = model.generator.get_weights()
    real = slot["image"].reshape(B, PIXELS) * mask
    fake = (slot["latent"] @ a + b) * mask
    mixed = real + slot["mix"].reshape(B, 1) * (fake - real)
    expected = {
        "gradient_penalty": (np.linalg.norm(mixed, axis=1) - 1) ** 2,
        "r1": np.sum(real**2, axis=1) / 2,
        "r2": np.sum(fake**2, axis=1) / 2,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(
            penalties[name], np.mean(values), rtol=1e-5, err_msg=name
        )


def test_the_relativistic_generator_sees_real_images_augmented():
    model = compiled(adversarial_loss="relativistic", augmentation=holes())
    batch = augmented_batch()
    slot = {k: v[:, min(1, v.shape[1] - 1)] for k, v in batch.items()}
    a, b = model.generator.get_weights()
    w, _ = model.critic.get_weights()
    mask = masks_of(slot["augment"], 1.0)
    real = slot["image"].reshape(B, PIXELS) * mask
    fake = (slot["latent"] @ a + b) * mask
    _, logs = model.generator_gradients(tensors(slot))
    np.testing.assert_allclose(
        logs["generator_loss"],
        np.mean(np.log1p(np.exp((real - fake) @ w))),
        rtol=1e-4,
    )


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_regulariser_is_added_to_the_generators_loss(xla):
    model = compiled(regulariser=Pull(), augmentation=holes(0.0), xla=xla)
    batch = augmented_batch()
    squares = sum(np.sum(w**2) for w in model.generator.get_weights())
    expected, loss = numpy_step(model, batch, 0.0, pull=3.0)
    logs = tf.function(model.train_step)(tensors(batch))
    assert_weights(model, expected)
    np.testing.assert_allclose(
        logs["generator_regulariser"], 3 * squares, rtol=1e-5
    )
    np.testing.assert_allclose(logs["generator_loss"], loss, rtol=1e-4)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_two_replicas_share_one_batch(xla):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        model = compiled(regulariser=Pull(), augmentation=holes(0.5), xla=xla)
    batch = augmented_batch()
    expected, loss = numpy_step(model, batch, 0.5, pull=3.0)
    squares = sum(np.sum(w**2) for w in model.generator.get_weights())
    dataset = tf.data.Dataset.from_tensor_slices(tensors(batch)).batch(B)
    stream = strategy.experimental_distribute_dataset(dataset)
    logs = model.train_function(iter(stream))
    assert_weights(model, expected)
    np.testing.assert_allclose(logs["generator_loss"], loss, rtol=1e-4)
    np.testing.assert_allclose(
        logs["generator_regulariser"], 3 * squares, rtol=1e-5
    )
    assert logs["augment_probability"] == 0.5


def test_what_is_switched_off_is_neither_saved_nor_logged():
    model = compiled()
    logs = model.train_step(tensors(make_batch()))
    extra = {"augment_probability", "generator_regulariser"}
    assert not extra & {*logs}
    assert not {"augmentation", "regulariser"} & {*model.state}
    assert "regulariser" not in compiled(regulariser=Pull()).state


def test_checkpoints_hold_the_probability_and_the_regulariser():
    def make(probability, anchor):
        keras.backend.clear_session()  # Keras numbers optimizers.
        variable = keras.Variable(anchor, trainable=False, name="anchor")
        return compiled(
            regulariser=Pull([variable]), augmentation=holes(probability)
        )

    model, batch = make(0.5, 0.25), tensors(augmented_batch())
    saved = checkpoint.gather(model.state)
    assert saved["augmentation"] == {"probability": 0.5}
    assert saved["regulariser"] == {"anchor": 0.25}
    model.train_step(batch)
    expected = checkpoint.gather(model.state)

    copy = make(0.0, 0.0)
    checkpoint.restore(copy.state, saved)
    copy.train_step(batch)
    for group, arrays in checkpoint.gather(copy.state).items():
        for path, array in arrays.items():
            np.testing.assert_array_equal(array, expected[group][path])
