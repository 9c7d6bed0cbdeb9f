"""AC-GAN's losses and gradients, by hand and against each other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.linear_gan import (
    CRITIC_RATE,
    GENERATOR_RATE,
    N_CRITIC,
    PIXELS,
    SIDE,
    B,
    Z,
    make_batch,
    normal,
    sgd,
    tensors,
    weights_of,
)
from tfgan_transfer import class_losses
from tfgan_transfer.gans import ACGAN, WGANGP

L = 3


def label_generator():
    """G(z, c) = [z c] A + b."""
    latent = keras.Input((Z,), name="latent")
    label = keras.Input((L,), name="label")
    x = keras.layers.Concatenate(name="code")([latent, label])
    x = keras.layers.Dense(PIXELS, name="dense")(x)
    image = keras.layers.Reshape((SIDE, SIDE, 1), name="image")(x)
    return keras.Model([latent, label], image, name="generator")


def two_headed_critic():
    """D(x) = w.x + c and class logits x V + v."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = keras.layers.Flatten(name="flat")(image)
    score = keras.layers.Dense(1, name="score")(x)
    score = keras.layers.Reshape((), name="score_flat")(score)
    logits = keras.layers.Dense(L, name="class_logits")(x)
    return keras.Model(image, [score, logits], name="critic")


def compiled(**options):
    model = ACGAN(label_generator(), two_headed_critic())
    for network, seed in (model.generator, 1), (model.critic, 2):
        for i, weight in enumerate(network.trainable_variables):
            weight.assign(normal(*weight.shape, seed=(seed, i)))
    model.ema_generator.set_weights(model.generator.get_weights())
    model.compile(
        sgd(GENERATOR_RATE), sgd(CRITIC_RATE), n_critic=N_CRITIC, **options
    )
    return model


def labelled_batch(labels=None, seed=0):
    if labels is None:
        labels = np.eye(L)[np.arange(B * N_CRITIC) % L]
    labels = np.reshape(labels, (B, N_CRITIC, L)).astype("float32")
    return tensors({**make_batch(seed), "label": labels})


def slot_of(batch, slot=0):
    return {name: values[:, slot] for name, values in batch.items()}


def head_gradients(model, gradients):
    """Critic gradients by weight path."""
    paths = [weight.path for weight in model.critic.trainable_variables]
    return {
        path: 0 * gradient if gradient is None else gradient.numpy()
        for path, gradient in zip(paths, gradients, strict=True)
        if gradient is not None or "class" in path
    }


def cross_entropy(logits, labels):
    """Softmax cross-entropy of each row and its gradient by the logits."""
    shifted = logits - logits.max(-1, keepdims=True)
    share = np.exp(shifted) / np.exp(shifted).sum(-1, keepdims=True)
    return -np.sum(labels * np.log(share), -1), share - labels


def test_equal_logits_cost_log_k_in_both_networks():
    model = compiled(gradient_penalty=0.0)
    for weight in model.critic.trainable_variables:
        weight.assign(tf.zeros_like(weight.value))
    slot = slot_of(labelled_batch())
    _, critic_log = model.critic_gradients(slot)
    _, generator_log = model.generator_gradients(slot)
    assert float(critic_log["critic_class_loss"]) == pytest.approx(
        2 * np.log(L), rel=1e-6
    )
    assert float(generator_log["generator_class_loss"]) == pytest.approx(
        np.log(L), rel=1e-6
    )
    assert float(critic_log["critic_loss"]) == pytest.approx(
        2 * np.log(L), rel=1e-6
    )


@pytest.mark.parametrize("class_on_fake", [True, False])
@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_class_head_gradient_by_hand(class_on_fake, weight):
    model = compiled(class_on_fake=class_on_fake, class_weight_critic=weight)
    slot = slot_of(labelled_batch())
    gradients, _ = model.critic_gradients(slot)
    a, b = (w.astype(float) for w in model.generator.get_weights())
    v, bias = (
        model.critic.get_layer("class_logits").get_weights()[i].astype(float)
        for i in (0, 1)
    )
    labels = slot["label"].numpy()
    code = np.concatenate([slot["latent"], labels], axis=-1)
    images = [slot["image"].numpy().reshape(B, PIXELS)]
    if class_on_fake:
        images.append(code @ a + b)
    expected = sum(x.T @ cross_entropy(x @ v + bias, labels)[1] for x in images)
    np.testing.assert_allclose(
        head_gradients(model, gradients)["class_logits/kernel"],
        weight * expected / B,
        rtol=1e-4,
        atol=1e-5,
    )


def test_generator_gradient_by_hand():
    weight = 0.3
    model = compiled(class_weight_generator=weight)
    slot = slot_of(labelled_batch())
    gradients, _ = model.generator_gradients(slot)
    w = model.critic.get_layer("score").get_weights()[0].astype(float)[:, 0]
    v, bias = model.critic.get_layer("class_logits").get_weights()
    a, b = (x.astype(float) for x in model.generator.get_weights())
    labels = slot["label"].numpy()
    code = np.concatenate([slot["latent"], labels], axis=-1)
    slope = cross_entropy((code @ a + b) @ v + bias, labels)[1]
    expected = code.T @ (weight * slope @ v.T - w) / B
    np.testing.assert_allclose(gradients[0], expected, rtol=1e-4, atol=1e-5)


