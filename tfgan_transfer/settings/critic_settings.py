"""Limits of what may be inside a critic."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if a critic cannot be made of these."""
    if config["network"] != "acgan":
        for name in ("dropout", "activation_noise"):
            if config[name]:
                raise UserError(
                    f"--{name}: the critic of --network=acgan has it, received "
                    f"--network={config['network']}; leave it out"
                )
    penalties = ("gradient_penalty", "r1", "r2")
    if config["critic_norm"] == "batch" and any(map(config.get, penalties)):
        raise UserError(
            "--critic_norm: batch norm mixes the images whose own gradients "
            "--gradient_penalty, --r1 and --r2 look at; use layer or none, or "
            "a loss without penalties such as --adversarial_loss="
            "non_saturating --r1=0"
        )
    if config["penalty_every"] > 1 and not any(map(config.get, penalties)):
        raise UserError(
            f"--penalty_every: received {config['penalty_every']} where there "
            "is no penalty; leave it out, or set --gradient_penalty, --r1 or "
            "--r2"
        )
