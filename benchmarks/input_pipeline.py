"""Images per second of the input pipeline alone, without any model.

    python benchmarks/input_pipeline.py [SECONDS]

For each shape the pipeline (everything random of a step drawn in one map per
step) is compared in the same run with two peers: the same content with one
map per example, and a plain shuffle-repeat-batch dataset that carries images
only and can be neither resumed nor addressed. The last column compares with
the rate at which the smallest model (DCGAN nets of width 4) consumes the same
images when its batch is always there: the pipeline must be far faster.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer.data import ImageSet, latents, training_batches
from tfgan_transfer.gans import WGANGP
from tfgan_transfer.networks import dcgan

SHAPES = (
    # batch, n_critic, height, width, channels
    (64, 2, 8, 8, 1),
    (64, 5, 32, 32, 3),
    (64, 5, 64, 64, 3),
    (16, 5, 128, 128, 3),
)
LATENT_SIZE = 128


def noise_images(count, height, width, channels):
    pixels = np.random.default_rng(0).integers(
        0, 256, (count, height, width, channels), np.uint8
    )
    labels = np.zeros((count, 0), np.float32)
    names = tuple(str(i) for i in range(count))
    return ImageSet(pixels, labels, (), "none", names)


def per_example(images, batch, n_critic):
    table = tf.constant(images.images)
    size = len(images)

    def example(i):
        def image(slot):
            number = i * n_critic + slot
            row = tf.random.experimental.index_shuffle(
                number % size,
                seed=tf.stack([tf.constant(0, tf.int64), number // size]),
                max_index=tf.constant(size - 1, tf.int64),
            )
            pixels = table[row]
            flip = tf.random.stateless_uniform([], [1, number]) < 0.5
            pixels = tf.cond(flip, lambda: pixels[:, ::-1], lambda: pixels)
            return tf.cast(pixels, tf.float32) / 127.5 - 1.0

        latent = tf.random.stateless_normal(
            [n_critic + 1, LATENT_SIZE], [0, i], alg="philox"
        )
        mix = tf.random.stateless_uniform([n_critic, 1, 1, 1], [2, i])
        return tf.stack([image(slot) for slot in range(n_critic)]), latent, mix

    examples = tf.data.Dataset.range(10**12)
    examples = examples.map(example, tf.data.AUTOTUNE, deterministic=True)
    return examples.batch(batch).prefetch(tf.data.AUTOTUNE)


def plain(images, batch, n_critic):
    def step(pixels):
        pixels = tf.cast(pixels, tf.float32) / 127.5 - 1.0
        return tf.image.random_flip_left_right(pixels)

    dataset = tf.data.Dataset.from_tensor_slices(images.images)
    dataset = dataset.shuffle(len(images)).repeat().batch(batch * n_critic)
    return dataset.map(step, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def steps_per_second(dataset, seconds):
    elements = iter(dataset)
    for _ in range(5):
        next(elements)
    steps, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        next(elements)
        steps += 1
    return steps / spent


def train_steps_per_second(batch, n_critic, shape, seconds):
    model = WGANGP(
        dcgan.generator(tuple(shape), latent_size=LATENT_SIZE, width=4),
        dcgan.critic(tuple(shape), width=4),
    )
    model.compile(
        keras.optimizers.Adam(1e-4),
        keras.optimizers.Adam(1e-4),
        n_critic=n_critic,
    )
    train_step = tf.function(model.train_step)
    train_step(batch)
    steps, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        train_step(batch)["critic_loss"].numpy()
        steps += 1
    return steps / spent


def main(seconds):
    print(
        "batch  n_critic  image        images/s   steps/s  of plain"
        "  of map-per-example  of smallest step"
    )
    for batch, n_critic, *shape in SHAPES:
        images = noise_images(2000, *shape)
        ours = training_batches(
            images,
            batch_size=batch,
            n_critic=n_critic,
            latent_size=LATENT_SIZE,
        )
        rate = steps_per_second(ours, seconds)
        peer = steps_per_second(plain(images, batch, n_critic), seconds)
        each = steps_per_second(per_example(images, batch, n_critic), seconds)
        step = train_steps_per_second(
            next(iter(ours)), n_critic, shape, seconds
        )
        print(
            f"{batch:5d}  {n_critic:8d}  {'x'.join(map(str, shape)):10s} "
            f"{rate * batch * n_critic:10.0f} {rate:9.1f} {rate / peer:8.2f}x "
            f"{rate / each:9.2f}x {rate / step:15.1f}x",
            flush=True,
        )
    start = time.perf_counter()
    latents(0, 10_000, LATENT_SIZE, "normal")
    print(f"latents: {10_000 / (time.perf_counter() - start):.0f} rows/s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
