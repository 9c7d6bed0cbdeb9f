"""Draws images from a trained generator.

  python -m tfgan_transfer.generate --run_dir=runs/photos --num=100 --out=new
  python -m tfgan_transfer.generate --run_dir=runs/photos --grid=sheet.png
  python -m tfgan_transfer.generate --run_dir=runs/photos --interpolate=8 \\
      --out=walk.gif
  python -m tfgan_transfer.generate --run_dir=runs/photos --best=16 --of=256 \\
      --grid=best.png

The same seed gives the same images, whatever their number.
"""

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError

flags.define("generate")


def main() -> None:
    """Opens the checkpoint and writes what was asked for."""
    given = flags.given()
    path = given.get("checkpoint") or given.get("run_dir")
    if not path:
        raise UserError(
            "--run_dir: expected the directory of a run, received none; give "
            "--run_dir=... or --checkpoint=..."
        )
    if not given.get("out") and not given.get("grid"):
        raise UserError(
            "--out: nothing to write; give --out=FOLDER (or FILE.npz, "
            "FILE.gif), or --grid=FILE.png"
        )

    import keras

    from tfgan_transfer.families.single import best
    from tfgan_transfer.settings import config
    from tfgan_transfer.trained import opening, sampling

    best.check(given)
    keras.config.set_dtype_policy(given.get("precision", "float32"))
    opened = opening.open_model(path, ema=given.get("ema", True))
    sampler = opened.sampler(
        seed=given.get("seed", 0),
        truncation=given.get("truncation", 1.0),
        size=config.parse_size(given["resize"], "--resize")
        if "resize" in given
        else None,
    )
    if given.get("best"):
        sampler = best.selecting(opened, sampler, given)
        print(best.sentence(opened, sampler, given))
        given = {**given, "num": given["best"]}
    for written in sampling.write(sampler, given):
        print(written)


if __name__ == "__main__":
    app.run(main)
