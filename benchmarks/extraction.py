"""Images per second through an Inception network, against what it could be.

    python benchmarks/extraction.py --inception=DIR [--layer=mixed_7]

Three ways in one run, alternating: `features.extract` (uint8 in, resize,
batches, arrays out); the bare SavedModel in a loop on images that are resized
already; and torch-fidelity's extractor of the same depth with random weights,
where PyTorch is installed. Medians over the rounds.
"""

import statistics
import sys
import time
from unittest import mock

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("inception", None, "SavedModel.", required=True)
flags.DEFINE_string("layer", "mixed_7", "Its output.")
flags.DEFINE_integer("images", 96, "Images per round.")
flags.DEFINE_integer("rounds", 5, "Rounds.")

BATCH = 32


def ours(pictures):
    from tfgan_transfer.metrics import features, inception

    network = inception.load(FLAGS.inception)
    return lambda: features.extract(network, pictures, [FLAGS.layer], BATCH)


def bare(pictures):
    import tensorflow as tf

    model = tf.saved_model.load(FLAGS.inception)
    run = tf.function(lambda images: model(images)[FLAGS.layer])
    scaled = (tf.cast(pictures, tf.float32) - 128) / 128
    batches = [
        tf.image.resize(scaled[i : i + BATCH], [299, 299])
        for i in range(0, len(pictures), BATCH)
    ]
    return lambda: [run(batch).numpy() for batch in batches]


def torch_fidelity(pictures):
    try:
        import torch
        from torch_fidelity import feature_extractor_inceptionv3 as module
    except ImportError:
        return None
    torch.manual_seed(0)
    network = module.FeatureExtractorInceptionV3
    # It insists on a file of weights; random ones take the same time.
    with (
        mock.patch.object(torch, "load", lambda *a, **k: {}),
        mock.patch.object(network, "load_state_dict", lambda *a, **k: None),
    ):
        extractor = network(
            "inception-v3-compat", ["768"], feature_extractor_weights_path="-"
        )
    images = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())

    def run():
        with torch.no_grad():
            return [
                extractor(images[i : i + BATCH])[0].numpy()
                for i in range(0, len(images), BATCH)
            ]

    return run


def main(argv):
    import numpy as np

    pictures = np.random.default_rng(0).integers(
        0, 256, (FLAGS.images, 32, 32, 3), np.uint8
    )
    ways = {
        "ours": ours(pictures),
        "bare SavedModel": bare(pictures),
        "torch-fidelity": torch_fidelity(pictures),
    }
    ways = {name: run for name, run in ways.items() if run}
    rates = {name: [] for name in ways}
    for run in ways.values():
        run()
    for _ in range(FLAGS.rounds):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            rates[name].append(FLAGS.images / (time.perf_counter() - start))
    own = statistics.median(rates["ours"])
    for name, values in rates.items():
        median = statistics.median(values)
        print(
            f"{name:16} {median:7.1f} images/s ({min(values):.1f} to "
            f"{max(values):.1f}), ours is {own / median:.2f}x"
        )


if __name__ == "__main__":
    app.run(main, sys.argv)
