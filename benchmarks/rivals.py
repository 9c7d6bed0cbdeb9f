"""Ours against what a user would pick instead, at equal processor time.

    python benchmarks/rivals.py --data=zip:flowers102_64.zip --limit=500 \
        --holdout=500 --size=64 --minutes=20,40,80 --out=FOLDER \
        --inception=DIR --inception_layer=mixed_7 [--torch_python=PATH] \
        [--only=fastgan,projected_gan,lightweight_gan,ours] [--judge]

Every rival of `RIVALS` trains in a process of its own, one after the other, on
the same training images; after each number of processor minutes, start
included, it draws `--samples` pictures. These are judged by `evaluate` against
the same held-out images; FOLDER gets `table.md`, `table.json` and for each
number of minutes a sheet of pictures, `sheet_20.png`. The same command again
goes on where it was, killed or not; `--judge` trains nothing and shows what is
there.

PATH is a Python with torch and, for that rival, lightweight-gan:

    python -m venv rivals && rivals/bin/pip install torch lightweight-gan==1.2.1

A rival whose packages it has not is left out, and that is said. One core and
one thread (`taskset -c 1`, `--threads=1`), and nothing else on that core: see
`rival_ours.py`. Rivals compute in float32 as their authors do unless
`--precision=bfloat16`.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import rival_children
import rival_ours
import rival_table
import rival_worker

from tfgan_transfer import data
from tfgan_transfer.networks import lite0, lite0_weights

HERE = pathlib.Path(__file__).parent
OURS = "ours"
RECIPE = "few_images_64"
# What trains, with what of its own. The narrow ones have half the paper's
# channels, which is four times the steps.
RIVALS = {
    "fastgan": {"kind": "fastgan", "width": 64},
    "projected_gan": {"kind": "projected_gan", "width": 64},
    "lightweight_gan": {"kind": "lightweight_gan"},
    OURS: {},
    "fastgan_narrow": {"kind": "fastgan", "width": 32},
    "projected_gan_narrow": {"kind": "projected_gan", "width": 32},
}
USUAL = ("fastgan", "projected_gan", "lightweight_gan", OURS)
# All of these are rebuilt for one size.
SIZE = 64


def arguments(words=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--holdout", type=int, default=500)
    parser.add_argument("--size", type=int, default=SIZE, choices=[SIZE])
    parser.add_argument("--minutes", type=marks, default="20,40,80")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", type=names, default=",".join(USUAL))
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--torch_python", default=sys.executable)
    parser.add_argument(
        "--precision", default="float32", choices=["float32", "bfloat16"]
    )
    parser.add_argument("--inception", required=True)
    parser.add_argument("--inception_layer")
    parser.add_argument("--judge", action="store_true")
    given = parser.parse_args(words)
    given.out = given.out.resolve()
    return given


def marks(text):
    """Numbers of minutes, each once, rising."""
    found = sorted({float(word) for word in text.split(",")})
    if found[0] <= 0:
        raise argparse.ArgumentTypeError(f"{found[0]:g} is not above 0")
    return found


def names(text):
    unknown = [word for word in text.split(",") if word not in RIVALS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)} is none of {', '.join(RIVALS)}"
        )
    return text.split(",")


def protocol(given):
    """Flags of `evaluate` that say which images are trained on and held out."""
    asked = ("data", "limit", "holdout", "size")
    return [f"--{name}={getattr(given, name)}" for name in asked]


def prepare(given):
    """Writes what all are trained on, whatever their seed.

    These are the images that `evaluate` does not hold out.

    Raises:
        SystemExit: If the folder is of other images.
    """
    work, file = given.out / "real", given.out / "real" / "protocol.json"
    if file.exists():
        before = json.loads(file.read_text())
        if before != protocol(given):
            raise SystemExit(
                f"--out: {given.out} was begun with {' '.join(before)}, and "
                f"cannot go on with {' '.join(protocol(given))}; give another "
                "folder, or these flags"
            )
        return
    split = data.load(
        given.data,
        size=(given.size, given.size),
        limit=given.limit,
        holdout=given.holdout,
    )
    rival_worker.write(work / "trained_on", np.asarray(split.train.images))
    layers = lite0.folded(lite0_weights.load())
    # The last one makes classes of the deepest map.
    layers.popitem()
    arrays = {}
    for number, (kernel, bias) in enumerate(layers.values()):
        arrays |= {f"kernel_{number}": kernel, f"bias_{number}": bias}
    np.savez(work / "features.npz", **arrays)
    np.save(work / "images.npy", np.asarray(split.train.images))
    rival_worker.replaced(file, protocol(given))


def train(given, name):
    """Trains one until its last mark; its exit code."""
    work = given.out / name
    work.mkdir(parents=True, exist_ok=True)
    with (work / "log.txt").open("a") as log:
        start = rival_children.starting(given.threads, log)
        if name == OURS:
            words = [f"--data=folder:{given.out / 'real' / 'trained_on'}"]
            words += [f"--size={given.size}", f"--seed={given.seed}"]
            words.append(f"--recipe={RECIPE}")
            codes = (
                rival_ours.train(work, mark, words, given.samples, start)
                for mark in given.minutes
            )
            return next((code for code in codes if code), 0)
        if all(rival_worker.told(work, mark) for mark in given.minutes):
            return 0
        spec = {
            **RIVALS[name],
            "work": str(work),
            "marks": given.minutes,
            "images": str(given.out / "real" / "images.npy"),
            "folder": str(given.out / "real" / "trained_on"),
            "features": str(given.out / "real" / "features.npz"),
        }
        shared = ("samples", "seed", "threads", "precision")
        spec |= {word: getattr(given, word) for word in shared}
        worker = str(HERE / "rival_worker.py")
        return start([given.torch_python, worker, json.dumps(spec)]).wait()


def train_all(given):
    for name in given.only:
        print(f"{name}: trains until {given.minutes[-1]:g} minutes", flush=True)
        code = train(given, name)
        log = given.out / name / "log.txt"
        if code == rival_worker.MISSING:
            why = log.read_text().splitlines()[-1]
            print(
                f"{name}: left out, since {given.torch_python} cannot import "
                f"what it needs ({why}); its `pip install` is in `--help`"
            )
        elif code:
            raise SystemExit(
                f"{name}: ended with exit code {code}; {log} says why, and the "
                "same command goes on where it was"
            )


def results(given):
    """A row for each mark that is done, in the order of `--only`."""
    words = protocol(given)
    words.append(f"--inception={given.inception}")
    if given.inception_layer:
        words.append(f"--inception_layer={given.inception_layer}")
    for name in given.only:
        for mark in given.minutes:
            about = rival_worker.told(given.out / name, mark)
            if about:
                home = rival_worker.place(given.out / name, mark)
                values = rival_table.judged(
                    home / "samples", home / "scores.json", words
                )
                row = {"name": name, "minutes": mark, **about}
                yield {**row, "values": values}


def main():
    given = arguments()
    prepare(given)
    if not given.judge:
        train_all(given)
    rows = list(results(given))
    if not rows:
        raise SystemExit(f"there is nothing to judge in {given.out} yet")
    table = rival_table.markdown(rows)
    print(table)
    (given.out / "table.md").write_text(table + "\n")
    rival_worker.replaced(given.out / "table.json", rows)
    for mark in given.minutes:
        folders = {
            row["name"]: rival_worker.place(given.out / row["name"], mark)
            / "samples"
            for row in rows
            if row["minutes"] == mark
        }
        real = {"trained on": given.out / "real" / "trained_on"}
        rival_table.sheet(real | folders, given.out / f"sheet_{mark:g}.png")


if __name__ == "__main__":
    main()
