"""The plan of a run of one generator and one critic."""

import statistics
from collections.abc import Mapping

from tfgan_transfer import data
from tfgan_transfer.data import subset
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import footprint
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.single import build, growth
from tfgan_transfer.networks import architecture, features
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved
from tfgan_transfer.training import devices
from tfgan_transfer.training.precision import settle_precision


def resolve(explicit: Mapping, stored: Mapping | None) -> Plan:
    """Settles every setting after a cheap look at the data.

    Args:
        explicit: Flags that were given.
        stored: `config.json` of the run that is continued, or None.

    Raises:
        UserError: If no data was named, settings contradict each other, or
            the run would write among its own images.
    """
    plan = settle(explicit, stored)
    require_labels(plan)
    return plan._replace(grown_from=growth.found(plan, stored))


def settle(explicit: Mapping, stored: Mapping | None) -> Plan:
    """Does what `resolve` does, but for a look at the labels."""
    before = stored["flags"] if stored else {}
    source = explicit.get("data", before.get("data"))
    if not source:
        raise UserError(
            "--data: expected a source of images, received none; add for "
            "example --data=folder:photos or --data=digits"
        )
    keep_apart(source, explicit["run_dir"])
    chosen = explicit.get("classes", before.get("classes"))
    description = data.describe(source, subset.names(chosen))
    found = None
    if explicit.get("source") and not stored:
        found = saved.find(explicit["source"], "--source")
    sides = [min(size) for size in description.sizes] or [64]
    resolved = config.resolve(
        explicit,
        before or None,
        side=int(statistics.median(sides)),
        count=description.images or 10_000,
        source=found and found.manifest["run"]["flags"],
        label_mode=description.label_mode,
    )
    resolved["precision"] = settle_precision(resolved, before)
    if stored and "features_sha256" in stored:
        recorded = stored["features_sha256"]
        features.check_fingerprint(resolved["features"], recorded)
    return Plan(resolved, description, found)


def require_labels(plan: Plan) -> None:
    """Refuses images without labels where a model needs them."""
    flags = plan.config
    labelled = plan.description.label_mode != "none"
    if flags["conditioning"] != "none" and not labelled:
        expected = (
            "expected a folder for each class, a tags.csv, or a TFDS data set "
            "with labels"
        )
        raise UserError(
            f"--model={flags['model']}: {flags['data']} has no labels; "
            f"{plan.description.unlabelled or expected}"
        )


def keep_apart(source: str, run_dir: str, flag: str = "--data") -> None:
    """Refuses a run directory inside a folder of training images.

    Args:
        source: A source of images.
        run_dir: The run directory.
        flag: The flag that named the source, for the error.
    """
    if data.lies_inside(run_dir, source):
        raise UserError(
            f"--run_dir: {run_dir!r} lies inside {flag}={source}, so its "
            "pictures would become training images; choose a place outside"
        )


def estimate(plan: Plan) -> dict:
    """Works out what a run will use, without writing anything.

    Args:
        plan: Of the run.

    Returns:
        JSON values; sizes in MiB.
    """
    resolved, description = plan.config, plan.description
    arguments = build.network_arguments(plan, len(description.vocabulary))
    generator = architecture.generator(arguments)
    critic = architecture.critic(arguments)
    critics = [critic]
    if "feature_critic" in arguments:
        critics.append(architecture.feature_critic(arguments["feature_critic"]))
    found = description.images or 0
    used, held_out = found, 0
    if found:
        used, held_out = data.counts(
            found, resolved["limit"], build.holdout(resolved)
        )
    replicas = devices.strategy(resolved).num_replicas_in_sync
    drawn = resolved["steps"] * resolved["batch_size"] * resolved["n_critic"]
    return {
        "data": {
            "source": resolved["data"],
            "classes": resolved["classes"],
            "images_found": description.images,
            "images_unusable": len(description.bad_files),
            "images_used": used,
            "images_held_out": held_out,
            "label_mode": description.label_mode,
            "labels": len(description.vocabulary),
            "first_sizes": [list(size) for size in description.sizes],
            "passes": round(drawn / max(1, used), 1),
        },
        "parameters": {
            "generator": generator.count_params(),
            "critic": critic.count_params(),
        },
        "replicas": replicas,
        **footprint.of_gan(resolved, generator, critics, used),
        "flags": dict(resolved),
    }
