"""Trains one rival of `rivals.py` until it has had its processor time.

Its argument is JSON: `kind` of `torch_rivals.KINDS`, `work`, a folder, `marks`,
processor minutes, `samples`, `seed`, `threads`, `images`, an .npy file,
`folder` of the same images, and the kind's own settings. At each mark
WORK/MINUTES/ gets pictures and `about.json`. Processor time is that of this
process and those that it has waited for, all of it but drawing and saving;
started again, it goes on from WORK/checkpoint.pt with the time used by then.
"""

import contextlib
import json
import os
import pathlib
import random
import resource
import sys

import numpy as np
from PIL import Image

# Processor seconds after which there is another checkpoint.
SAVED_EVERY = 240
# Exit code when the packages that it needs are not there.
MISSING = 4


def spent():
    """Processor seconds of this process and its children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = map(resource.getrusage, kinds)
    return sum(u.ru_utime + u.ru_stime for u in used)


class Clock:
    """Processor seconds, those of earlier attempts included."""

    def __init__(self, read=spent):
        self.read, self.before = read, 0.0

    def __call__(self):
        return self.before + self.read()

    @contextlib.contextmanager
    def stopped(self):
        began = self.read()
        yield
        self.before -= self.read() - began


def due(marks, seconds, done):
    """The first mark that is not done, if its time has come."""
    left = sorted(set(marks) - set(done))
    return left[0] if left and seconds >= 60 * left[0] else None


class Training:
    """A rival with its clock and its folder."""

    def __init__(self, rival, given, library):
        self.rival, self.given, self.torch = rival, given, library
        self.work = pathlib.Path(given["work"])
        self.file = self.work / "checkpoint.pt"
        self.clock = Clock()
        self.steps, self.saved = 0, 0.0
        if self.file.exists():
            self.load()

    def load(self):
        found = self.torch.load(self.file, weights_only=True)
        self.rival.load(found["rival"])
        self.torch.set_rng_state(found["random"])
        self.steps, self.saved = found["steps"], found["seconds"]
        # To start again counts, like the first start.
        self.clock.before = found["seconds"]
        print(f"goes on at step {self.steps}", flush=True)

    def save(self):
        part = self.file.with_suffix(".part")
        content = {
            "rival": self.rival.state(),
            "random": self.torch.get_rng_state(),
            "steps": self.steps,
            "seconds": self.saved,
        }
        self.torch.save(content, part)
        os.replace(part, self.file)

    def done(self):
        """Marks whose pictures are there."""
        return [m for m in self.given["marks"] if told(self.work, m)]

    def run(self):
        while len(self.done()) < len(self.given["marks"]):
            self.rival.step()
            self.steps += 1
            mark = due(self.given["marks"], self.clock(), self.done())
            if mark is not None:
                self.saved = self.clock()
                with self.clock.stopped():
                    self.save()
                    self.show(mark)
            elif self.clock() - self.saved > SAVED_EVERY:
                self.saved = self.clock()
                with self.clock.stopped():
                    self.save()

    def show(self, mark):
        """Draws with numbers that training does not use, and says so."""
        state = self.torch.get_rng_state()
        self.torch.manual_seed(self.given["seed"] + 1)
        pictures = self.rival.draw(self.given["samples"])
        self.torch.set_rng_state(state)
        about = {
            "seconds": self.saved,
            "steps": self.steps,
            "images": self.steps * self.rival.images,
        }
        keep(self.work, mark, pictures, about)
        print(f"{mark:g} minutes: {about}", flush=True)


def place(work, mark):
    return pathlib.Path(work) / f"{mark:g}"


def told(work, mark):
    """What is known of a mark, {} before it is done."""
    file = place(work, mark) / "about.json"
    return json.loads(file.read_text()) if file.exists() else {}


def keep(work, mark, pictures, about):
    """Writes pictures [N, H, W, 3] uint8, and last what is said of them."""
    write(place(work, mark) / "samples", pictures)
    replaced(place(work, mark) / "about.json", about)


def replaced(file, content):
    """Writes JSON that is there as a whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content))
    os.replace(part, file)


def write(folder, pictures):
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number:05d}.png")


def main(text):
    given = json.loads(text)
    try:
        import torch
        import torch_rivals

        torch.set_num_threads(given["threads"])
        torch.manual_seed(given["seed"])
        random.seed(given["seed"])
        kind = torch_rivals.KINDS[given["kind"]]
        rival = kind(np.load(given["images"]), given)
    except ImportError as error:
        print(error)
        sys.exit(MISSING)
    Training(rival, given, torch).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
