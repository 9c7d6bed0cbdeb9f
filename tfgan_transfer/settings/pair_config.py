"""Settings of --model=cyclegan: defaults, what follows from what, checks."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.settings.choices import PAIR_LOSSES, TRANSLATORS

# Settings that only this model has.
DEFAULTS = {
    "data_a": None,
    "data_b": None,
    "test_a": None,
    "test_b": None,
    "load_size": None,
    "cycle_weight": 10.0,
    "identity_weight": 0.5,
    "pool_size": 50,
    "critic_view": "patch",
    "critic_layers": 3,
    "lr_constant_steps": None,
    "source_domains": "ab",
}

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

INHERITED = (
    "network",
    "width",
    "size",
    "channels",
    "critic_view",
    "critic_layers",
)

# Settings of other models, and what they are where they have no effect.
NEUTRAL = {
    "r1": 0.0,
    "r2": 0.0,
    "clip": 0.0,
    "spectral_norm": False,
    "critic_norm": "none",
    "conditioning": "none",
    "class_loss": "softmax",
    "anchor_weight": 0.0,
    "dropout": 0.0,
}
FOREIGN = frozenset(NEUTRAL) | frozenset(
    """data classes rotate activation_noise latent_size latent_prior
    class_reduction class_weight_critic class_weight_generator class_on_fake
    label_smoothing stage2_width stage2_blocks critic_warmup anchor augment
    augment_p penalty_every""".split()
)

PASSES = 200
LARGEST_STEPS = 100_000
CYCLEGAN = "cyclegan"


def refuse_foreign(explicit: Mapping, model: str, defaults: Mapping) -> None:
    """Refuses settings that the chosen model would silently ignore.

    Args:
        explicit: Flags given by the user; a run's own `flags.txt` names all.
        model: The model.
        defaults: Values of settings that nobody gave.

    Raises:
        UserError: Naming the first of them.
    """
    pair = model == CYCLEGAN
    foreign = FOREIGN if pair else DEFAULTS
    neutral = {**defaults, **NEUTRAL, "lr_constant_steps": 0}
    for name, value in explicit.items():
        if name in foreign and value != neutral[name]:
            owner = "other models" if pair else "--model=cyclegan"
            raise UserError(
                f"--{name}: is for {owner}, received it with --model={model}; "
                "leave it out"
            )
    network = explicit.get("network")
    if network in TRANSLATORS and model != CYCLEGAN:
        raise UserError(
            f"--network: {network} translates images, received it with "
            f"--model={model}; add --model=cyclegan"
        )


def refuse_other_source(source: Mapping, explicit: Mapping) -> None:
    """Refuses a source whose networks have other tasks.

    Args:
        source: The flags of the source.
        explicit: Flags given by the user.

    Raises:
        UserError: If only one of the two translates images.
    """
    pair = explicit.get("model") == CYCLEGAN
    if pair != (source["model"] == CYCLEGAN):
        raise UserError(
            f"--source: expected a run of "
            f"{'--model=cyclegan' if pair else 'another model'}, received one "
            f"of --model={source['model']}; choose another source or --model"
        )


def derived(config: Mapping, side: int, count: int) -> dict:
    """Values of settings that were not given.

    Args:
        config: What was given, and None for what follows from it.
        side: Smaller side of a typical image, in pixels.
        count: Images of the larger set.
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
        **NEUTRAL,
        "steps": steps,
        "lr_constant_steps": steps // 2,
    }


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if settings contradict each other."""
    if config["model"] != CYCLEGAN:
        return
    for name, options in (
        ("network", TRANSLATORS),
        ("adversarial_loss", PAIR_LOSSES),
    ):
        if config[name] not in options:
            raise UserError(
                choices(f"--{name} of --model=cyclegan", config[name], options)
            )
    _check_data(config)
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
