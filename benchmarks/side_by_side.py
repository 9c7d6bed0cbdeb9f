"""Puts two sheets of one run beside one another: real images, and samples.

    python benchmarks/side_by_side.py RUN_DIR OUT.png [COLUMNS ROWS]

Takes `samples/real.png` and the newest `samples/ema-*.png`, and the first
COLUMNS x ROWS pictures of each (8 x 6).
"""

import pathlib
import sys

import numpy as np
from PIL import Image

from tfgan_transfer.training.run_directory import RunDirectory

# Pictures in a row of a sheet, by default.
ACROSS = 8


def cut(path, columns, rows):
    """The first pictures of a square sheet, its gaps included."""
    sheet = np.asarray(Image.open(path))
    cell = sheet.shape[1] // ACROSS
    return sheet[: rows * cell, : columns * cell]


def main(run_dir, out, columns="8", rows="6"):
    run = RunDirectory(run_dir)
    newest = sorted(run.samples.glob("ema-*.png"))[-1]
    sheets = [
        cut(path, int(columns), int(rows))
        for path in (run.samples / "real.png", newest)
    ]
    between = np.full((sheets[0].shape[0], 16, 3), 255, np.uint8)
    whole = np.concatenate([sheets[0], between, sheets[1]], axis=1)
    Image.fromarray(whole).save(pathlib.Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
