"""Trains the members of an ensemble, each in a process of its own."""

import os
import pathlib
import shlex
from collections.abc import Mapping

from tfgan_transfer import data, families
from tfgan_transfer.data import subset
from tfgan_transfer.errors import UserError
from tfgan_transfer.sessions import dry_run
from tfgan_transfer.settings import config
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.studies import trials
from tfgan_transfer.trained import ensemble
from tfgan_transfer.trained.ensemble import Ensemble, Member
from tfgan_transfer.training import checkpoint, devices, run_directory
from tfgan_transfer.training.interruption import EXIT_RUN_AGAIN
from tfgan_transfer.training.run_directory import RunDirectory


def wanted(explicit: Mapping) -> bool:
    """Whether flags of `train` ask for an ensemble, new or continued."""
    found = ensemble.find(explicit["run_dir"])
    return "ensemble" in explicit or found is not None


def run(explicit: Mapping, of_one_run: Mapping, shown: str | None) -> int:
    """Shows the plan of an ensemble, or trains what nobody trains yet.

    Args:
        explicit: As for `prepare`.
        of_one_run: The same.
        shown: What a dry run shows; None to train.

    Returns:
        An exit code.
    """
    members = prepare(explicit, of_one_run)
    if shown:
        show(members, as_json=shown == "json")
        return 0
    return train(members)


def prepare(explicit: Mapping, of_one_run: Mapping) -> Ensemble:
    """Settles what the members are and how they are trained; writes nothing.

    Members share every setting but their classes, those too that are derived
    from the images: from the first member's.

    Args:
        explicit: Flags of `train` that were given, `run_dir` and, for a new
            ensemble, `ensemble` among them.
        of_one_run: Flags that only a single run can follow, None if not given.

    Raises:
        UserError: If no ensemble can be made of these, or it was begun with
            other settings.
    """
    given = dict(explicit)
    count = given.pop("ensemble", None)
    path = pathlib.Path(os.path.expanduser(given.pop("run_dir")))
    if devices.worker_count() > 1:
        raise UserError(
            "--ensemble: works with one process, received a TF_CONFIG of "
            f"{devices.worker_count()}; start the command on each host without "
            "it, and each trains the models that no other does"
        )
    for name, value in of_one_run.items():
        if value is not None:
            raise UserError(
                f"--{name}: is for one run, received it with an ensemble; give "
                f"the run of one model, such as --run_dir={path}/models/00"
            )
    found = ensemble.find(path)
    if found is None:
        return _new(path, given, count)
    if count and count != len(found.members):
        raise UserError(
            f"--ensemble: received {count}, {str(path)!r} holds one of "
            f"{len(found.members)}; leave --ensemble out to continue it"
        )
    run_directory.refuse_changes(found.flags, given)
    return found._replace(flags={**found.flags, **given})


def _new(path: pathlib.Path, given: Mapping, count: int) -> Ensemble:
    if RunDirectory(path).read_config():
        raise UserError(
            f"--ensemble: {str(path)!r} is the run of a single model; choose "
            "another --run_dir"
        )
    model = given.get("model", config.DEFAULTS["model"])
    if not RULES[model].learns_labels:
        raise UserError(
            "--ensemble: needs models that draw the class they are asked for, "
            f"received --model={model}; use --model=acgan"
        )
    family = families.of(given)
    whole, description, *_ = family.resolve(
        {**given, "run_dir": str(path)}, None
    )
    if description.label_mode != "class":
        raise UserError(
            f"--ensemble: expected images with a class each, --data="
            f"{whole['data']} has tags; leave --ensemble out"
        )
    parts = ensemble.partition(description.vocabulary, count)
    first = {**given, "run_dir": str(path), "classes": subset.text(parts[0])}
    settings = family.resolve(first, None).config
    settings["classes"] = whole["classes"]
    del settings["run_dir"]
    return ensemble.make(path, settings, parts)


def show(planned: Ensemble, as_json: bool) -> None:
    """Prints the plan of the first member, and what the others learn."""
    flags = _flags(planned, 0)
    dry_run.show(
        families.of(flags).resolve(flags, None),
        as_json,
        ensemble={
            member.run_dir.name: ", ".join(member.classes)
            for member in planned.members
        },
    )


def train(planned: Ensemble) -> int:
    """Trains the members that are not finished, one after the other.

    A member that another process is training is left to it. So the same
    command, started once more for another device, shares the work.

    Args:
        planned: What `prepare` returned.

    Returns:
        0 when all are finished; 3 when a signal stopped a member, or one is
        still being trained elsewhere.

    Raises:
        UserError: If the images have other classes now, or a member failed.
    """
    flags = planned.flags
    now = data.describe(flags["data"], subset.names(flags["classes"]))
    if now.vocabulary != planned.vocabulary:
        raise UserError(
            f"--data: {flags['data']} has other classes than the ensemble in "
            f"{str(planned.path)!r} was begun with; restore the images or "
            "choose another --run_dir"
        )
    ensemble.write(planned)
    elsewhere = []
    try:
        with trials.interruptible():
            for number, member in enumerate(planned.members):
                if not _train(planned, number):
                    elsewhere.append(str(member.run_dir))
    except trials.Interrupted:
        print("stopped; the same command continues")
        return EXIT_RUN_AGAIN
    if elsewhere:
        print(
            f"another process is training in {', '.join(elsewhere)}; the same "
            "command, when it has ended, makes sure of them"
        )
        return EXIT_RUN_AGAIN
    run_dir = shlex.quote(f"--run_dir={planned.path}")
    print(
        f"\ndone: {len(planned.members)} models of {flags['steps']} steps, "
        f"{len(planned.vocabulary)} classes",
        "next:",
        f"  python -m tfgan_transfer.generate {run_dir} --grid=classes "
        "--out=classes.png",
        sep="\n",
    )
    return 0


def _train(planned: Ensemble, number: int) -> bool:
    """Trains one member to its end; False if another process does."""
    member = planned.members[number]
    run = RunDirectory(member.run_dir)
    if _finished(member, planned.flags["steps"]):
        return True
    if run.busy():
        return False
    print(
        f"model {number + 1} of {len(planned.members)}: "
        f"{', '.join(member.classes)}; {member.run_dir}.log",
        flush=True,
    )
    try:
        trials.train(_flags(planned, number))
    except UserError:
        if not run.busy():
            raise
        # Another process was faster.
        return False
    return True


def _flags(planned: Ensemble, number: int) -> dict:
    member = planned.members[number]
    classes = subset.text(member.classes)
    run_dir = str(member.run_dir)
    return {**planned.flags, "run_dir": run_dir, "classes": classes}


def _finished(member: Member, steps: int) -> bool:
    newest, _ = checkpoint.latest(RunDirectory(member.run_dir).checkpoints)
    return newest is not None and newest.step >= steps
