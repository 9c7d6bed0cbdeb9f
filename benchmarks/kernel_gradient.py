"""The gradient of kernels in bfloat16: oneDNN's against `convolution.py`'s.

    python benchmarks/kernel_gradient.py [--rounds=12] [--precision=bfloat16]

Shapes of the DCGAN critic at 32 px (batch 128) and of the residual critic
(batch 64), in turn; lower quartile of processor time and least wall-clock time
of each, beside the convolution itself, which does as much arithmetic.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from absl import app, flags

from tfgan_transfer.ops import convolution

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 12, "Rounds.", 4)
flags.DEFINE_string("precision", "bfloat16", "Or float32.")

# Batch, side, channels in and out, kernel, stride.
SHAPES = (
    (128, 16, 64, 128, 4, 2),
    (128, 8, 128, 256, 4, 2),
    (64, 32, 64, 64, 3, 1),
    (64, 16, 128, 128, 3, 1),
    (64, 8, 256, 256, 3, 1),
    (64, 4, 512, 512, 3, 1),
)


def ways(shape):
    batch, side, inputs, outputs, size, stride = shape
    out = side // stride
    random = tf.random.normal
    images = tf.cast(random([batch, side, side, inputs]), FLAGS.precision)
    maps = tf.cast(random([batch, out, out, outputs]), FLAGS.precision)
    kernel = tf.cast(random([size, size, inputs, outputs]), FLAGS.precision)
    return {
        "convolution": lambda: tf.nn.conv2d(images, kernel, stride, "SAME"),
        "oneDNN": lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=images,
            filter_sizes=kernel.shape,
            out_backprop=maps,
            strides=[1, stride, stride, 1],
            padding="SAME",
        ),
        "ours": lambda: convolution.kernel_gradient(
            images, maps, (size, size), stride, "same"
        ),
    }


def main(argv):
    del argv
    print(f"load {os.getloadavg()[0]:.1f}, {FLAGS.precision}")
    for shape in SHAPES:
        functions = {n: tf.function(f) for n, f in ways(shape).items()}
        times = {name: [] for name in functions}
        for _ in range(FLAGS.rounds + 1):
            for name, function in functions.items():
                began, used = time.perf_counter(), time.process_time()
                function()
                wall = time.perf_counter() - began
                times[name].append((time.process_time() - used, wall))
        row = []
        for name, values in times.items():
            cpu = sorted(v[0] for v in values[1:])[FLAGS.rounds // 4]
            wall = min(v[1] for v in values[1:])
            row.append(f"{name} cpu {1e3 * cpu:.1f} wall {1e3 * wall:.1f}")
        print(f"{shape}: {', '.join(row)} ms", flush=True)


if __name__ == "__main__":
    app.run(main, sys.argv)
