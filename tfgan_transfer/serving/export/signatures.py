"""What an exported generator answers to: one function for each signature.

Every input and output has a free batch dimension, and a row of the answer
depends on its own row of the request only, so that the server may join and
split requests. Nothing is jit-compiled, which the server would refuse.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfgan_transfer import pixels
from tfgan_transfer.serving.export import prompts

Function = Callable[..., dict[str, tf.Tensor]]


class Signature(NamedTuple):
    """One endpoint.

    Attributes:
        function: Named tensors in, a dict of tensors out.
        inputs: Their specs, [None, ...] each, in order.
        example: One row for each input, with which the server warms up.
    """

    function: Function
    inputs: list[tf.TensorSpec]
    example: dict[str, tf.Tensor]


class Generator(NamedTuple):
    """A generator and what it needs around it.

    Attributes:
        network: Latents [B, Z] (and labels [B, L]) to images in [-1, 1]; a
            model, or `routing.Routed`.
        latent: Draws the latent float32 [Z] of a seed, an int64 scalar.
        latent_size: Z.
        vocabulary: Names of the L labels, () for a model without.
        tags: Whether an image may have several labels.
        truncation: Whether latents may be shrunk towards 0, their mean.
    """

    network: Callable[..., tf.Tensor]
    latent: Callable[[tf.Tensor], tf.Tensor]
    latent_size: int
    vocabulary: tuple[str, ...] = ()
    tags: bool = False
    truncation: bool = True

    def images(self, latent: tf.Tensor, label: tf.Tensor | None) -> tf.Tensor:
        """Float32 images [B, H, W, C] of latents [B, Z], labels [B, L]."""
        inputs = latent if label is None else [latent, label]
        return tf.cast(self.network(inputs, training=False), tf.float32)

    def latents(self, seeds: tf.Tensor) -> tf.Tensor:
        """Float32 [B, Z] of seeds, int64 [B]: a row per seed."""
        return tf.map_fn(
            self.latent,
            seeds,
            fn_output_signature=tf.TensorSpec([self.latent_size], tf.float32),
        )

    def labels(self, label: tf.Tensor) -> tf.Tensor:
        """Float32 [B, L] of what a request names as its labels."""
        if self.tags:
            return label
        count = len(self.vocabulary)
        # A gather out of range gives zeros on a GPU, silently.
        check = tf.debugging.Assert(
            tf.reduce_all((label >= 0) & (label < count)),
            [f"label: expected 0 to {count - 1}, received:", label],
        )
        with tf.control_dependencies([check]):
            return tf.one_hot(label, count)


def of_generator(served: Generator) -> dict[str, Signature]:
    """The signatures of a generator.

    `serving_default` draws PNG files by seed and label, `truncated` the same
    nearer to the mean, `latents` float images of given latents, and `prompt`
    takes words for labels.
    """
    seed = tf.TensorSpec([None], tf.int64, "seed")
    seed_row = {"seed": tf.constant([0], tf.int64)}
    spec, row = _label(served)

    def png(seed, truncation=None, label=None):
        latent = served.latents(seed)
        if truncation is not None:
            latent *= truncation[:, None]
        return {"images_bytes": encode_png(served.images(latent, label))}

    def default(seed, label=None):
        return png(seed, label=_named(served, label))

    def truncated(seed, truncation, label=None):
        return png(seed, truncation, _named(served, label))

    def latents(latent, label=None):
        return {"images": served.images(latent, _named(served, label))}

    def prompt(seed, prompt):
        return png(seed, label=prompts.parse(prompt, served.vocabulary))

    factor = tf.TensorSpec([None], tf.float32, "truncation")
    latent = tf.TensorSpec([None, served.latent_size], tf.float32, "latent")
    zeros = {"latent": tf.zeros([1, served.latent_size])}
    half = {"truncation": tf.constant([0.5])}
    found = {
        "serving_default": Signature(default, [seed, *spec], seed_row | row),
        "latents": Signature(latents, [latent, *spec], zeros | row),
    }
    if served.truncation:
        found["truncated"] = Signature(
            truncated, [seed, factor, *spec], seed_row | half | row
        )
    if served.vocabulary:
        text = tf.TensorSpec([None], tf.string, "prompt")
        words = {"prompt": tf.constant([served.vocabulary[0]])}
        found["prompt"] = Signature(prompt, [seed, text], seed_row | words)
    return found


def _label(served: Generator) -> tuple[list[tf.TensorSpec], dict]:
    """The input that holds labels, and an example of it; none without."""
    count = len(served.vocabulary)
    if not count:
        return [], {}
    if served.tags:
        spec = tf.TensorSpec([None, count], tf.float32, "label")
        return [spec], {"label": tf.one_hot([0], count)}
    spec = tf.TensorSpec([None], tf.int64, "label")
    return [spec], {"label": tf.constant([0], tf.int64)}


def _named(served: Generator, label: tf.Tensor | None) -> tf.Tensor | None:
    return None if label is None else served.labels(label)


def encode_png(images: tf.Tensor) -> tf.Tensor:
    """PNG files, string [B], of float images in [-1, 1]."""
    return tf.io.encode_png(pixels.rounded(images))
