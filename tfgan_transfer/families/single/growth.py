"""Through which sizes the networks of a run have grown."""

from collections.abc import Mapping

from tfgan_transfer.families.family import Plan
from tfgan_transfer.networks.growth import BLURRED
from tfgan_transfer.settings.config import parse_size
from tfgan_transfer.training.checkpoint import Checkpoint

# With `BLURRED` after them where what is added is blurred.
Size = tuple[int, int] | tuple[int, int, str]

NETWORKS = ("generator", "critic")


def found(plan: Plan, stored: Mapping | None) -> dict[str, list[Size]]:
    """Finds the sizes at which the networks of a run were before.

    A run that goes on is what it was. A new one grows what it takes over from
    a source of smaller images, and keeps what its source had grown.

    Args:
        plan: Of the run.
        stored: `config.json` of the run that is continued, or None.

    Returns:
        Network -> the size of its images before each growth, the smallest
        first, for networks that have grown.
    """
    if stored:
        sizes = {name: before(stored[name]) for name in NETWORKS}
    elif plan.source:
        run, moved = plan.source.manifest["run"], plan.config["transfer"]
        # A critic on features of another size is a new one.
        sizes = {
            name: _grown(name, run[name], plan.config)
            for name in NETWORKS
            if moved in ("both", name) and "features" not in run[name]
        }
    else:
        sizes = {}
    return {name: list(its) for name, its in sizes.items() if its}


def at_phase(
    plan: Plan,
    config: Mapping,
    source: Checkpoint | None,
    record: Mapping | None,
) -> Plan:
    """The plan of a phase.

    Args:
        plan: Of the run.
        config: Settings of the phase.
        source: The checkpoint that it starts from, if it begins.
        record: What the checkpoint that it goes on from says of its run.
    """
    own = plan._replace(config=config, source=source)
    return own._replace(grown_from=found(own, record))


def before(options: Mapping) -> list[Size]:
    """The sizes that the arguments of a network say it grew from."""
    return [tuple(size) for size in options.get("grown_from", ())]


def first_shape(options: Mapping) -> tuple[int, int, int]:
    """The shape of a network's images before it grew."""
    *size, channels = options["image_shape"]
    return (*[*before(options), size][0][:2], channels)


def _grown(name: str, source: Mapping, config: Mapping) -> list[Size]:
    size, old = parse_size(config["size"]), tuple(source["image_shape"][:2])
    if size == old:
        return before(source)
    larger = all(new > side for new, side in zip(size, old, strict=True))
    if not larger or config["growth"] == "latent_end":
        return []
    blurred = name == "generator" and config["growth"] == "smooth"
    return [*before(source), (*old, BLURRED) if blurred else old]
