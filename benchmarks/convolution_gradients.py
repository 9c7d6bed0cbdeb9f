"""Gradients of convolutions: oneDNN's against those of `ops/convolution.py`.

    python benchmarks/convolution_gradients.py [--rounds=12]
        [--precision=float32]

For the image and for the kernel, shapes of DCGAN's critic at 32 px, of the
heads on a classifier's features and of the residual critic, batch 64; processor
time, lower quartile of rounds in turn, and its share of a large matrix
product's speed in the same rounds. "Ours" is what is taken in this precision
on this processor.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from absl import app, flags

from tfgan_transfer.ops import convolution, overlap
from tfgan_transfer.training import devices

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 12, "Rounds.", 4)
flags.DEFINE_string("precision", "float32", "Or bfloat16.")

BATCH = 64
# Side, channels in and out, kernel, stride.
SHAPES = (
    (16, 64, 128, 4, 2),
    (8, 128, 256, 4, 2),
    (4, 256, 512, 4, 2),
    (12, 64, 128, 4, 2),
    (6, 128, 256, 4, 2),
    (3, 256, 256, 3, 1),
    (24, 144, 24, 1, 1),
    (32, 64, 64, 3, 1),
    (16, 128, 128, 3, 1),
    (8, 256, 256, 3, 1),
)
# Side of the matrices of the product that all is compared with.
LARGE = 1024


def ways(shape):
    """Name -> work, and the operations of a convolution of this shape."""
    side, inputs, outputs, size, stride = shape
    out = side // stride
    random = tf.random.normal
    images = tf.cast(random([BATCH, side, side, inputs]), FLAGS.precision)
    maps = tf.cast(random([BATCH, out, out, outputs]), FLAGS.precision)
    kernel = tf.cast(random([size, size, inputs, outputs]), FLAGS.precision)
    zeros = (max(0, (out - 1) * stride + size - side) // 2,) * 2
    steps = {"strides": [1, stride, stride, 1], "padding": "SAME"}
    return {
        "image, oneDNN": lambda: tf.raw_ops.Conv2DBackpropInput(
            input_sizes=images.shape, filter=kernel, out_backprop=maps, **steps
        ),
        "image, as products": lambda: overlap.spread(
            maps, kernel, (side, side), stride, zeros
        ),
        "image, ours": lambda: convolution.spread(
            maps, kernel, (side, side), stride, "same"
        ),
        "kernel, oneDNN": lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=images, filter_sizes=kernel.shape, out_backprop=maps, **steps
        ),
        "kernel, ours": lambda: convolution.kernel_gradient(
            images, maps, (size, size), stride, "same"
        ),
    }, 2 * BATCH * out * out * size * size * inputs * outputs


def seconds(works):
    """Processor seconds of each, the lower quartile of rounds in turn."""
    functions = {name: tf.function(work) for name, work in works.items()}
    times = {name: [] for name in functions}
    for number in range(FLAGS.rounds + 1):
        for name, function in functions.items():
            began = time.process_time()
            function().numpy()
            if number:
                times[name].append(time.process_time() - began)
    return {n: sorted(v)[FLAGS.rounds // 4] for n, v in times.items()}


def main(argv):
    del argv
    devices.keep_memory()
    print(f"load {os.getloadavg()[0]:.1f}, {FLAGS.precision}")
    matrix = tf.cast(tf.random.normal([LARGE, LARGE]), FLAGS.precision)
    names = None
    for shape in SHAPES:
        works, operations = ways(shape)
        works["product"] = lambda: tf.matmul(matrix, matrix)
        found = seconds(works)
        rate = 2 * LARGE**3 / found.pop("product")
        if not names:
            names = list(found)
            print(f"| side, in, out, kernel, stride | {' | '.join(names)} |")
            print("|---" * (len(names) + 1) + "|")
        cells = [
            f"{1e3 * value:.1f} ms, {operations / value / rate:.0%}"
            for value in found.values()
        ]
        print(f"| {', '.join(map(str, shape))} | {' | '.join(cells)} |")
        sys.stdout.flush()


if __name__ == "__main__":
    app.run(main, sys.argv)
