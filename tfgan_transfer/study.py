"""Runs a grid of trainings and prints the tables of the paper.

  python -m tfgan_transfer.study --study_dir=studies/flowers \\
      --target=folder:flowers --sources=zoo:tiny_imagenet_32 \\
      --target_sizes=100,500 --study_seeds=3 --holdout=1000 --steps=600 \\
      --eval_every=150

Every flag of `train` may be given; all runs share it. The same command again
goes on where it was stopped.
"""

import os
import pathlib
import sys

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes

# Flags of the grid; all others are handed on to `train`.
OWN = """study_dir target sources target_sizes variant study_seeds first_seed
final_metrics iw_critics""".split()

flags.define("study")


def main() -> int:
    """Runs what is missing of the grid, and writes its tables."""
    given = recipes.under(flags.given())
    own = {name: given.pop(name, None) for name in OWN}
    if not own["study_dir"] or not own["target"] or not given.get("eval_every"):
        raise UserError(
            "--study_dir, --target and --eval_every are needed: where to, on "
            "which images, and how often to measure"
        )

    from tfgan_transfer.reports import report
    from tfgan_transfer.studies import study, trials
    from tfgan_transfer.studies import tables as study_report
    from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN

    named = study.variants(own["variant"])
    path = pathlib.Path(os.path.expanduser(own["study_dir"]))
    final = {"metrics": own["final_metrics"], "iw_critics": own["iw_critics"]}
    runs = study.Study(path, given, named, final)
    grid = list(study.grid(own, named))
    for number, cell in enumerate(grid, 1):
        if runs.done(cell):
            runs.clear(cell)
            continue
        print(f"run {number} of {len(grid)}: {cell.name}", flush=True)
        try:
            row = runs.run(cell)
        except trials.Interrupted:
            print("stopped; the same command continues")
            return EXIT_RUN_AGAIN
        print(f"  {study.last(row)}, {row['seconds']} s", flush=True)
    command = study.reproduce(sys.argv)
    print(study_report.write(runs.rows(), path, command).read_text())
    print(f"tables.md, curves and samples side by side: {path}")
    report.at_the_end(report.write_study, path)
    return 0


if __name__ == "__main__":
    app.run(main)
