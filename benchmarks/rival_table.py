"""What `rivals.py` shows: values against the same images, a table, a sheet."""

import json
import re
import subprocess
import sys

import numpy as np
import rival_worker
from PIL import Image, ImageDraw

METRICS = ("kid", "precision_recall", "swd")
# Columns, in what form; the values are those of `METRICS`.
VALUES = {
    "kid": ".5f",
    "precision": ".3f",
    "recall": ".3f",
    "coverage": ".3f",
    "swd": ".4f",
}
HEADER = ("trained", "minutes", "processor s", "steps", "images", *VALUES)
# Pictures of each in a sheet, gaps and the height of a name in pixels.
ACROSS, DOWN, GAP, NAME = 5, 6, 8, 14


def judged(folder, file, words):
    """What `evaluate` says of a folder; what it said is kept in a file.

    Args:
        folder: Of pictures.
        file: Where its answer is kept, with the words that it answered.
        words: Flags beside `--images`: the protocol.

    Returns:
        Metric -> [value, spread, floor].
    """
    if file.exists():
        kept = json.loads(file.read_text())
        if kept["words"] == words:
            return kept["values"]
    command = [sys.executable, "-m", "tfgan_transfer.evaluate", "--json"]
    command += [f"--images=folder:{folder}", *words]
    command += ["--metrics=" + ",".join(METRICS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    values = values_of(json.loads(done.stdout)["evaluation"])
    rival_worker.replaced(file, {"words": words, "values": values})
    return values


def values_of(records):
    """Metric -> [value, spread, floor], of the records of an evaluation."""
    found = {}
    for record in records:
        name = re.sub(r"\[.*", "", record["name"])
        floor = (record["floor"] or {}).get("value")
        found[name] = [record["value"], record["spread"], floor]
    return {name: found[name] for name in VALUES}


def markdown(rows):
    """Lines of a table: real images first, then one for each mark of each.

    Args:
        rows: Dicts with `name`, `minutes`, `seconds`, `steps`, `images` and
            `values`, as `judged` returns them.
    """
    lines = ["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|"]
    floors = {name: floor for name, (_, _, floor) in rows[0]["values"].items()}
    lines.append(_line(["images trained on", *[""] * 4, *_cells(floors)]))
    for row in rows:
        values = {name: value for name, (value, *_) in row["values"].items()}
        counts = [f"{row['minutes']:g}", f"{row['seconds']:,.0f}"]
        counts += [f"{row[name]:,}" for name in ("steps", "images")]
        lines.append(_line([row["name"], *counts, *_cells(values)]))
    return "\n".join(lines)


def _cells(values):
    return [
        "" if values[name] is None else format(values[name], form)
        for name, form in VALUES.items()
    ]


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def sheet(folders, file):
    """Pictures of each folder in a block under its name, side by side.

    Args:
        folders: Name -> folder.
        file: The PNG to write.
    """
    blocks, size = [], None
    for name, folder in folders.items():
        files = sorted(folder.glob("*.png"))[: ACROSS * DOWN]
        # A run that ended early may not have grown to the others' size.
        size = size or Image.open(files[0]).size
        block = _block(files, size)
        head = Image.new("RGB", (block.shape[1], NAME), "white")
        ImageDraw.Draw(head).text((0, 1), name, "black")
        block = np.concatenate([np.asarray(head), block])
        blocks.append(np.pad(block, ((0, 0), (0, GAP), (0, 0)), **WHITE))
    Image.fromarray(np.concatenate(blocks, axis=1)).save(file)


WHITE = {"constant_values": 255}


def _block(files, size):
    """[DOWN x H, ACROSS x W, 3]; white where there are too few pictures."""
    opened = (Image.open(file).convert("RGB") for file in files)
    pictures = np.stack([np.asarray(image.resize(size, 0)) for image in opened])
    missing = ACROSS * DOWN - len(pictures)
    pictures = np.pad(pictures, ((0, missing), *[(0, 0)] * 3), **WHITE)
    _, height, width, _ = pictures.shape
    rows = pictures.reshape(DOWN, ACROSS, height, width, 3).swapaxes(1, 2)
    return rows.reshape(DOWN * height, ACROSS * width, 3)
