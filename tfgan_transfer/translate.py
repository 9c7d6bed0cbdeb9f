"""Translates images with a trained CycleGAN.

  python -m tfgan_transfer.translate --run_dir=runs/horses \\
      --images=folder:photos --out=zebras
  python -m tfgan_transfer.translate --run_dir=runs/horses --direction=b2a \\
      --images=zebra.jpg --out=. --cycles=there_and_back.png

An image is brought to the size of training, as the training images were
(--fit), unless --size says otherwise. It keeps its name, with the ending .png.
"""

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError

flags.define("translate")


def main() -> None:
    """Opens the checkpoint and writes what was asked for."""
    given = flags.given()
    if not given.get("checkpoint") and not given.get("run_dir"):
        raise UserError(
            "--run_dir: expected the directory of a run, received none; give "
            "--run_dir=... or --checkpoint=..."
        )
    if not given.get("images"):
        raise UserError(
            "--images: expected images to translate, received none; give "
            "--images=folder:PATH, zip:PATH, or the path of one"
        )
    if not given.get("out") and not given.get("cycles"):
        raise UserError(
            "--out: nothing to write; give --out=FOLDER, or --cycles=FILE.png"
        )

    from tfgan_transfer.trained import translating

    for line in translating.run(given):
        print(line)


if __name__ == "__main__":
    app.run(main)
