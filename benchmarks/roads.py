"""What `train` chooses for folders of all kinds, and whether its time is true.

  python benchmarks/roads.py DIRECTORY --out=FOLDER
  python benchmarks/roads.py DIRECTORY --out=FOLDER --train --hours=0.06 \
    --only=flowers_500,icons_16

DIRECTORY holds flowers102_64.zip, clothes_96.zip, anime_faces_96.zip,
faces_64.zip, tiny_imagenet_64.zip and cifar10_32.zip. Of them eleven folders
of pictures are made in FOLDER, and `train --dry_run` looks at each: a table of
what it chose and why. With `--train` each run is made as well; then the table
says how long it took from its first moment to its last, report included, over
what it had said when it began. Run it beside what the machine does anyway: a
trial and a run on the same busy cores should still agree.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
from PIL import Image

from tfgan_transfer import data

ICON, PANORAMA = 16, 3
SAID = ("recipe", "source", "size", "channels", "labels", "measured", "time")
UNITS = {"minute": 60, "hour": 3600, "day": 86_400}


class Folder(NamedTuple):
    """Pictures of one kind.

    Attributes:
        zips: Where they come from; two for two sets.
        count: How many of each.
        shape: "", "icons" or "panoramas".
        classed: Whether they lie in a folder for each class.
        flags: What is given beside `--data`.
    """

    zips: tuple[str, ...]
    count: int
    shape: str = ""
    classed: bool = False
    flags: tuple[str, ...] = ()


LEMONS = ("tiny_imagenet_64.zip#n07749582", "tiny_imagenet_64.zip#n07747607")
FOLDERS = {
    "flowers_20": Folder(("flowers102_64.zip",), 20),
    "clothes_100": Folder(("clothes_96.zip",), 100),
    "flowers_500": Folder(("flowers102_64.zip",), 500),
    "objects_3000": Folder(("tiny_imagenet_64.zip",), 3000),
    "objects_12000": Folder(("cifar10_32.zip",), 12_000),
    "grey_faces": Folder(("faces_64.zip",), 1000),
    "classes": Folder(("cifar10_32.zip#train",), 1000, classed=True),
    "drawings": Folder(("anime_faces_96.zip",), 1000),
    "two_sets": Folder(LEMONS, 300, flags=("--model=cyclegan",)),
    "icons_16": Folder(("clothes_96.zip",), 400, "icons"),
    "panoramas": Folder(("flowers102_64.zip",), 300, "panoramas"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", default=",".join(FOLDERS))
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--hours", type=float)
    given = parser.parse_args()
    for name in given.only.split(","):
        flags = [*made(given, name), *FOLDERS[name].flags]
        if given.hours:
            flags.append(f"--hours={given.hours}")
        show(name, *(true if given.train else planned)(given, name, flags))


def planned(given, name, flags):
    return told(run(*flags, f"--run_dir={given.out}/none", "--dry_run")), None


def true(given, name, flags):
    began = time.monotonic()
    out = run(*flags, f"--run_dir={given.out}/run_{name}")
    taken = time.monotonic() - began
    for line in out.splitlines():
        if line.startswith(("this machine is", "the time is up")):
            print(f"  {line}")
    return told(out), taken


def run(*flags):
    command = [sys.executable, "-m", "tfgan_transfer.train", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def told(out):
    """What the plan said: word -> text, the first time that it was said."""
    found = {}
    for line in out.splitlines():
        word, _, text = line.partition(" ")
        if word in SAID:
            found.setdefault(word, text.strip())
    return found


def show(name, said, taken):
    print(f"\n| {name} | |\n|---|---|")
    for word in SAID:
        if word in said:
            print(f"| {word} | {said[word]} |")
    expected = re.search(r"about ([\d.]+|a) (minute|hour|day)", said["time"])
    if taken and expected:
        number = 1 if expected[1] == "a" else float(expected[1])
        whole = number * UNITS[expected[2]]
        print(f"| true | {taken / 60:.1f} minutes, {taken / whole:.2f} of it |")
    sys.stdout.flush()


def made(given, name):
    """Flags that name the folders of a kind, which are made if missing."""
    kind = FOLDERS[name]
    folders = [given.out / name / f"set_{n}" for n, _ in enumerate(kind.zips)]
    for place, file in zip(folders, kind.zips, strict=True):
        if not place.exists():
            write(place, f"zip:{given.directory}/{file}", kind)
    if len(folders) == 1:
        return [f"--data=folder:{folders[0]}"]
    return [
        f"--data_{letter}=folder:{place}"
        for letter, place in zip("ab", folders, strict=True)
    ]


def write(place, spec, kind):
    wide = PANORAMA if kind.shape == "panoramas" else 1
    size = data.describe(spec).sizes[0]
    if kind.shape == "icons":
        size = (ICON, ICON)
    found = data.load(spec, size=size, limit=wide * kind.count).train
    pixels = found.images.reshape(-1, wide, *found.images.shape[1:])
    for row, parts in enumerate(pixels):
        folder = place
        if kind.classed:
            folder /= found.vocabulary[int(found.labels[row].argmax())]
        folder.mkdir(parents=True, exist_ok=True)
        whole = np.concatenate(list(parts), axis=1).squeeze()
        Image.fromarray(whole).save(folder / f"{row:05d}.png")


if __name__ == "__main__":
    main()
