"""Trains a CycleGAN for so many processor seconds, and judges it.

  taskset -c 1 python benchmarks/pairs.py --recipe=pairs --seconds=210 \
      --data_a=zip:tiny_imagenet_64.zip#n07747607 \
      --data_b=zip:tiny_imagenet_64.zip#n07749582 --holdout=100 \
      --inception=DIR --layer=mixed_7 --out=build/pairs/fruit content_weight=2

Settings behind the flags are laid over those of the recipe. Prints a row of
JSON, and writes `sheet.png` below --out: held-out images of A, their
translations, and the way back, then the same of B.
"""

import argparse
import json
import pathlib
import time

import keras
import numpy as np

from tfgan_transfer import families, images
from tfgan_transfer.pixels import to_float, to_uint8
from tfgan_transfer.settings import recipes
from tfgan_transfer.training import devices

SHOWN = 12


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
    clock = Clock(given.seconds)
    model.fit(
        family.batches(plan.config, split.train, strategy, 0),
        steps_per_epoch=10**6,
        verbose=0,
        callbacks=[clock],
    )
    rows, _ = family.measure(plan.config, split)(model)
    found = {row["metric"]: float(f"{row['value']:.3g}") for row in rows}
    print(json.dumps({"steps": clock.steps, **found}))
    given.out.mkdir(parents=True, exist_ok=True)
    images.save(given.out / "sheet.png", sheet(model, split.holdout), 2)


if __name__ == "__main__":
    main()
