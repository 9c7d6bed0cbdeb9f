"""What `check` finds of what was planted in sets of real pictures.

  python benchmarks/check_sets.py DIRECTORY [--count=1000]

DIRECTORY holds flowers102_64.zip, clothes_96.zip, anime_faces_96.zip,
faces_64.zip, tiny_imagenet_64.zip and cifar10_32.zip. Of each, `count`
pictures are copied into a folder with 30 copies (8 plain, 8 mirrored, 7
rescaled, 7 as JPEG of quality 60; and, in a column of their own, 10 that are
mirrored, halved and compressed at once), 10 foreign pictures (4 of another of
these sets, 3 screenshots, 3 of noise) and 3 blank ones. Then `check` looks at
them. `other groups` are pairs that were not planted: look at them, they are
printed. `others far` are outliers that were not planted.
"""

import argparse
import pathlib
import tempfile
import time

import numpy as np
from PIL import Image, ImageDraw

from tfgan_transfer import data
from tfgan_transfer.inspection import survey

SETS = {
    "flowers102_64": "anime_faces_96",
    "clothes_96": "flowers102_64",
    "anime_faces_96": "flowers102_64",
    "faces_64": "flowers102_64",
    "tiny_imagenet_64": "anime_faces_96",
    "cifar10_32": "anime_faces_96",
}
COPIES = ("copied",) * 8 + ("mirrored",) * 8 + ("rescaled",) * 7 + ("jpeg",) * 7
ALL_AT_ONCE = ("all",) * 10
WORDS = "file edit view insert format tools window help search open".split()


def copied(image, kind, rng):
    if kind in ("mirrored", "all"):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if kind in ("rescaled", "all"):
        factor = 0.5 if kind == "all" else rng.choice([0.5, 0.75, 1.5, 2])
        side = [max(8, round(n * factor)) for n in image.size]
        image = image.resize(side, Image.Resampling.BICUBIC)
    return image


def screenshot(rng):
    image = Image.new("RGB", (320, 200), tuple(rng.integers(200, 256, 3)))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, 320, 16], fill=tuple(rng.integers(0, 120, 3)))
    for y in range(22, 190, 12):
        words = rng.choice(WORDS, rng.integers(2, 9))
        draw.text((8 * rng.integers(1, 4), y), " ".join(words), fill=(20,) * 3)
    draw.rectangle([220, 40, 310, 150], fill=tuple(rng.integers(90, 256, 3)))
    return image


def plant(folder, spec, foreign, count, rng):
    """Writes the pictures; returns the planted names by kind."""
    known = data.describe(spec).sizes[0]
    images = data.load(spec, size=known, limit=count).train.images
    chosen = rng.choice(count, len(COPIES) + len(ALL_AT_ONCE), replace=False)
    planted = {}
    for row, pixels in enumerate(images):
        Image.fromarray(pixels).save(folder / f"{row:04d}.png")
    for row, kind in zip(chosen, COPIES + ALL_AT_ONCE, strict=True):
        image = copied(Image.fromarray(images[row]), kind, rng)
        end = "jpg" if kind in ("jpeg", "all") else "png"
        name = f"copy_{kind}_{row:04d}.{end}"
        options = {"quality": 60} if end == "jpg" else {}
        image.save(folder / name, **options)
        planted[name] = f"{row:04d}.png"
    others = data.load(foreign, size=(64, 64), limit=4).train.images
    strange = [Image.fromarray(pixels) for pixels in others]
    strange += [screenshot(rng) for _ in range(3)]
    noise = rng.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    strange += [Image.fromarray(pixels) for pixels in noise]
    for row, image in enumerate(strange):
        image.save(folder / f"foreign_{row}.png")
    for row, level in enumerate((0, 128, 255)):
        blank = Image.new("RGB", known[::-1], (level,) * 3)
        blank.save(folder / f"blank_{row}.jpg")
    return planted


def judge(folder, planted):
    began = time.process_time()
    found = survey.take(f"folder:{folder}")
    seconds = time.process_time() - began
    names = found.names
    groups = [{names[row] for row in group} for group in found.groups]
    together = {
        copy
        for copy, original in planted.items()
        if any({copy, original} <= group for group in groups)
    }
    hard = sum("_all_" in name for name in together)
    natural = [
        sorted(name for name in group if not name.startswith("copy_"))
        for group in groups
    ]
    natural = [group for group in natural if len(group) > 1]
    odd = [names[row] for row in found.odd]
    foreign = sum(name.startswith("foreign") for name in odd)
    blank = [names[row] for row in np.flatnonzero(found.blank)]
    planted_blank = sum(name.startswith("blank") for name in blank)
    own = [n for n in odd if not n.startswith(("foreign", "copy"))]
    cells = [
        f"{len(together) - hard} of {len(COPIES)}",
        f"{hard} of {len(ALL_AT_ONCE)}",
        len(natural),
        f"{foreign} of 10",
        len(own),
        f"{planted_blank} of 3",
        len(blank) - planted_blank,
        f"{seconds:.0f}",
    ]
    return cells, natural, own


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--keep", type=pathlib.Path)
    given = parser.parse_args()
    head = "set, copies, all at once, other groups, foreign, others far, blank"
    head = [*head.split(", "), "others blank", "processor s"]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    listed = []
    for name in given.sets.split(","):
        with tempfile.TemporaryDirectory() as made:
            folder = given.keep / name if given.keep else pathlib.Path(made)
            folder.mkdir(parents=True, exist_ok=True)
            planted = plant(
                folder,
                f"zip:{given.directory / name}.zip",
                f"zip:{given.directory / SETS[name]}.zip",
                given.count,
                np.random.default_rng(0),
            )
            cells, natural, own = judge(folder, planted)
        print(f"| {name} | " + " | ".join(map(str, cells)) + " |", flush=True)
        listed.append((name, natural, own))
    for name, natural, own in listed:
        print(f"{name}: other groups {natural}; others far {own}")


if __name__ == "__main__":
    main()
