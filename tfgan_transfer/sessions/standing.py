"""Where a run stands: its last checkpoint, and what is beside it."""

from collections.abc import Mapping, Sequence

import keras

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.families.family import Plan
from tfgan_transfer.training import (
    checkpoint,
    devices,
    event_files,
    metric_eval,
)
from tfgan_transfer.training.deadline import Deadline
from tfgan_transfer.training.run_directory import RunDirectory


def last(
    run: RunDirectory, config: Mapping, begun: bool, chief: bool
) -> checkpoint.Checkpoint | None:
    """The checkpoint that training goes on from; None for a new run.

    Args:
        run: Run directory.
        config: Resolved configuration.
        begun: Whether the run has begun: it has a configuration.
        chief: Whether this process may move files.

    Raises:
        UserError: If the run has begun and no whole checkpoint is left, or it
            has done more steps than it is asked for.
    """
    found, damaged = checkpoint.latest(run.checkpoints)
    for message in damaged:
        print(f"warning: damaged checkpoint skipped: {message}")
    if begun and not found:
        raise _lost(run, damaged if chief else ())
    if found and found.step > config["steps"]:
        raise UserError(
            f"--steps={config['steps']}: the run in {str(run.path)!r} has done "
            f"{found.step} steps; give more, or another --run_dir"
        )
    return found


def exhausted(run: RunDirectory, config: Mapping) -> bool:
    """Whether `--stop_patience` has ended a run.

    Args:
        run: Run directory.
        config: Resolved configuration.
    """
    patience = config["stop_patience"]
    if not patience or not run.metrics.exists():
        return False
    history = metric_eval.measured(run, config["best_metric"])
    return metric_eval.exhausted(history, patience)


def ended(
    run: RunDirectory, config: Mapping, done: int, deadline: Deadline
) -> bool:
    """Whether a run has come to its end: by steps, patience or hours.

    Args:
        run: Run directory.
        config: Resolved configuration.
        done: Steps done.
        deadline: Of the run.
    """
    return done >= config["steps"] or exhausted(run, config) or deadline.over


def owed(config: Mapping, manifest: Mapping) -> bool:
    """Whether a process died while it evaluated what it had saved.

    Args:
        config: Resolved configuration.
        manifest: Of the newest checkpoint; may be empty.
    """
    return bool(config["eval_every"]) and manifest.get("metrics", {}) is None


def at_its_end(
    run: RunDirectory, config: Mapping, stored: Mapping
) -> list[str]:
    """Says of a finished run that the command would train no more.

    Args:
        run: Run directory; nothing in it is changed.
        config: Resolved configuration, as the command would have it.
        stored: Settings that the run has had.

    Returns:
        Lines; none if there is something left to do.

    Raises:
        UserError: If the run has done more steps than it is asked for.
    """
    found = last(run, config, begun=False, chief=False)
    if not found:
        return []
    done, steps = found.step, config["steps"]
    deadline = Deadline(config["hours"])
    deadline.before = found.manifest.get("seconds", 0.0)
    if not ended(run, config, done, deadline):
        return []
    if owed(config, found.manifest):
        return [f"step {done} is the last one, and only has to be evaluated"]
    said = [nothing_to_do(done, config, stored)]
    if done < steps and deadline.over:
        said.append(deadline.sentence(done, steps))
    return said


def nothing_to_do(done: int, config: Mapping, stored: Mapping) -> str:
    """Says of a finished run that there is nothing to do.

    Args:
        done: Steps done.
        config: Resolved configuration, as the command has it.
        stored: Settings that the run has had.
    """
    said, hours = f"nothing to do: step {done} is the last one", config["hours"]
    if hours and hours != stored.get("hours") and done >= config["steps"]:
        said += (
            f"; --hours={hours:g} can plan a new run: choose another --run_dir"
        )
    return said


def refuse_ends_of_ones_own(config: Mapping) -> None:
    """Refuses what would end one of several processes before the others.

    Args:
        config: Resolved configuration.

    Raises:
        UserError: If there are several, and they may not end together.
    """
    workers = devices.worker_count()
    for name in ("stop_patience", "hours"):
        if config[name] and workers > 1:
            raise UserError(
                f"--{name}: works with one process, received a TF_CONFIG of "
                f"{workers}; leave it out, give --steps, and stop the run by "
                "a signal"
            )


