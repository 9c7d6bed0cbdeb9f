"""Checkpoints that the user names, and the generators in them."""

import keras

from tfgan_transfer.errors import UserError
from tfgan_transfer.networks import architecture
from tfgan_transfer.trained import ensemble, zoo
from tfgan_transfer.training import checkpoint
from tfgan_transfer.training.run_directory import RunDirectory


def find(path: str, flag: str = "--checkpoint") -> checkpoint.Checkpoint:
    """Opens the newest whole checkpoint of a run, or a given one.

    Args:
        path: A run directory, one `step-...` directory, or `zoo:NAME`.
        flag: The flag that named it, for errors.

    Raises:
        UserError: If there is none, or the given one is damaged.
    """
    location = zoo.locate(path, flag)
    if (location / checkpoint.MANIFEST).exists():
        try:
            return _of_a_run(checkpoint.verify(location), flag)
        except checkpoint.DamagedCheckpoint as error:
            raise UserError(
                f"{flag}: {error}; use another checkpoint of the run"
            ) from error
    found, damaged = checkpoint.latest(RunDirectory(location).checkpoints)
    for message in damaged:
        print(f"warning: damaged checkpoint skipped: {message}")
    if found is None and (members := ensemble.find(location)):
        raise UserError(
            f"{flag}: {str(location)!r} is an ensemble; expected one model, "
            f"such as {members.members[0].run_dir}"
        )
    if found is None and path in zoo.names():
        raise UserError(
            f"{flag}: no whole checkpoint in {path!r}; did you mean "
            f"{zoo.PREFIX}{path}?"
        )
    if found is None:
        raise UserError(
            f"{flag}: no whole checkpoint in {str(location)!r}; expected a run "
            "directory that `train` wrote, or one of its checkpoints/step-*"
        )
    return _of_a_run(found, flag)


def _of_a_run(found: checkpoint.Checkpoint, flag: str) -> checkpoint.Checkpoint:
    if not {"flags", "data"} <= found.manifest.get("run", {}).keys():
        raise UserError(
            f"{flag}: {found.path.name}: {checkpoint.MANIFEST} does not "
            "describe a run; use another checkpoint"
        )
    return found


def generator(found: checkpoint.Checkpoint, *, ema: bool = True) -> keras.Model:
    """Rebuilds a generator from a checkpoint, with no flags at all.

    Args:
        found: The checkpoint.
        ema: Whether to take the averaged weights.

    Raises:
        UserError: If it is one of a CycleGAN.
    """
    run = found.manifest["run"]
    if "generator" not in run:
        raise UserError(
            f"--checkpoint: {str(found.path)!r} is of "
            f"model={run['flags']['model']}, which translates images and draws "
            "none; use translate"
        )
    model = architecture.generator(run)
    name = "ema_generator" if ema else "generator"
    groups = checkpoint.load(found.path)
    checkpoint.restore({name: model}, {name: groups[name]})
    return model
