"""CycleGAN's steps against NumPy, and what must hold for any network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import numpy_cycle as linear
from tests.support.linear_gan import normal, sgd, tensors
from tfgan_transfer.gans import CycleGAN, cyclegan
from tfgan_transfer.networks import cyclegan as networks


def slot_of(values, i=0):
    return {k: v[:, i] for k, v in tensors(values).items()}


@pytest.mark.parametrize("n_critic", [1, 2])
@pytest.mark.parametrize("loss", linear.LOSSES)
def test_steps_equal_numpy(loss, n_critic):
    penalty = linear.PENALTY if loss == "wasserstein_gp" else 0.0
    made = linear.model(
        adversarial_loss=loss,
        n_critic=n_critic,
        pool_size=5,
        gradient_penalty=penalty,
    )
    reference = linear.Reference(made, loss, pool_size=5)
    for n in range(4):
        values = linear.batch(n, n_critic)
        logs = linear.step(made, values)
        for name, expected in reference.step(values).items():
            assert logs[name] == pytest.approx(expected, rel=1e-4), name
        linear.assert_equal(made, reference)
    # The pool was full, so that the critics have seen older images too.
    assert made.pools["pool_a"].filled == 5


def test_the_reference_notices_a_cycle_that_stops_halfway(monkeypatch):
    """A known mistake: each translator feels only the cycle that it ends."""
    made = linear.model(pool_size=0)
    reference = linear.Reference(made, "least_squares", pool_size=0)
    plain = cyclegan._translated

    def cut(*arguments):
        fake, *others = plain(*arguments)
        return [tf.stop_gradient(fake), *others]

    monkeypatch.setattr(cyclegan, "_translated", cut)
    values = linear.batch()
    linear.step(made, values)
    reference.step(values)
    with pytest.raises(AssertionError):
        linear.assert_equal(made, reference, 1e-2)


@pytest.mark.parametrize("norm", [False, True])
def test_batches_share_a_pass_unless_a_norm_would_mix_them(norm):
    image = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(3, 3, padding="same")(image)
    if norm:
        x = keras.layers.BatchNormalization()(x)
    net = keras.Model(image, x)
    passes = []
    first, second = tf.random.stateless_normal((2, 5, 4, 4, 3), [1, 2])
    second = 3 + 2 * second
    expected = [net(batch, training=True) for batch in (first, second)]
    call = net.call
    net.call = lambda *a, **k: (passes.append(1), call(*a, **k))[1]
    found = cyclegan._translated(net, first, second)
    assert len(passes) == 1 + norm
    for value, reference in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, reference, atol=1e-5)


@pytest.mark.parametrize("loss", linear.LOSSES)
@pytest.mark.parametrize("identity", [0.0, 0.5])
def test_the_gradient_is_that_of_one_summed_loss(loss, identity):
    made = linear.model(adversarial_loss=loss, identity_weight=identity)
    values = linear.batch(3)
    gradients, _, _ = made.generator_gradients(slot_of(values))
    for name in ("a2b", "b2a"):
        for weight, gradient in zip(
            getattr(made, name).weights, gradients[name], strict=True
        ):
            for index in ((0,) * weight.ndim, (1,) * weight.ndim):
                slope = linear.finite_difference(made, values, weight, index)
                assert float(gradient[index]) == pytest.approx(slope, abs=2e-2)


def test_a_translator_feels_the_cycle_that_it_begins():
    """G's gradient of |F(G(a)) - a| alone: everything else is at rest."""
    made = linear.model(identity_weight=0.0)
    for critic in (made.critic_a, made.critic_b):
        for weight in critic.weights:
            weight.assign(tf.zeros_like(weight))
    made.b2a.weights[1].assign(tf.zeros(linear.PIXELS))
    values = linear.batch()
    values["image_b"] *= 0  # F(b) = 0, G(0) = p: no slope in A.
    gradients, _, _ = made.generator_gradients(slot_of(values))
    a = values["image_a"][:, 0].reshape(linear.B, -1)
    (matrix, offset), home = (
        [w.numpy() for w in made.a2b.weights],
        made.b2a.weights[0].numpy(),
    )
    sign = np.sign((a @ matrix + offset) @ home - a) / a.size
    np.testing.assert_allclose(
        gradients["a2b"][0], 10 * a.T @ (sign @ home.T), rtol=1e-4, atol=1e-6
    )
    assert np.abs(gradients["a2b"][0]).max() > 0.1


