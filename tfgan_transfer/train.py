"""Trains a GAN on your images; the same command again continues the run.

python -m tfgan_transfer.train --data=folder:photos --run_dir=runs/photos
python -m tfgan_transfer.train --flagfile=configs/quickstart.flags
python -m tfgan_transfer.train --data=folder:photos --run_dir=r --dry_run
"""

from tfgan_transfer.commands import app, flags, pair_flags
from tfgan_transfer.errors import UserError

flags.define_run()
flags.define_data()
flags.define_model()
flags.define_labels()
flags.define_ensemble()
flags.define_stack()
pair_flags.define_pair_data()
pair_flags.define_translation()
flags.define_transfer()
flags.define_training()
flags.define_reporting()
flags.define_evaluation_while_training()
flags.define_inception()
flags.define_devices()


def main() -> int:
    """Resolves the flags, prints the plan, and trains."""
    explicit = flags.given()
    dry_run = explicit.pop("dry_run", None)
    restart_from = explicit.pop("restart_from", None)
    preview = explicit.pop("augment_preview", None)
    if not explicit.get("run_dir"):
        raise UserError(
            "--run_dir: expected the directory of the run, received none; "
            "add for example --run_dir=runs/first"
        )

    from tfgan_transfer.families.pair import plan as pair_plan
    from tfgan_transfer.families.single import plan
    from tfgan_transfer.settings.pair_config import CYCLEGAN
    from tfgan_transfer.studies import ensemble_training
    from tfgan_transfer.training import run_directory

    if ensemble_training.wanted(explicit):
        of_one_run = {"restart_from": restart_from, "augment_preview": preview}
        members = ensemble_training.prepare(explicit, of_one_run)
        if dry_run:
            ensemble_training.show(members, as_json=dry_run == "json")
            return 0
        return ensemble_training.train(members)
    explicit = pair_plan.name_sets(explicit)
    run = run_directory.RunDirectory(explicit["run_dir"])
    stored = run.read_config()
    if stored:
        run_directory.refuse_changes(stored["flags"], explicit)
    model = {**(stored or {}).get("flags", {}), **explicit}.get("model")
    planner = pair_plan if model == CYCLEGAN else plan
    config, description = planner.resolve(explicit, stored)
    if dry_run:
        made = planner.make(config, description)
        plan.show(made, description, as_json=dry_run == "json")
        return 0
    if preview:
        print(plan.show_augmentation(config, preview))
        return 0

    from tfgan_transfer.sessions.session import Session

    session = Session(config, run)
    if restart_from is not None:
        session.go_back(restart_from)
    status = session.train()
    if status == 0 and session.chief:
        plan.show_results(run, config)
    return status


if __name__ == "__main__":
    app.run(main)
