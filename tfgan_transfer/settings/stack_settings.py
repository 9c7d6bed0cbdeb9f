"""Settings of --model=stack_gan: what stage 2 takes over, and its limits."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError

CLASSES = (
    "class_loss",
    "class_reduction",
    "class_weight_critic",
    "class_weight_generator",
    "class_on_fake",
    "label_smoothing",
)


def refuse_foreign(explicit: Mapping, model: str, defaults: Mapping) -> None:
    """Refuses settings of stage 2 that another model would ignore.

    Args:
        explicit: Flags given by the user; a run's own `flags.txt` names all.
        model: The model.
        defaults: Values of settings that nobody gave.

    Raises:
        UserError: Naming the first of them.
    """
    for name in ("stage2_width", "stage2_blocks"):
        value = explicit.get(name, defaults[name])
        if model != "stack_gan" and value != defaults[name]:
            raise UserError(
                f"--{name}: is for --model=stack_gan, received it with "
                f"--model={model}; leave it out"
            )


def inherited(settings: Mapping, source: Mapping) -> dict:
    """What stage 2 takes over from stage 1.

    Args:
        settings: What any run takes over from its source.
        source: The flags of stage 1.
    """
    kept = {name: source[name] for name in CLASSES if name in source}
    labelled = source.get("conditioning", "none") != "none"
    conditioning = "concat" if labelled else "none"
    kept = {**settings, **kept, "conditioning": conditioning}
    # The one thing that has to be another.
    del kept["size"]
    return kept


def derive(config: dict) -> None:
    """Fills in what the user left out."""
    if config["stage2_width"] is None:
        config["stage2_width"] = max(1, config["width"] // 2)
    if config["transfer"] is None:
        config["transfer"] = "critic" if config["source"] else "none"


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if a stack cannot be made of these."""
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