def test_the_penalty_is_on_the_mean_over_patches():
    """D(x)_p = w x_p: the mean's slope has length |w| / sqrt(patches)."""
    made = patch_model(gradient_penalty=1.0, adversarial_loss="wasserstein_gp")
    made.critic_a.weights[0].assign(tf.fill([1, 1, 1, 1], 3.0))
    values = {
        "image_a": normal(2, 4, 4, 1),
        "image_b": normal(2, 4, 4, 1, seed=1),
        "fake_a": normal(2, 4, 4, 1, seed=2),
        "fake_b": normal(2, 4, 4, 1, seed=3),
        "mix": np.full((2, 2, 1, 1, 1), 0.3, "float32"),
    }
    _, log = made.critic_gradients(tensors(values))
    assert float(log["penalty_a"]) == pytest.approx((3 / 4 - 1) ** 2, rel=1e-5)


def patch_model(**options):
    def one(name):
        image = keras.Input((4, 4, 1))
        layer = keras.layers.Conv2D(1, 1, name=name)
        return keras.Model(image, layer(image), name=name)

    made = CycleGAN(*(one(name) for name in "abcd"))
    made.compile(sgd(0.1), sgd(0.1), **options)
    return made


def test_patches_are_averaged_within_and_over_images():
    made = patch_model(cycle_weight=0.0)
    made.critic_b.weights[0].assign(tf.ones([1, 1, 1, 1]))
    values = {
        f"image_{d}": normal(2, 4, 4, 1, seed=i)
        for i, d in (
            (1, "a"),
            (2, "b"),
        )
    }
    made.critic_a.weights[0].assign(tf.zeros([1, 1, 1, 1]))
    _, fakes, log = made.generator_gradients(tensors(values))
    expected = 1 + np.mean((fakes["fake_b"].numpy() - 1) ** 2)
    assert float(log["adversarial_loss"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", linear.LOSSES)
def test_flat_images_do_not_give_nan(loss):
    keras.utils.set_random_seed(0)
    shape = (24, 24, 3)
    made = CycleGAN(
        networks.resnet(shape, 4, blocks=1),
        networks.resnet(shape, 4, blocks=1),
        networks.patch_critic(shape, 4),
        networks.patch_critic(shape, 4),
    )
    made.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        adversarial_loss=loss,
        gradient_penalty=10.0 if loss == "wasserstein_gp" else 0.0,
    )
    values = tensors(
        {
            "image_a": np.full((2, 1, *shape), -1, "float32"),
            "image_b": np.full((2, 1, *shape), 0.5, "float32"),
            "pool": np.full((2, 1, 2, 2), 0.5, "float32"),
            "mix": np.full((2, 1, 2, 1, 1, 1), 0.5, "float32"),
        }
    )
    train = tf.function(made.train_step)
    for _ in range(3):
        logs = train(values)
        assert np.isfinite([float(v) for v in logs.values()]).all()
    assert logs["generator_gradient_norm"] < 1e3
    for network in made.networks.values():
        assert all(np.isfinite(w.numpy()).all() for w in network.weights)


def test_the_averages_translate():
    made = linear.model()
    linear.step(made, linear.batch())
    x = normal(2, 2, 2, 1)
    for direction in ("a2b", "b2a"):
        average = getattr(made, f"ema_{direction}")
        out = made.translate(x, direction)
        np.testing.assert_array_equal(out, average(x))
        assert not np.allclose(out, getattr(made, direction)(x), atol=1e-4)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"adversarial_loss": "relativistic"}, "Unknown adversarial_loss"),
        ({"n_critic": 0}, "n_critic must be at least 1"),
        ({"ema_decay": 1.0}, "ema_decay in"),
        ({"pool_size": -1}, "pool_size at least 0"),
    ],
)
def test_what_cannot_be_played_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        linear.model(**options)
