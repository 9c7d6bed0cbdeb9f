"""The critic of the `iw/1` protocol: fixed, and independent of any GAN here.

Residual blocks without normalisation, trained as WGAN-GP's critic (Gulrajani
et al., 2017, algorithm 1). Weights are passed in and returned, so a run is a
function of its seed.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_transfer import pixels

_PENALTY = 10.0
_RATE = 1e-4
_DECAY = 0.9
_SLOPE = 0.2
LAST_SIDE = 4

Weights = dict[str, Any]


def initial_weights(
    shape: tuple[int, ...], widths: tuple[int, ...], seed: int
) -> Weights:
    """He-normal kernels, zero biases, one residual block per halving."""
    height, width, channels = shape
    made = 0

    def layer(*kernel: int) -> tuple[tf.Tensor, tf.Tensor]:
        nonlocal made
        made += 1
        scale = np.sqrt(2 / np.prod(kernel[:-1]))
        normal = tf.random.stateless_normal(kernel, [seed, made])
        return normal * scale, tf.zeros(kernel[-1])

    weights: Weights = {"stem": layer(3, 3, channels, widths[0]), "blocks": []}
    previous, depth = widths[0], 0
    while min(height, width) >= 2 * LAST_SIDE:
        height, width, depth = height // 2, width // 2, depth + 1
        outputs = widths[min(depth, len(widths) - 1)]
        weights["blocks"].append(
            {
                "first": layer(3, 3, previous, outputs),
                "second": layer(3, 3, outputs, outputs),
                "shortcut": layer(1, 1, previous, outputs),
            }
        )
        previous = outputs
    weights["head"] = layer(height * width * previous, 1)
    return weights


def critic_scores(weights: Weights, images: tf.Tensor) -> tf.Tensor:
    """Scores [N] of float32 images in [-1, 1]."""
    hidden = _convolve(images, weights["stem"])
    for block in weights["blocks"]:
        inner = _convolve(tf.nn.leaky_relu(hidden, _SLOPE), block["first"])
        inner = _convolve(tf.nn.leaky_relu(inner, _SLOPE), block["second"])
        hidden = _halve(inner) + _convolve(_halve(hidden), block["shortcut"])
    hidden = tf.nn.leaky_relu(hidden, _SLOPE)
    kernel, bias = weights["head"]
    flat = tf.reshape(hidden, [-1, kernel.shape[0]])
    return tf.squeeze(flat @ kernel + bias, axis=-1)


def _convolve(images: tf.Tensor, layer: tuple[tf.Tensor, tf.Tensor]):
    kernel, bias = layer
    return tf.nn.bias_add(tf.nn.conv2d(images, kernel, 1, "SAME"), bias)


def _halve(images: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


@tf.function
def update(weights, squares, step, real, fake, mix):
    """One update of Adam(1e-4, 0, 0.9) on the WGAN-GP critic loss.

    Weights go in and come out, so all critics share one trace.
    """
    real, fake = pixels.to_float(real), pixels.to_float(fake)
    between = fake + mix * (real - fake)
    with tf.GradientTape() as outer:
        outer.watch(weights)
        with tf.GradientTape() as inner:
            inner.watch(between)
            scores = critic_scores(weights, between)
        slopes = inner.gradient(scores, between)
        # The root has no derivative at 0.
        norms = tf.sqrt(tf.reduce_sum(slopes**2, axis=[1, 2, 3]) + 1e-12)
        loss = tf.reduce_mean(
            critic_scores(weights, fake) - critic_scores(weights, real)
        )
        loss += _PENALTY * tf.reduce_mean((norms - 1) ** 2)
    gradients = outer.gradient(loss, weights)
    squares = tf.nest.map_structure(
        lambda s, g: _DECAY * s + (1 - _DECAY) * g * g, squares, gradients
    )
    unbias = 1 - _DECAY**step
    weights = tf.nest.map_structure(
        lambda w, g, s: w - _RATE * g / (tf.sqrt(s / unbias) + 1e-8),
        weights,
        gradients,
        squares,
    )
    return weights, squares, tf.reduce_mean(norms)


@tf.function
def _score_batch(weights, images):
    return critic_scores(weights, pixels.to_float(images))


def score_images(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Scores [N] float64 of uint8 images."""
    # The last batch is filled up, so that one trace serves all sets.
    parts = [
        _score_batch(weights, images.take(range(i, i + 256), 0, mode="wrap"))
        for i in range(0, len(images), 256)
    ]
    return np.concatenate(parts)[: len(images)].astype(np.float64)
