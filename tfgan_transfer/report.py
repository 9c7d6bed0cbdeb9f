"""Writes what a run came to as one page, to look at and to send.

  python -m tfgan_transfer.report --run_dir=runs/photos
  python -m tfgan_transfer.report --run_dir=runs/photos --out=photos.html
  python -m tfgan_transfer.report --study_dir=studies/flowers

The page is one file that needs no network. Training writes it at its end, a
study after its last run; what there is nothing of is left out, and said so.
"""

import pathlib

from tfgan_transfer.commands import app, flags, pages
from tfgan_transfer.errors import UserError

flags.define("report")


def main() -> None:
    """Writes the page and says where it is."""
    given = flags.given()
    places = [given.get(name) for name in ("run_dir", "study_dir")]
    if sum(map(bool, places)) != 1:
        raise UserError(
            "--run_dir: expected the directory of a run, or --study_dir that "
            f"of a study, received {'both' if all(places) else 'neither'}"
        )

    if given.get("out"):
        pages.prepare(pathlib.Path(given["out"]))

    from tfgan_transfer.reports import report

    if given.get("study_dir"):
        print(report.write_study(given["study_dir"], given.get("out")))
    else:
        print(report.write(given["run_dir"], given.get("out")))


if __name__ == "__main__":
    app.run(main)
