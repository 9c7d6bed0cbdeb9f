"""What each metric costs once the features are there, and what those cost.

    python benchmarks/metric_cost.py --inception=DIR \\
        --data=zip:cifar10_32.zip#train

`--count` images stand for samples and as many others are the real ones.
Everything is timed once, in one process: the features of both, the same with
the real ones from the cache, then each metric, floor included.
"""

import sys
import tempfile
import time

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("inception", None, "SavedModel.", required=True)
flags.DEFINE_string("layer", "mixed_7", "Its output.")
flags.DEFINE_string("data", None, "3 x --count images.", required=True)
flags.DEFINE_integer("size", 32, "Side.")
flags.DEFINE_integer("count", 5000, "Images per set.")
flags.DEFINE_list(
    "metrics",
    "fid fid_inf kid precision_recall memorisation swd ms_ssim iw".split(),
    "What to time.",
)


def timed(name, call):
    began, used = time.perf_counter(), time.process_time()
    result = call()
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{name:28} {wall:8.2f} s, cpu {cpu:8.2f} s", flush=True)
    return result


def main(argv):
    del argv
    from tfgan_transfer import data
    from tfgan_transfer.metrics import inception
    from tfgan_transfer.metrics.evaluate import Evaluation

    count = FLAGS.count
    side = (FLAGS.size, FLAGS.size)
    images = data.load(FLAGS.data, size=side, limit=3 * count).train.images
    network = inception.load(FLAGS.inception)
    with tempfile.TemporaryDirectory() as cache:

        def prepare():
            return Evaluation(
                real=images[:count],
                split="held-out images",
                other=images[count : 2 * count],
                train=images[count : 2 * count],
                held_out=images[:count],
                samples=[images[2 * count : 3 * count]],
                extractor=network,
                layer=FLAGS.layer,
                cache_dir=cache,
                critics=(0,),
            )

        run = prepare()
        timed("features of samples", lambda: run.outputs)
        timed("of real images", lambda: (run.real_side, run.other_side))
        known = prepare()
        timed("of the same, kept", lambda: (known.real_side, known.other_side))
        for name in FLAGS.metrics:
            timed(name, lambda name=name: list(run.rows([name])))


if __name__ == "__main__":
    app.run(main, sys.argv)
