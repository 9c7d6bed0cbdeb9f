"""Settings of models that translate between two sets of images."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.settings.choices import PAIR_LOSSES, TRANSLATORS
from tfgan_transfer.settings.single import check_transfer, moved

# Settings of all models whose defaults are others here: those of Zhu et al.
# 2017 (arXiv 1703.10593), section 4.
OVERRIDES = {
    "network": None,
    "adversarial_loss": "least_squares",
    "batch_size": 1,
    "generator_lr": 2e-4,
    "adam_beta1": 0.5,
    "adam_beta2": 0.999,
    "lr_decay": "linear",
    "sample_grid": 8,
}

PASSES = 200
LARGEST_STEPS = 100_000


def derive(config: Mapping, side: int, count: int, label_mode: str) -> dict:
    """Values of settings that were not given.

    Args:
        config: What was given, and None for what follows from it.
        side: Smaller side of a typical image, in pixels.
        count: Images of the larger set.
        label_mode: Unused: labels have no effect.
    """
    wasserstein = config["adversarial_loss"] == "wasserstein_gp"
    size = config["size"] or str(min(64, max(8, side // 4 * 4)))
    largest = max(int(part) for part in str(size).split("x"))
    steps = config["steps"] or min(
        LARGEST_STEPS, max(2_000, PASSES * count // config["batch_size"])
    )
    return {
        "size": size,
        "network": "resnet_6" if largest <= 128 else "resnet_9",
        "width": 64,
        "gradient_penalty": 10.0 if wasserstein else 0.0,
        "n_critic": 5 if wasserstein else 1,
        "flip": True,
        "transfer": moved(config),
        "steps": steps,
        "lr_constant_steps": steps // 2,
    }


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if settings contradict each other."""
    for name, options in (
        ("network", TRANSLATORS),
        ("adversarial_loss", PAIR_LOSSES),
    ):
        if config[name] not in options:
            raise UserError(
                choices(f"--{name} of --model=cyclegan", config[name], options)
            )
    _check_data(config)
    check_transfer(config)
    _check_critics(config)
    if config["sync_batch_norm"] and config["network"] != "hourglass":
        raise UserError(
            "--sync_batch_norm: only --network=hourglass has batch norm, "
            f"received --network={config['network']}; leave it out"
        )
    constant, steps = config["lr_constant_steps"], config["steps"]
    if config["lr_decay"] == "linear" and constant >= steps:
        raise UserError(
            f"--lr_constant_steps: expected fewer than the {steps} steps, "
            f"received {constant}; lower it or add --lr_decay=none"
        )
    if config["source_domains"] != "ab" and not config["source"]:
        raise UserError(
            "--source_domains: names domains of --source, received none; add "
            "--source=RUN"
        )


def _check_critics(config: Mapping) -> None:
    if config["critic"] == "projected" and config["gradient_penalty"]:
        raise UserError(
            "--critic=projected: takes no --gradient_penalty through the "
            "frozen network, received --adversarial_loss="
            f"{config['adversarial_loss']} with one of "
            f"{config['gradient_penalty']:g}; use --adversarial_loss=hinge"
        )
    if config["augment"] == "ada":
        raise UserError(
            "--augment: ada adapts to one set of images, received it with "
            "--model=cyclegan; use diff, or a list of transforms"
        )


def _check_data(config: Mapping) -> None:
    if bool(config["test_a"]) != bool(config["test_b"]):
        there, missing = "ab" if config["test_a"] else "ba"
        raise UserError(
            f"--test_{missing}: expected images of both sides, received "
            f"--test_{there} alone; add it"
        )
    if config["test_a"] and config["holdout"]:
        raise UserError(
            f"--holdout: --test_a and --test_b are held out already, received "
            f"--holdout={config['holdout']:g} too; leave it out"
        )
