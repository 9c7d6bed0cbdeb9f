"""The plan of a --model=cyclegan run."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import footprint
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.single.build import holdout
from tfgan_transfer.families.single.plan import keep_apart
from tfgan_transfer.networks import architecture, features
from tfgan_transfer.settings import config
from tfgan_transfer.trained import saved
from tfgan_transfer.training import devices
from tfgan_transfer.training.precision import settle_precision


class Descriptions(NamedTuple):
    """What `--data_a` and `--data_b` hold, at a cheap look."""

    a: data.Description
    b: data.Description


def name_sets(explicit: Mapping) -> dict:
    """Takes `--data` of --model=cyclegan for what it stands for.

    Args:
        explicit: Flags that were given.

    Returns:
        The same, with `--data_a`, `--data_b` and perhaps `--test_a` and
        `--test_b` in its place.

    Raises:
        UserError: If it holds no two sets, or they are named twice.
    """
    if "data" not in explicit:
        return dict(explicit)
    found = data.domains(explicit["data"])
    twice = sorted(found.keys() & explicit.keys())
    if twice:
        raise UserError(
            f"--data: stands for {', '.join(f'--{name}' for name in found)}, "
            f"received --{twice[0]} too; leave one out"
        )
    rest = {name: value for name, value in explicit.items() if name != "data"}
    return {**rest, **found}


def resolve(explicit: Mapping, stored: Mapping | None) -> Plan:
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
    for name in ("test_a", "test_b"):
        if explicit.get(name, before.get(name)):
            _describe(name, explicit, before)
    source = None
    if explicit.get("source") and not stored:
        source = saved.find(explicit["source"], "--source")
    sides = [min(size) for one in found for size in one.sizes] or [64]
    resolved = config.resolve(
        explicit,
        before or None,
        side=int(statistics.median(sides)),
        count=max(one.images or 10_000 for one in found),
        source=source and source.manifest["run"]["flags"],
    )
    if not stored and resolved["load_size"] is None:
        resolved["load_size"] = _jittered(resolved, min(sides))
    _check_load_size(resolved)
    resolved["precision"] = settle_precision(resolved, before)
    if stored and "features_sha256" in stored:
        recorded = stored["features_sha256"]
        features.check_fingerprint(resolved["features"], recorded)
    return Plan(resolved, found, source)


def _jittered(resolved: Mapping, smallest: int) -> str | None:
    """The size to load images at where nobody says: 286 for 256 px.

    That of Zhu et al. 2017 and its share for other sizes; none where images
    would have to be enlarged for it, which blurs what critics take for real.

    Args:
        resolved: Resolved configuration.
        smallest: Shorter side of the smallest image that was looked at, px.
    """
    sides = config.parse_size(resolved["size"])
    loaded = [round(side * 286 / 256) for side in sides]
    if min(loaded) > smallest:
        return None
    return "x".join(map(str, loaded if loaded[0] != loaded[1] else loaded[:1]))


def _check_load_size(resolved: Mapping) -> None:
    if not resolved["load_size"]:
        return
    loaded = config.parse_size(resolved["load_size"], "--load_size")
    size = config.parse_size(resolved["size"])
    if min(np.subtract(loaded, size)) < 0:
        raise UserError(
            f"--load_size: expected at least --size={resolved['size']}, "
            f"received {resolved['load_size']}; raise it or lower --size"
        )


def _describe(
    name: str, explicit: Mapping, before: Mapping
) -> data.Description:
    source = explicit.get(name, before.get(name))
    if not source:
        raise UserError(
            f"--{name}: --model=cyclegan needs a source of images for each "
            f"side, received none; add for example --{name}=folder:{name[-1]}"
        )
    keep_apart(source, explicit["run_dir"], f"--{name}")
    try:
        return data.describe(source)
    except UserError as error:
        raise error.about("data", name) from error


def estimate(plan: Plan) -> dict:
    """Works out what a run will use, without writing anything.

    Args:
        plan: Of the run.

    Returns:
        JSON values; sizes in MiB.
    """
    resolved, found = plan.config, plan.description
    arguments = pairs.network_arguments(resolved)
    translator = architecture.translation(arguments, "a2b")
    critics = [architecture.translation(arguments, "critic_a")]
    if "feature_critic" in arguments:
        critics.append(architecture.feature_critic(arguments["feature_critic"]))
    drawn = resolved["steps"] * resolved["batch_size"] * resolved["n_critic"]
    sets = {}
    for name, one in zip("ab", found, strict=True):
        used, held = one.images or 0, 0
        if used:
            used, held = data.counts(used, resolved["limit"], holdout(resolved))
        if resolved[f"test_{name}"]:
            held = data.describe(resolved[f"test_{name}"]).images
        sets[f"data_{name}"] = {
            "source": resolved[f"data_{name}"],
            "images_found": one.images,
            "images_unusable": len(one.bad_files),
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
            "critic": critics[0].count_params(),
        },
        "replicas": devices.strategy(resolved).num_replicas_in_sync,
        **_sizes(resolved, translator, critics, images),
        "flags": dict(resolved),
    }


def _sizes(
    resolved: Mapping,
    translator: keras.Model,
    critics: Sequence[keras.Model],
    images: int,
) -> dict:
    height, width = config.parse_size(resolved["size"])
    image = height * width * int(resolved["channels"])
    # Of two translators weights, averages and two moments; of two critics the
    # same without averages; and both pools.
    kept = footprint.FLOAT_BYTES * (
        8 * translator.count_params()
        + 6 * sum(critic.count_params() for critic in critics)
        + 2 * resolved["pool_size"] * image
    )
    # The translators' update holds six translations and what two critics of
    # each kind make of one image each: a real and a fake one of a single.
    outputs = 6 * footprint.outputs(translator)
    outputs += sum(footprint.judging(critic, own=2) for critic in critics)
    activations = footprint.FLOAT_BYTES * resolved["batch_size"] * outputs
    gradients = footprint.FLOAT_BYTES * 2 * translator.count_params()
    return footprint.sizes(
        resolved, images * image, kept, kept + gradients, activations
    )
