"""The plan of a --model=cyclegan run."""

import statistics
from collections.abc import Mapping
from typing import NamedTuple

import keras

from tfgan_transfer import data
from tfgan_transfer.cli import (
    build,
    config,
    devices,
    footprint,
    pairs,
    plan,
    saved,
)
from tfgan_transfer.errors import UserError


class Descriptions(NamedTuple):
    """What `--data_a` and `--data_b` hold, at a cheap look."""

    a: data.Description
    b: data.Description


def resolve(
    explicit: Mapping, stored: Mapping | None
) -> tuple[dict, Descriptions]:
    """Settles every setting after a cheap look at both sets.

    Args:
        explicit: Flags that were given.
        stored: `config.json` of the run that is continued, or None.

    Raises:
        UserError: If a set was not named, or settings contradict each other.
    """
    before = stored["flags"] if stored else {}
    found = Descriptions(
        *(_describe(name, explicit, before) for name in ("data_a", "data_b"))
    )
    origin = {}
    if explicit.get("source") and not stored:
        source = saved.find(explicit["source"], "--source")
        origin = source.manifest["run"]["flags"]
    sides = [min(size) for one in found for size in one.sizes] or [64]
    resolved = config.resolve(
        explicit,
        before or None,
        side=int(statistics.median(sides)),
        count=max(one.images or 10_000 for one in found),
        source=origin,
    )
    return resolved, found


def _describe(
    name: str, explicit: Mapping, before: Mapping
) -> data.Description:
    source = explicit.get(name, before.get(name))
    if not source:
        raise UserError(
            f"--{name}: --model=cyclegan needs a source of images for each "
            f"side, received none; add for example --{name}=folder:photos"
        )
    plan.keep_apart(source, explicit["run_dir"], f"--{name}")
    try:
        return data.describe(source)
    except UserError as error:
        raise UserError(str(error).replace("--data", f"--{name}")) from error


def make(resolved: Mapping, found: Descriptions) -> dict:
    """Works out what a run will use, without writing anything.

    Args:
        resolved: Resolved configuration.
        found: What the two sources hold.

    Returns:
        JSON values; sizes in MiB.
    """
    arguments = pairs.network_arguments(resolved)
    translator = pairs.network(arguments, "a2b")
    critic = pairs.network(arguments, "critic_a")
    drawn = resolved["steps"] * resolved["batch_size"] * resolved["n_critic"]
    sets = {}
    for name, one in zip("ab", found, strict=True):
        used, held = one.images or 0, 0
        if used:
            used, held = data.counts(
                used, resolved["limit"], build.holdout(resolved)
            )
        sets[f"data_{name}"] = {
            "source": resolved[f"data_{name}"],
            "images_found": one.images,
            "images_used": used,
            "images_held_out": held,
            "first_sizes": [list(size) for size in one.sizes],
            "passes": round(drawn / max(1, used), 1),
        }
    images = sum(one["images_used"] for one in sets.values())
    return {
        **sets,
        "parameters": {
            "translator": translator.count_params(),
            "critic": critic.count_params(),
        },
        "replicas": devices.strategy(resolved).num_replicas_in_sync,
        **_sizes(resolved, translator, critic, images),
        "flags": dict(resolved),
    }


def _sizes(
    resolved: Mapping, translator: keras.Model, critic: keras.Model, images: int
) -> dict:
    height, width = config.parse_size(resolved["size"])
    image = height * width * int(resolved["channels"])
    # Of two translators weights, averages and two moments; of two critics the
    # same without averages; and both pools.
    kept = footprint.FLOAT_BYTES * (
        8 * translator.count_params()
        + 6 * critic.count_params()
        + 2 * resolved["pool_size"] * image
    )
    # The translators' update holds six translations and two scores.
    outputs = 6 * footprint.outputs(translator) + 2 * footprint.outputs(critic)
    activations = footprint.FLOAT_BYTES * resolved["batch_size"] * outputs
    gradients = footprint.FLOAT_BYTES * 2 * translator.count_params()
    return footprint.sizes(
        resolved, images * image, kept, kept + gradients, activations
    )