def refuse_other_images(
    run: RunDirectory, stored: Mapping, record: Mapping
) -> None:
    """Refuses to go on with other images.

    Args:
        run: Run directory.
        stored: What it says of the run.
        record: What is true now.

    Raises:
        UserError: If images were added, taken away or changed.
    """
    before, now = stored["data"], record["data"]
    if before["fingerprint"] != now["fingerprint"]:
        raise _other_images(run, before["images"], now["images"])


def refuse_other_count(run: RunDirectory, stored: Mapping, plan: Plan) -> None:
    """As `refuse_other_images`, after a cheap look at how many there are.

    Args:
        run: Run directory.
        stored: What it says of the run.
        plan: Of the run; two sets are not looked at.

    Raises:
        UserError: If images were added or taken away.
    """
    found = plan.description
    # What cannot be read is not known before it is decoded.
    if not isinstance(found, data.Description) or run.bad_files.exists():
        return
    before, flags = stored["data"]["images"], plan.config
    if found.images:
        now = data.counts(found.images, flags["limit"], flags["holdout"])[0]
        if before != now:
            raise _other_images(run, before, now)


def _other_images(run: RunDirectory, before: int, now: int) -> UserError:
    return UserError(
        f"--data: the images are not those that the run in "
        f"{str(run.path)!r} was started with ({before} then, {now} now); "
        "restore them or choose another --run_dir"
    )


def note_bad_files(
    run: RunDirectory, chief: bool, bad: Sequence[data.BadFile]
) -> None:
    """Lists in the run directory what could not be read.

    Args:
        run: Run directory.
        chief: Whether this process may write.
        bad: The files, and why each is no image.
    """
    if not bad or not chief:
        return
    lines = "".join(f"{file.name}\t{file.reason}\n" for file in bad)
    run.bad_files.write_text(lines)
    files = f"file{'s' * (len(bad) > 1)}"
    print(f"{len(bad)} unreadable {files}: {run.bad_files}")


def _lost(run: RunDirectory, damaged: Sequence[str]) -> UserError:
    """Says that a run has begun of which no checkpoint is left."""
    where = "there is none"
    if damaged:
        where = f"the damaged ones are in {run.set_aside_damaged()}"
    return UserError(
        f"--run_dir: the run in {str(run.path)!r} has begun, but it has no "
        f"whole checkpoint to go on from ({where}); bring one back, or choose "
        "another directory to start again"
    )


def cut_back(
    run: RunDirectory, found: checkpoint.Checkpoint | None, lr_scale: float
) -> None:
    """Makes the run directory that of the moment of a checkpoint.

    Lower rates are noted at once: a process that is killed before its next
    checkpoint has to go on with them.

    Args:
        run: Run directory.
        found: The checkpoint, None for the beginning.
        lr_scale: Factor on the rates, below 1 after a rollback.
    """
    start = found.step if found else 0
    run.truncate_metrics(start)
    event_files.cut(run.tensorboard, start)
    if found and found.manifest.get("lr_scale", 1.0) != lr_scale:
        checkpoint.annotate(run.checkpoints, start, lr_scale=lr_scale)


def stopped_by(run: RunDirectory, error: OSError) -> UserError:
    """Says what the disk refused, and what is safe on it."""
    found, _ = checkpoint.latest(run.checkpoints)
    kept = f"the last checkpoint is {found.path}" if found else "none yet"
    return UserError(
        "--run_dir: training stopped, since a file cannot be written or read "
        f"({error}); {kept}. When that is mended, the same command continues "
        "from it"
    )


class Begun(keras.callbacks.Callback):
    """Writes the run's configuration: of settings that nothing has refused.

    It comes after the saver, so that a run with a configuration has begun, and
    has had a checkpoint.
    """

    def __init__(self, run: RunDirectory, record: Mapping):
        super().__init__()
        self.run, self.record = run, record

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Writes it."""
        self.run.write_config(self.record)
