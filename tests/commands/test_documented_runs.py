"""Commands of the documentation, as they stand there, on very small data.

Those of README all run but the server, which ends with nothing; of `docs/`
those of PAGES. What is added to make them short is in SHORT, and nothing else
is. Exports are judged, and studies run, by the tests of their own rooms.
"""

import csv
import shlex
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.commands.test_documented_commands import ROOT, fenced

FRONT = [*fenced("README.md", (ROOT / "README.md").read_text())]
TINY = "--steps=2 --size=8 --width=2 --batch_size=2 --sample_grid=2"
PLAIN = f"--recipe=plain {TINY} --latent_size=4 --holdout=0"
# Command, and a word in it -> flags that make it short. The first that fits.
SHORT = {
    ("train", "--model=cyclegan"): f"--recipe=plain {TINY} --network=hourglass "
    "--critic_view=image",
    ("train", "--model=acgan"): f"{PLAIN} --source= --network=dcgan",
    ("train", "--recipe=photos_64"): f"{PLAIN} --limit=20",
    ("train", "--data"): PLAIN,
    ("train", "--run_dir"): "",
    ("evaluate", "--images"): "--metrics=swd --num_images=8 --size=8",
    ("evaluate", "--run_dir"): "--metrics=swd --num_images=8",
    ("generate", "--num=100"): "--num=3",
    ("generate", "--interpolate"): "--interpolate=2 --num=2",
    ("generate", "--best"): "--best=2 --of=4",
    ("generate", ""): "",
    ("export", ""): "",
    ("check", ""): "",
    ("report", ""): "",
    ("translate", ""): "",
}
# Page -> words of its commands that run, in their order.
PAGES = {
    "README.md": ("",),
    "docs/photos.md": ("check", "report", "--best", "--interpolate", "--grid"),
    "docs/pairs.md": ("--model=cyclegan", "translate"),
    "docs/labels.md": ("runs/tags --source", "--run_dir=runs/tags"),
    "docs/measuring.md": ("--metrics=swd,iw", "--images"),
    "docs/serving.md": ("models/gan",),
}
ENDLESS = {"serve", "make"}


def pictures(folder, count, seed=0):
    folder.mkdir()
    random = np.random.default_rng(seed)
    for number in range(count):
        pixels = random.integers(0, 256, (12, 12, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="module")
def place(commands, tmp_path_factory):
    """A folder with what the pages speak of, and the run that many go on to."""
    place = tmp_path_factory.mktemp("documented")
    for seed, name in enumerate(("photos", "made", "horses", "zebras")):
        pictures(place / name, 24, seed)
    Image.new("RGB", (9, 9)).save(place / "zebra.jpg")
    tagged(pictures(place / "faces", 24))
    (place / "prompts.csv").write_text("7,green hair blue eyes\n")
    train = ["--data=folder:photos", "--run_dir=runs/photos"]
    run(commands, place, next(c for c in FRONT if c.words == train))
    return place


def tagged(folder):
    """Tags beside the pictures, and all of it in a zip."""
    tags = ("green hair blue eyes", "red hair black eyes")
    with (folder / "tags.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "tags"])
        for number, path in enumerate(sorted(folder.glob("*.png"))):
            words = tags[number % 2].split()
            both = ["_".join(words[:2]), "_".join(words[2:])]
            writer.writerow([path.name, " ".join(both)])
    for name in ("faces.zip", "flowers102_64.zip"):
        with zipfile.ZipFile(folder.parent / name, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, path.name)


def short(command):
    """Flags that make a command short."""
    text = shlex.join(command.words)
    for (name, word), flags in SHORT.items():
        if name == command.name and word in text:
            return flags.split()
    raise AssertionError(f"{command.place}: how short is {command.name}?")


def run(commands, place, command):
    # Where the pages are read: beside the pictures.
    there = f"import os; os.chdir({str(place)!r})"
    module = f"tfgan_transfer.{command.name}"
    words = [*command.words, *short(command)]
    done = commands.run(module, *words, setup=there)
    assert done.code == 0, f"{command.place}\n{done.out}\n{done.err}"
    return done


def chosen(page):
    """The commands of a page that run."""
    for command in fenced(page, (ROOT / page).read_text()):
        text = f"{command.name} {shlex.join(command.words)}"
        wanted = any(word in text for word in PAGES[page])
        # Judging a version takes a process that imports TensorFlow anew.
        if wanted and command.name not in ENDLESS and "--check" not in text:
            yield command


@pytest.mark.parametrize("page", PAGES)
def test_it_runs(page, commands, place):
    found = [*chosen(page)]
    assert len(found) >= len(PAGES[page])
    for command in found:
        run(commands, place, command)
