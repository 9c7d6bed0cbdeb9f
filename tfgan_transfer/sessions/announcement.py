"""What a run says about itself before its first step."""

import keras

from tfgan_transfer import families
from tfgan_transfer.families.family import Plan


def lines(
    plan: Plan,
    split: tuple,
    model: keras.Model,
    devices: str,
) -> list[str]:
    """One line for each thing that the flags have settled.

    Args:
        plan: Of the run.
        split: What was loaded.
        model: The compiled model.
        devices: What it runs on.
    """
    config = plan.config
    family = families.of(config)
    frozen = "; ".join(map(str, model.frozen))
    return [
        *family.announce(plan, split, model),
        f"training  {config['adversarial_loss']}, {config['n_critic']} "
        f"critic iterations, batch {config['batch_size']}, "
        f"{config['steps']} steps",
        f"freezing  {frozen}" if frozen else "freezing  nothing",
        f"devices   {devices}",
        *(
            f"warning: --freeze keeps random weights: the {part.network} does "
            "not start from a --source"
            for part in model.frozen
            if part.network not in family.moved[config["transfer"]]
        ),
    ]
