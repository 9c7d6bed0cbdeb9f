"""Settings of a run: where it lives, and which images it learns from."""

from tfgan_transfer.settings import choices
from tfgan_transfer.settings.setting import ALWAYS, PAIR, SINGLE, Setting

RUN = (
    Setting(
        "run_dir",
        "text",
        "Directory of the run: new, or one that is continued.",
        common=True,
        safe=True,
    ),
)

DATA = (
    Setting(
        "data",
        "text",
        "Images to train on: folder:PATH, zip:PATH (either with #sub/folder), "
        "tfds:NAME, digits or shapes. For --model=cyclegan a folder or zip "
        "file with trainA and trainB.",
        common=True,
        families=SINGLE,
        safe=True,
    ),
    Setting(
        "classes",
        "text",
        "Use only images of these classes, separated by commas, such as "
        "cat,dog (all).",
        common=True,
        families=SINGLE,
    ),
    Setting(
        "limit",
        "integer",
        "Use so many images, chosen by --seed (all).",
        low=1,
        common=True,
    ),
    Setting(
        "holdout",
        "number",
        "Keep so many images (from 1 on) or that share of them (below 1) out "
        "of training, to judge by.",
        default=0,
        low=0,
        common=True,
    ),
    Setting(
        "size",
        "text",
        "Side of the images in pixels, or HEIGHTxWIDTH.",
        common=True,
        passed_on=ALWAYS,
    ),
    Setting(
        "channels",
        "text",
        "1 for grey images, 3 for colour.",
        default="3",
        choices=("1", "3"),
        passed_on=ALWAYS,
    ),
    Setting(
        "fit",
        "text",
        "How images of another shape are made to fit: cut, squashed or padded.",
        default="crop",
        choices=choices.FITS,
    ),
    Setting(
        "max_value",
        "integer",
        "What is white in grey images of more than 8 bits, such as 4095 (by "
        "the largest value of them all).",
        low=1,
    ),
    Setting("flip", "yes", "Mirror images at random."),
    Setting(
        "rotate",
        "number",
        "Turn images at random, by up to so many degrees either way; samples "
        "come out turned too, which --augment=diff avoids.",
        default=0.0,
        low=0,
        high=180,
        families=SINGLE,
    ),
    Setting(
        "max_bad_files",
        "number",
        "Put up with this share (below 1) or number (from 1 on) of files that "
        "cannot be read.",
        default=0.01,
        low=0,
        safe=True,
    ),
    Setting(
        "cache_dir",
        "text",
        "Where sets too big for memory are decoded to.",
        safe=True,
    ),
    Setting(
        "data_memory_mb",
        "integer",
        "Largest decoded set, in MiB, that is held in memory.",
        default=2048,
        low=1,
        safe=True,
    ),
)

PAIRS = (
    Setting(
        "data_a",
        "text",
        "Images of A for --model=cyclegan; a source as for --data.",
        common=True,
        families=PAIR,
        safe=True,
    ),
    Setting(
        "data_b",
        "text",
        "Images of B for --model=cyclegan; a source as for --data.",
        common=True,
        families=PAIR,
        safe=True,
    ),
    Setting(
        "test_a",
        "text",
        "Held-out images of A, a source, in place of --holdout.",
        families=PAIR,
    ),
    Setting(
        "test_b",
        "text",
        "Held-out images of B, a source, in place of --holdout.",
        families=PAIR,
    ),
)
