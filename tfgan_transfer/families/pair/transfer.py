"""A source of --model=cyclegan: which of its networks become which."""

from collections.abc import Mapping, Sequence

import keras

from tfgan_transfer import images
from tfgan_transfer.families.family import Plan
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.source import Source, map_network
from tfgan_transfer.training.run_directory import RunDirectory
from tfgan_transfer.training.translation_grid import DIRECTIONS, sheet
from tfgan_transfer.transfer import mapping
from tfgan_transfer.transfer.ends import Ends
from tfgan_transfer.transfer.report import Row

# Which networks start from the source.
MOVED = {
    "both": pairs.NETWORKS,
    "generator": ("a2b", "b2a"),
    "critic": ("critic_a", "critic_b"),
    "none": (),
}
_OTHER = {"a": "b", "b": "a"}


def origins(domains: str) -> dict[str, str]:
    """Which group of a source each network starts from.

    Args:
        domains: Two letters: the source's domain that A is, and the one that
            B is; `-` for a new domain. The translators to and from a new
            domain start from those of the domain whose place it takes; its
            critic starts afresh, for all it knows is the old domain.

    Returns:
        Network -> checkpoint group, for the networks that have one. Averages
        for the translators: they are the better ones.
    """
    first, second = domains
    start = first if first != "-" else _OTHER[second]
    end = _OTHER[start]
    origin = {"a2b": f"ema_{start}2{end}", "b2a": f"ema_{end}2{start}"}
    for domain, letter in zip("ab", domains, strict=True):
        if letter != "-":
            origin[f"critic_{domain}"] = f"critic_{letter}"
    return origin


def move(
    source: Source,
    plan: Plan,
    train: pairs.Pair,
    *networks: keras.Model,
) -> dict[str, Sequence[Row]]:
    """Puts the source's weights into new networks.

    Args:
        source: Where they come from.
        plan: Of the run; its `transfer` and `source_domains` say what goes
            where.
        train: Unused; there for the models that have labels.
        *networks: New ones, in the order of `pairs.NETWORKS`; assigned in
            place.

    Returns:
        Network -> what became of each weight. Networks that stay as they are
        do not occur.

    Raises:
        UserError: If a weight is left that no rule explains; nothing has been
            assigned then.
    """
    config = plan.config
    target = ends(pairs.network_arguments(config))
    origin = origins(config["source_domains"])
    moved = MOVED[config["transfer"]]
    named = dict(zip(pairs.NETWORKS, networks, strict=True))
    mapped = {
        name: map_network(
            named[name], source.arrays[origin[name]], source.ends[name], target
        )
        for name in pairs.NETWORKS
        if name in moved and name in origin
    }
    for name, result in mapped.items():
        mapping.assign(named[name], result)
    return {name: result.rows for name, result in mapped.items()}


def show_first_fakes(
    run: RunDirectory,
    config: Mapping,
    split: pairs.PairSplit,
    model: keras.Model,
) -> None:
    """Writes `samples/init-a2b.png` and `init-b2a.png`: the first sheets."""
    examples = pairs.examples(config, split)
    for direction, own in zip(DIRECTIONS, examples, strict=True):
        picture = sheet(model, direction, own)
        images.save(run.samples / f"init-{direction}.png", picture)


def source_ends(run: Mapping) -> dict[str, Ends]:
    """What the networks of a source's run take and give: all the same."""
    return dict.fromkeys(pairs.NETWORKS, ends(run))


def ends(arguments: Mapping) -> Ends:
    """What the translators of these arguments take and give."""
    return Ends(tuple(arguments["translator"]["image_shape"]), latent_size=0)