def test_smoothing_is_for_the_critics_real_images_only():
    plain, smooth = compiled(), compiled(label_smoothing=0.2)
    slot = slot_of(labelled_batch())
    for a, b in zip(
        plain.generator_gradients(slot)[0],
        smooth.generator_gradients(slot)[0],
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
    logs = [m.critic_gradients(slot)[1] for m in (plain, smooth)]
    _, logits = plain.critic(slot["image"])
    difference = class_losses.softmax_class_loss(
        logits, slot["label"], smoothing=0.2
    ) - class_losses.softmax_class_loss(logits, slot["label"])
    assert abs(float(tf.reduce_mean(difference))) > 1e-3
    assert float(
        logs[1]["critic_class_loss"] - logs[0]["critic_class_loss"]
    ) == pytest.approx(float(tf.reduce_mean(difference)), abs=2e-5)


def test_without_labels_it_is_wgan_gp():
    """Unlabelled images train the score alone, to the bit."""
    model = compiled()
    batch = labelled_batch(np.zeros((B * N_CRITIC, L)))
    head = model.critic.get_layer("class_logits").get_weights()
    latent = keras.Input((Z,), name="latent")
    generator = keras.Model(
        latent,
        model.generator([latent, keras.ops.zeros_like(latent)]),
        name="generator",
    )
    twin = WGANGP(generator, two_headed_critic())
    twin.critic.set_weights(model.critic.get_weights())
    logs = [
        m.critic_gradients(slot_of(batch))[1]["critic_loss"]
        for m in (model, _game(twin))
    ]
    assert float(logs[0]) == pytest.approx(float(logs[1]), rel=1e-6)
    model.train_step(batch)
    for before, after in zip(
        head, model.critic.get_layer("class_logits").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def _game(model):
    model.compile(sgd(0.1), sgd(0.1), n_critic=N_CRITIC)
    return model


@pytest.mark.parametrize("reduction, factor", [("mean", 1), ("sum", L)])
def test_tags_by_hand(reduction, factor):
    model = compiled(class_loss="sigmoid", class_reduction=reduction)
    labels = np.tile([[1, 1, 0], [0, 1, 0]], (B, 1))
    slot = slot_of(labelled_batch(labels))
    _, logits = model.critic(slot["image"])
    fake = model.draw(slot)
    _, fake_logits = model.critic(fake)
    expected = 0
    for x in (logits.numpy(), fake_logits.numpy()):
        share = 1 / (1 + np.exp(-x.astype(float)))
        right = np.where(slot["label"] > 0, share, 1 - share)
        expected += np.mean(-np.log(right)) * factor
    _, log = model.critic_gradients(slot)
    assert float(log["critic_class_loss"]) == pytest.approx(expected, rel=1e-5)


def test_the_score_never_sees_the_label():
    """Labels of other classes leave the score's gradient alone."""
    model = compiled()
    a = slot_of(labelled_batch())
    b = {**a, "image": a["image"]}
    fake = model.draw(a)
    model.draw = lambda slot: fake
    b["label"] = tf.roll(a["label"], 1, axis=1)
    first, second = (
        head_gradients(model, model.critic_gradients(slot)[0])
        for slot in (a, b)
    )
    np.testing.assert_array_equal(first["score/kernel"], second["score/kernel"])
    difference = first["class_logits/kernel"] - second["class_logits/kernel"]
    assert np.abs(difference).max() > 0.1


def test_class_accuracy_is_top_1_and_r_precision():
    logits = tf.constant([[3.0, 1, 2], [0, 5, 4], [1, 2, 3], [9, 8, 7]])
    one = tf.constant([[1.0, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]])
    assert float(class_losses.class_accuracy(logits, one)) == pytest.approx(
        2 / 3
    )
    tags = tf.constant([[1.0, 0, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1]])
    assert float(class_losses.class_accuracy(logits, tags)) == pytest.approx(
        (1 + 0.5 + 0.5 + 1) / 4
    )
    assert float(class_losses.class_accuracy(logits, 0 * one)) == 0


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"class_loss": "hinge"},
            "expected one of ['sigmoid', 'softmax']. "
            "Received: class_loss='hinge'",
        ),
        (
            {"label_smoothing": 1.0},
            "in [0, 1). Received: label_smoothing=1.0",
        ),
        ({"n_critic": 0}, "Received: n_critic=0, ema_decay=0.999"),
    ],
)
def test_compile_refuses(options, message):
    model = ACGAN(label_generator(), two_headed_critic())
    with pytest.raises(ValueError) as error:
        model.compile(sgd(0.1), sgd(0.1), **options)
    assert str(error.value).endswith(message)


def test_sample_is_the_averaged_generators():
    model = compiled()
    model.train_step(labelled_batch())
    latents, labels = normal(L, Z), np.eye(L, dtype="float32")
    np.testing.assert_array_equal(
        model.sample(latents, labels), model.ema_generator([latents, labels])
    )


def test_keras_file_round_trip(tmp_path):
    model = compiled()
    model.train_step(labelled_batch())
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for name in ("generator", "critic", "ema_generator"):
        saved, loaded = (weights_of(getattr(m, name)) for m in (model, copy))
        assert saved.keys() == loaded.keys()
        for path, value in saved.items():
            np.testing.assert_array_equal(value, loaded[path])
