"""GANs small enough to work out by hand, and batches for them."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.gans import WGANGP
from tfgan_transfer.training.optimizers import FusedAdam

B, N_CRITIC, Z, SIDE = 4, 2, 3, 2
PIXELS = SIDE * SIDE
CRITIC_RATE, GENERATOR_RATE, LAMBDA = 0.1, 0.05, 10.0


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return values.astype("float32")


def linear_generator(batch_norm=False):
    """G(z) = z A + b, then batch norm if asked for."""
    latent = keras.Input((Z,), name="latent")
    x = keras.layers.Dense(PIXELS, name="dense")(latent)
    if batch_norm:
        x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
    image = keras.layers.Reshape((SIDE, SIDE, 1), name="image")(x)
    return keras.Model(latent, image, name="generator")


def critic_of(*layers):
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = image
    for layer in layers:
        x = layer(x)
    score = keras.layers.Reshape((), name="score_flat")(x)
    return keras.Model(image, score, name="critic")


def linear_critic():
    """D(x) = w.x + c."""
    return critic_of(
        keras.layers.Flatten(name="flat"), keras.layers.Dense(1, name="score")
    )


class HalfSquare(keras.layers.Layer):
    """a |x|^2 / 2, whose gradient at x is a x."""

    def build(self, shape):
        self.a = self.add_weight((), "ones", name="a")

    def call(self, x):
        squares = keras.ops.sum(keras.ops.square(x), axis=(1, 2, 3))
        return self.a * squares[:, None] / 2

    def compute_output_shape(self, shape):
        return (shape[0], 1)


def sgd(rate):
    return keras.optimizers.SGD(rate)


def adam(rate):
    return FusedAdam(rate, beta_1=0.0, beta_2=0.9, epsilon=1e-8)


def compiled(generator=None, critic=None, optimizer=sgd, **options):
    model = WGANGP(generator or linear_generator(), critic or linear_critic())
    for network, seed in (model.generator, 1), (model.critic, 2):
        weights = network.trainable_variables
        for i, weight in enumerate(weights):
            if weight.name in ("kernel", "bias"):
                weight.assign(normal(*weight.shape, seed=(seed, i)))
    model.ema_generator.set_weights(model.generator.get_weights())
    model.compile(
        optimizer(GENERATOR_RATE),
        optimizer(CRITIC_RATE),
        n_critic=options.pop("n_critic", N_CRITIC),
        **options,
    )
    return model


def make_batch(seed=0):
    random = np.random.default_rng(seed)
    return {
        "image": normal(B, N_CRITIC, SIDE, SIDE, 1, seed=(seed, 0)),
        "latent": normal(B, N_CRITIC + 1, Z, seed=(seed, 1)),
        "mix": random.random((B, N_CRITIC, 1, 1, 1), dtype="float32"),
    }


def tensors(batch):
    return {name: tf.constant(value) for name, value in batch.items()}


def weights_of(network):
    return {v.path: v.numpy() for v in network.variables}


def assert_same(a, b):
    for path in a:
        np.testing.assert_array_equal(a[path], b[path], err_msg=path)
