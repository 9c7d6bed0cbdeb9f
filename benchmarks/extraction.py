"""Images per second through an Inception network, against what it could be.

    python benchmarks/extraction.py --inception=DIR [--layer=mixed_7]

Three ways in one run, alternating: `features.extract` (uint8 in, resize,
batches, arrays out); the bare SavedModel in a loop on images that are resized
already; and torch-fidelity's extractor of the same depth with random weights,
where it is installed and has that layer. Each in a process of its own, as
TensorFlow and PyTorch do not always load together. Medians over the rounds.
"""

import json
import multiprocessing
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
flags.DEFINE_bool("json", False, "Print lines of JSON.")

BATCH = 32
# What torch-fidelity calls the layers of the same depth.
LEVELS = {"mixed_7": "768", "pool_3": "2048"}


def ours(pictures, path, layer):
    from tfgan_transfer.metrics import features, inception

    network = inception.load(path)
    return lambda: features.extract(network, pictures, [layer], BATCH)


def bare(pictures, path, layer):
    import tensorflow as tf

    model = tf.saved_model.load(path)
    run = tf.function(lambda images: model(images)[layer])
    scaled = (tf.cast(pictures, tf.float32) - 128) / 128
    batches = [
        tf.image.resize(scaled[i : i + BATCH], [299, 299])
        for i in range(0, len(pictures), BATCH)
    ]
    return lambda: [run(batch).numpy() for batch in batches]


def torch_fidelity(pictures, path, layer):
    try:
        import torch
        from torch_fidelity import feature_extractor_inceptionv3 as module
    except ImportError:
        return None
    if layer not in LEVELS:
        return None
    torch.manual_seed(0)
    network = module.FeatureExtractorInceptionV3
    # It insists on a file of weights; random ones take the same time.
    with (
        mock.patch.object(torch, "load", lambda *a, **k: {}),
        mock.patch.object(network, "load_state_dict", lambda *a, **k: None),
    ):
        extractor = network(
            "inception-v3-compat",
            [LEVELS[layer]],
            feature_extractor_weights_path="-",
        )
    images = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())

    def run():
        with torch.no_grad():
            return [
                extractor(images[i : i + BATCH])[0].numpy()
                for i in range(0, len(images), BATCH)
            ]

    return run


def serve(way, arguments, pipe):
    """Times one round for each message; announces itself first."""
    run = way(*arguments)
    if run:
        run()
    pipe.send(run is not None)
    while run and pipe.recv():
        start = time.perf_counter()
        run()
        pipe.send(time.perf_counter() - start)


def main(argv):
    import numpy as np

    pictures = np.random.default_rng(0).integers(
        0, 256, (FLAGS.images, 32, 32, 3), np.uint8
    )
    context = multiprocessing.get_context("spawn")
    arguments = (pictures, FLAGS.inception, FLAGS.layer)
    pipes, workers = {}, []
    for way in (ours, bare, torch_fidelity):
        near, far = context.Pipe()
        worker = context.Process(
            target=serve, args=(way, arguments, far), daemon=True
        )
        worker.start()
        workers.append(worker)
        # The last end but the worker's own: if that dies, there is an end.
        far.close()
        try:
            if near.recv():
                pipes[way.__name__] = near
        except EOFError:
            sys.exit(f"{way.__name__} did not start, see above")
    rates = {name: [] for name in pipes}
    for _ in range(FLAGS.rounds):
        for name, pipe in pipes.items():
            pipe.send(True)
            rates[name].append(FLAGS.images / pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    for worker in workers:
        worker.join()
    own = statistics.median(rates["ours"])
    for name, values in rates.items():
        median = statistics.median(values)
        if FLAGS.json:
            row = {"way": name, "layer": FLAGS.layer}
            row["images_per_second"] = round(median, 1)
            print(json.dumps(row), flush=True)
            continue
        print(
            f"{name:16} {median:7.1f} images/s ({min(values):.1f} to "
            f"{max(values):.1f}), ours is {own / median:.2f}x"
        )


if __name__ == "__main__":
    app.run(main, sys.argv)
