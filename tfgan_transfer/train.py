"""Trains a GAN on your images; the same command again continues the run.

python -m tfgan_transfer.train --data=folder:photos --run_dir=runs/photos
python -m tfgan_transfer.train --flagfile=configs/quickstart.flags
python -m tfgan_transfer.train --data=folder:photos --run_dir=r --dry_run
"""

import time

from tfgan_transfer.commands import app, flags
from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import recipes

flags.define("train")


def main() -> int:
    """Resolves the flags, prints the plan, and trains."""
    began = time.monotonic()
    explicit = flags.given()
    shown = explicit.pop("dry_run", None)
    restart_from = explicit.pop("restart_from", None)
    preview = explicit.pop("augment_preview", None)
    if explicit.get("recipe") == recipes.HELP:
        print(recipes.catalogue())
        return 0
    reported = explicit.pop("report", True)
    if not explicit.get("run_dir"):
        raise UserError(
            "--run_dir: expected the directory of the run, received none; "
            "add for example --run_dir=runs/first"
        )

    from tfgan_transfer.planning import road, summary
    from tfgan_transfer.reports import report
    from tfgan_transfer.sessions import announcement, dry_run
    from tfgan_transfer.sessions.session import Session
    from tfgan_transfer.studies import ensemble_training
    from tfgan_transfer.training.run_directory import RunDirectory

    if ensemble_training.wanted(explicit):
        of_one_run = {"restart_from": restart_from, "augment_preview": preview}
        return ensemble_training.run(explicit, of_one_run, shown)
    run = RunDirectory(explicit["run_dir"])
    say = summary.teller(shown)
    plan, chosen = road.of_run(explicit, run, say, began)
    if shown:
        again = restart_from is not None
        if again or not dry_run.show_finished(shown, plan, run):
            summary.show(shown, plan, chosen, explicit, run)
        return 0
    summary.tell(chosen)
    if preview:
        print(dry_run.show_augmentation(plan.config, preview))
        return 0
    # The plan counts among its hours.
    planned = time.monotonic() - chosen.counted
    session = Session(plan, run, chosen.timetable, planned)
    if restart_from is not None:
        session.go_back(restart_from)
    status = session.train()
    if status == 0 and session.chief:
        announcement.show_results(run, session.config)
    if reported and session.chief:
        done = status == 0
        report.at_the_end(report.write, run.path, None, session.split, done)
    return status


if __name__ == "__main__":
    app.run(main)
