"""Settings of a second stage: what it takes over, and its limits."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import model, single

# What is said of the class head, which stage 1's critic has too.
CLASSES = tuple(row.name for row in model.LABELS if row.name != "conditioning")


def inherit(settings: Mapping, source: Mapping) -> dict:
    """What stage 2 takes over from stage 1.

    Args:
        settings: What any run takes over from its source.
        source: The settings of stage 1.
    """
    kept = {name: source[name] for name in CLASSES if name in source}
    labelled = source.get("conditioning", "none") != "none"
    conditioning = "concat" if labelled else "none"
    kept = {**settings, **kept, "conditioning": conditioning}
    # The one thing that has to be another.
    del kept["size"]
    return kept


def derive(config: Mapping, side: int, count: int, label_mode: str) -> dict:
    """Values of settings that were not given; see `single.derive`."""
    derived = single.derive(config, side, count, label_mode)
    width = config["width"] or derived["width"]
    return {
        **derived,
        "stage2_width": max(1, width // 2),
        "transfer": "critic" if config["source"] else "none",
    }


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if a stack cannot be made of these."""
    single.check_network(config)
    single.check_game(config)
    if not config["source"]:
        raise UserError(
            "--source: --model=stack_gan draws over the images of a trained "
            "stage 1, received none; add --source=RUN, a run of another "
            "--model"
        )
    if config["transfer"] not in ("critic", "none"):
        raise UserError(
            "--transfer: stage 1 is part of the generator already, received "
            f"{config['transfer']}; use critic, which starts from stage 1's, "
            "or none"
        )
