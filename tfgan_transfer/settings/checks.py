"""Settings of a run that contradict each other."""

import math
from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import (
    critic_settings,
    label_settings,
    pair_config,
    stack_settings,
)


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if settings contradict each other.

    Args:
        config: Resolved configuration.
    """
    pair_config.check(config)
    label_settings.check(config)
    critic_settings.check(config)
    for name, value in config.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(
                f"--{name}: expected a finite number, received {value}"
            )
    if (
        config["adversarial_loss"] == "wasserstein_gp"
        and not (config["gradient_penalty"])
    ):
        raise UserError(
            "--gradient_penalty: --adversarial_loss=wasserstein_gp needs a "
            "weight above 0, received 0; set one (10 in the paper) or choose "
            "wasserstein_clip"
        )
    if config["adversarial_loss"] == "wasserstein_clip" and not config["clip"]:
        raise UserError(
            "--clip: --adversarial_loss=wasserstein_clip needs a bound above "
            "0, received 0; set one (0.01 in the paper)"
        )
    if config["model"] == "stack_gan":
        stack_settings.check(config)
    elif (config["transfer"] != "none") != bool(config["source"]):
        raise UserError(
            f"--transfer: received {config['transfer']} with --source="
            f"{config['source'] or ''}; --transfer=both, generator and critic "
            "need a --source, and nothing is taken from it with none"
        )
    if config["anchor"] != "none" and config["transfer"] in ("none", "critic"):
        raise UserError(
            "--anchor: holds a generator near the one of --source, received "
            f"--transfer={config['transfer']}; use --transfer=both or generator"
        )
    if config["augment"] == "ada" and config["augment_p"] is None:
        if not config["holdout"]:
            raise UserError(
                "--augment=ada: compares training images with held-out ones, "
                "received --holdout=0; hold some out, or fix --augment_p"
            )
    for name in ("generator_lr", "critic_lr"):
        if config[name] <= 0:
            raise UserError(
                f"--{name}: expected a rate above 0, received {config[name]}"
            )
