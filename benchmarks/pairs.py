"""Trains a CycleGAN for so many processor seconds, and judges it.

  taskset -c 1 python benchmarks/pairs.py --recipe=pairs --seconds=210 \
      --data_a=zip:tiny_imagenet_64.zip#n07747607 \
      --data_b=zip:tiny_imagenet_64.zip#n07749582 --holdout=100 \
      --inception=DIR --layer=mixed_7 --out=build/pairs/fruit content_weight=2

Settings behind the flags are laid over those of the recipe. Prints a row of
JSON, and writes `sheet.png` below --out: held-out images of A, their
translations, and the way back, then the same of B.

With --torch_python=PATH, a Python with torch and numpy, CycleGAN is trained
instead as its authors' program does it (`torch_cyclegan.py`), on the same
images and for as long; its translators' weights are put into ours of the same
layers, which must draw the same, and judged in the same way.
"""

import argparse
import json
import os
import pathlib
import subprocess
import time

import keras
import numpy as np

from tfgan_transfer import families, images
from tfgan_transfer.layers.norms import InstanceNorm
from tfgan_transfer.pixels import to_float, to_uint8
from tfgan_transfer.settings import recipes
from tfgan_transfer.training import devices

SHOWN = 12
# Theirs for images of up to 128 px.
REFERENCE = {
    "network": "resnet_6",
    "width": 64,
    "doubling": "transposed",
    "residual_image": False,
    "critic": "network",
    "feature_matching": 0.0,
    "precision": "float32",
}
# Of its instance norm.
EPSILON = 1e-5
# Of images in [-1, 1], between two programs with the same weights.
SAME = 2e-3


class Clock(keras.callbacks.Callback):
    """Stops when so many processor seconds have gone after the first step."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds, self.begun, self.steps = seconds, None, 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Looks at the clock."""
        now = time.process_time()
        self.begun = now if self.begun is None else self.begun
        self.steps = batch + 1
        self.model.stop_training = now - self.begun > self.seconds


def settings(given: argparse.Namespace) -> dict:
    """What `Family.resolve` takes."""
    changed = dict(word.split("=", 1) for word in given.changes)
    reference = REFERENCE if given.torch_python else {}
    return {
        "model": "cyclegan",
        **recipes.read(given.recipe),
        "data_a": given.data_a,
        "data_b": given.data_b,
        "holdout": given.holdout,
        "inception": given.inception,
        "inception_layer": given.layer,
        "eval_images": 500,
        "run_dir": str(given.out),
        **reference,
        **{name: _value(text) for name, text in changed.items()},
    }


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def sheet(model: keras.Model, holdout: tuple) -> np.ndarray:
    """Rows of images, translations and what comes back, of either set."""
    rows = []
    for own, there, back in (("a", "a2b", "b2a"), ("b", "b2a", "a2b")):
        real = np.asarray(getattr(holdout, own).images[:SHOWN])
        fake = to_uint8(model.translate(to_float(real), there))
        again = to_uint8(model.translate(to_float(fake), back))
        rows += [np.concatenate([*part], 1) for part in (real, fake, again)]
    return np.concatenate(rows)


def train(model: keras.Model, batches: object, seconds: float) -> int:
    """Trains for so many processor seconds; returns how many steps."""
    clock = Clock(seconds)
    model.fit(batches, steps_per_epoch=10**6, verbose=0, callbacks=[clock])
    return clock.steps


def train_reference(
    model: keras.Model, train: object, given: argparse.Namespace
) -> int:
    """Trains CycleGAN in PyTorch, and brings what it has learned."""
    size = model.a2b.input_shape[1]
    sets = {name: np.asarray(getattr(train, name).images) for name in "ab"}
    np.savez(given.out / "train.npz", size=size, **sets)
    here = pathlib.Path(__file__).with_name("torch_cyclegan.py")
    words = [here, given.out, given.seconds, given.precision]
    threads = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [given.torch_python, *map(str, words)], check=True, env=threads
    )
    with np.load(given.out / "weights.npz") as learned:
        for name, own in (("a2b", "a"), ("b2a", "b")):
            image = to_float(sets[own][:1, :size, :size])
            for network in (
                getattr(model, name),
                getattr(model, f"ema_{name}"),
            ):
                put(network, learned, name)
                made = np.asarray(network(image))
                np.testing.assert_allclose(
                    made, learned[f"{name}/made"], rtol=0, atol=SAME
                )
        return int(learned["steps"])


def put(network: keras.Model, learned: dict, name: str) -> None:
    """Gives a translator weights of PyTorch, whose axes are in other order."""
    for layer in network.layers:
        if isinstance(layer, InstanceNorm):
            # x (v + e)^-1/2 there is to first order ours, x v (v + e')^-3/2.
            layer.epsilon = EPSILON / 3
    keys = sorted(key for key in learned if key.startswith(f"{name}/0"))
    for key, variable in zip(keys, network.variables, strict=True):
        value = learned[key]
        if value.ndim > 1:
            value = value.transpose(2, 3, 1, 0)
        variable.assign(value)


def main() -> None:
    """Trains, measures, draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="pairs")
    parser.add_argument("--seconds", type=float, default=210)
    parser.add_argument("--data_a", required=True)
    parser.add_argument("--data_b", required=True)
    parser.add_argument("--holdout", type=float, default=100)
    parser.add_argument("--inception", default="lite0")
    parser.add_argument("--layer")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--torch_python")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("changes", nargs="*", metavar="setting=value")
    given = parser.parse_args()
    explicit = settings(given)
    family = families.of(explicit)
    plan = family.resolve(
        {k: v for k, v in explicit.items() if v is not None}, None
    )
    devices.prepare(plan.config)
    split = family.load_data(plan.config)
    strategy = devices.strategy(plan.config)
    with strategy.scope():
        model = family.build(plan, split.train, xla=False)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.torch_python:
        steps = train_reference(model, split.train, given)
    else:
        batches = family.batches(plan.config, split.train, strategy, 0)
        steps = train(model, batches, given.seconds)
    rows, _ = family.measure(plan.config, split)(model)
    found = {row["metric"]: float(f"{row['value']:.3g}") for row in rows}
    print(json.dumps({"steps": steps, **found}))
    images.save(given.out / "sheet.png", sheet(model, split.holdout), 2)


if __name__ == "__main__":
    main()
