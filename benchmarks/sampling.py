"""Samples per second of a trained generator, against PyTorch.

    python benchmarks/sampling.py --torch_python=PATH [--rounds=9]

The networks of `train_step.py` draw batches of 64 in inference mode, with
moving statistics: ours as `generate` does, and layer by layer, as
`model.sample` does by itself; PyTorch's under `inference_mode`, channels_last,
or compiled, with weights that may change or constant ones as ours are; all to
uint8. Each in a process of its own, in turn, `--steps` times fifty batches in
a round; medians over rounds.
"""

import json
import os
import sys

import train_step
from absl import app, flags
from step_worker import BATCHES

FLAGS = flags.FLAGS
FLAGS.set_default("steps", 1)


def main(argv):
    del argv
    ways = ["graph_sample", "graph_layers_sample"]
    if FLAGS.torch_python:
        ways += [
            "torch_channels_last_sample",
            "torch_compile_sample",
            "torch_compile_constant_sample",
        ]
    print(f"load {os.getloadavg()[0]:.1f}")
    for name in FLAGS.cases or ("dcgan_32", "resnet_32"):
        case = {**train_step.CASES[name], "n_critic": 1}
        for precision in FLAGS.precisions:
            workers = train_step.measure(case, precision, ways)
            if "graph_sample" not in workers:
                print("  nothing to compare with: `graph_sample` is missing")
                continue
            base = workers["graph_sample"].median("step", 0)
            for way, worker in workers.items():
                wall, cpu = (worker.median("step", c) for c in (0, 1))
                count = BATCHES * case["batch"]
                row = {"case": name, "precision": precision, "way": way}
                row["images_per_second"] = round(count / wall)
                if FLAGS.json:
                    print(json.dumps(row), flush=True)
                    continue
                print(
                    f"{name} {precision:9} {way:28} "
                    f"{count / wall:8.0f} images/s, "
                    f"cpu {1000 * cpu / count:.3f} ms each, "
                    f"{wall / base:.2f}x of our time"
                )


if __name__ == "__main__":
    app.run(main, sys.argv)
