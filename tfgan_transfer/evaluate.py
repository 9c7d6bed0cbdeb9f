"""Measures a generator, or a folder of images, against real images.

  python -m tfgan_transfer.evaluate --run_dir=runs/photos
  python -m tfgan_transfer.evaluate --run_dir=runs/photos --metrics=swd,iw
  python -m tfgan_transfer.evaluate --run_dir=runs/photos --size=64
  python -m tfgan_transfer.evaluate --images=folder:made --data=folder:photos

Next to each value stands its floor, the same metric for real images in the
place of samples. Values of a run are added to its metrics.jsonl. With --size,
real images are read at that size and samples are scaled to it.
"""

import json

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError

flags.define("evaluate")


def main() -> int:
    """Measures, prints, and keeps the values with the run."""
    given = flags.given()
    generator = given.get("checkpoint") or given.get("run_dir")
    if not generator and not given.get("images"):
        raise UserError(
            "--run_dir: expected the directory of a run, received none; give "
            "--run_dir=..., --checkpoint=..., or --images=folder:..."
        )

    from tfgan_transfer import families
    from tfgan_transfer.evaluations import class_plot, measuring, results
    from tfgan_transfer.families.single.evaluation import of_images
    from tfgan_transfer.trained import opening

    others = results.latest(given["against"]) if given.get("against") else {}
    if given.get("images"):
        run, about = of_images(given)
    else:
        opened = opening.open_model(generator, ema=given.get("ema", True))
        family = families.of(opened.record["flags"])
        run, about = family.evaluate(given, opened)
    found = measuring.measure(run, about, show=not given.get("json"))
    if given.get("json"):
        print(json.dumps(found.record, indent=1))
    if given.get("run_dir") and found.rows:
        results.keep(given["run_dir"], found.record)
    if found.interrupted:
        return measuring.EXIT_INTERRUPTED
    if given.get("pairs"):
        print(results.save_pairs(run, given["pairs"]))
    if given.get("class_plot"):
        print(class_plot.save_class_plot(run, given["class_plot"]))
    if given.get("against"):
        print(results.compare(found.rows, others, given["against"]))
    return 0


if __name__ == "__main__":
    app.run(main)
