"""The plan of a stack of two stages: stage 1 found once, and checked."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build, plan
from tfgan_transfer.networks import architecture

# What stage 2 cannot choose: stage 1 was trained with it.
FIXED = ("latent_size", "latent_prior", "channels")


def resolve(explicit: Mapping, stored: Mapping | None) -> Plan:
    """Settles every setting, and what stage 1 is.

    A run of stage 2 that has begun remembers it, so that it goes on without
    the run of stage 1.

    Args:
        explicit: Flags that were given.
        stored: `config.json` of the run that is continued, or None.

    Raises:
        UserError: As for other models, or if the two stages do not fit.
    """
    settled = plan.settle(explicit, stored)
    if stored:
        settled = settled._replace(stage1=stored["generator"]["stage1"])
    else:
        run = settled.source.manifest["run"]
        below = {"network": run["network"], "generator": run["generator"]}
        settled = settled._replace(stage1=below)
        _check(settled)
    plan.require_labels(settled)
    return settled


def _check(settled: Plan) -> None:
    """Compares a new stage 2 with the stage 1 that its source is."""
    config, vocabulary = settled.config, settled.description.vocabulary
    run = settled.source.manifest["run"]
    if "stage1" in run["generator"]:
        raise UserError(
            f"--source: {config['source']} is itself a stack of two stages; "
            "expected a run of another --model"
        )
    for name in FIXED:
        if config[name] != run["flags"][name]:
            raise UserError(
                f"--{name}: stage 1 was trained with {run['flags'][name]}, "
                f"received {config[name]}; leave --{name} out"
            )
    had = run["data"]["vocabulary"]
    if config["conditioning"] != "none" and had != list(vocabulary):
        raise UserError(
            f"--data: stage 1 knows the labels {', '.join(had)}, received "
            f"images with {', '.join(vocabulary) or 'none'}; use images with "
            "the same labels"
        )
    # Sizes are compared where they are used, now, before a run is begun.
    architecture.generator(build.network_arguments(settled, len(vocabulary)))
