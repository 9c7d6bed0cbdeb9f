"""Resolves flags into one flat configuration: explicit > stored > derived."""

import re
from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import (
    checks,
    label_settings,
    pair_config,
    stack_settings,
)
from tfgan_transfer.settings.pair_config import CYCLEGAN

# What a run is made of. None means: derived from the data or from the other
# settings in `resolve`.
DEFAULTS = {
    "run_dir": None,
    "data": None,
    "classes": None,
    "limit": None,
    "holdout": 0,
    "size": None,
    "channels": "3",
    "fit": "crop",
    "flip": None,
    "rotate": 0.0,
    "max_bad_files": 0.01,
    "cache_dir": None,
    "data_memory_mb": 2048,
    "model": "wgan_gp",
    "network": "dcgan",
    "width": None,
    "latent_size": 128,
    "latent_prior": "normal",
    "critic_norm": None,
    "spectral_norm": None,
    "dropout": None,
    "activation_noise": 0.0,
    "sync_batch_norm": False,
    "adversarial_loss": "wasserstein_gp",
    "n_critic": None,
    "gradient_penalty": None,
    "r1": None,
    "r2": None,
    "penalty_every": 1,
    "clip": None,
    "ema_decay": 0.999,
    "conditioning": None,
    "class_loss": None,
    "class_reduction": "mean",
    "class_weight_critic": 1.0,
    "class_weight_generator": 1.0,
    "class_on_fake": True,
    "label_smoothing": 0.0,
    "stage2_width": None,
    "stage2_blocks": 2,
    "source": None,
    "transfer": None,
    "freeze": "",
    "critic_warmup": 0,
    "anchor": "none",
    "anchor_weight": None,
    "augment": "none",
    "augment_p": None,
    "batch_size": 64,
    "steps": None,
    "seed": 0,
    "generator_lr": 1e-4,
    "critic_lr": None,
    "adam_beta1": 0.0,
    "adam_beta2": 0.9,
    "lr_decay": "none",
    "devices": "auto",
    "xla": "auto",
    "deterministic": False,
    "precision": "float32",
    "checkpoint_every": None,
    "keep_checkpoints": 3,
    "sample_every": None,
    "sample_grid": 64,
    "log_every": None,
    "on_nan": "stop",
    "eval_every": 0,
    "eval_metrics": "kid",
    "eval_images": 1000,
    "best_metric": "kid",
    "stop_patience": 0,
    "inception": None,
    "inception_layer": None,
    **pair_config.DEFAULTS,
}

# What a run takes over from its source unless the user says otherwise: without
# these its weights would not fit, or the critic would play another game.
INHERITED = (
    "network",
    "width",
    "size",
    "channels",
    "latent_size",
    "latent_prior",
    "critic_norm",
    "spectral_norm",
    "dropout",
    "activation_noise",
)
GAME = (
    "adversarial_loss",
    "n_critic",
    "gradient_penalty",
    "r1",
    "r2",
    "penalty_every",
    "clip",
)

# Weights that leave the anchor's term in the order of the adversarial loss.
ANCHOR_WEIGHTS = {"none": 0.0, "l2_sp": 0.1, "ewc": 100.0}

# What keeps the critic of each loss smooth, where the user says nothing.
# Gradient penalty and clipping: the papers' values. R1 and R2: a middle
# value between Mescheder et al. 2018 (10) and R3GAN at 32 px (0.05).
REGULARISERS = {
    "wasserstein_gp": {"gradient_penalty": 10.0, "n_critic": 5},
    "wasserstein_clip": {"clip": 0.01, "n_critic": 5},
    "non_saturating": {"r1": 1.0},
    "least_squares": {"r1": 1.0},
    "hinge": {"spectral_norm": True},
    "relativistic": {"r1": 1.0, "r2": 1.0},
}


def resolve(
    explicit: Mapping,
    stored: Mapping | None,
    *,
    side: int,
    count: int,
    source: Mapping | None = None,
    label_mode: str = "none",
) -> dict:
    """Settles every setting of a training run.

    Args:
        explicit: Flag name -> value, as given by the user.
        stored: The same of the run that is continued, or None.
        side: Smaller side of a typical image of the source, in pixels.
        count: Number of images to train on.
        source: The flags of the run that a new run starts from, or None.
        label_mode: `"none"`, `"class"` or `"tags"`, what the images have.

    Returns:
        A value for each key of `DEFAULTS`; None only where it means "none".

    Raises:
        UserError: If settings contradict each other.
    """
    before = inherited(source, explicit) if stored is None else stored
    model = {**DEFAULTS, **(stored or {}), **explicit}["model"]
    pair_config.refuse_foreign(explicit, model, DEFAULTS)
    stack_settings.refuse_foreign(explicit, model, DEFAULTS)
    overrides = pair_config.OVERRIDES if model == CYCLEGAN else {}
    config = {**DEFAULTS, **overrides, **before, **explicit}
    if stored is None:
        _derive(config, side, count, label_mode)
    parse_size(config["size"])
    checks.check(config)
    return config


def inherited(source: Mapping | None, explicit: Mapping) -> dict:
    """Settings that a source run passes on.

    Args:
        source: The flags of the source, or None.
        explicit: Flags given by the user, which say what game is played.
    """
    if not source:
        return {}
    pair_config.refuse_other_source(source, explicit)
    pair = source["model"] == CYCLEGAN
    names = pair_config.INHERITED if pair else INHERITED
    loss = explicit.get("adversarial_loss", source["adversarial_loss"])
    if loss == source["adversarial_loss"]:
        names += GAME
    model = explicit.get("model", DEFAULTS["model"])
    if model == source["model"]:
        names += ("conditioning",)
    settings = {name: source[name] for name in names if name in source}
    if model == "stack_gan":
        return stack_settings.inherited(settings, source)
    return settings


def _derive(config: dict, side: int, count: int, label_mode: str) -> None:
    pair = config["model"] == CYCLEGAN
    derived = (
        pair_config.derived(config, side, count)
        if pair
        else _derived(config, side, count, label_mode)
    )
    _fill(config, derived)
    if config["model"] == "stack_gan":
        stack_settings.derive(config)
    steps = config["steps"]
    rest = {
        "critic_lr": config["generator_lr"],
        "transfer": "both" if config["source"] else "none",
        "checkpoint_every": max(1, min(500, steps // 5)),
        "sample_every": max(1, min(500, steps // 10)),
        "log_every": max(1, min(50, steps // 20)),
    }
    _fill(config, rest)


def _fill(config: dict, values: Mapping) -> None:
    for name, value in values.items():
        if config[name] is None:
            config[name] = value


def _derived(config: Mapping, side: int, count: int, label_mode: str) -> dict:
    from tfgan_transfer.networks import NETWORKS

    network = NETWORKS[config["network"]]
    regularisers = REGULARISERS[config["adversarial_loss"]]
    conditional = label_settings.learns_labels(config["model"])
    return {
        **{
            name: regularisers.get(name, 0.0)
            for name in ("gradient_penalty", "r1", "r2", "clip")
        },
        "n_critic": regularisers.get("n_critic", 1),
        "spectral_norm": regularisers.get("spectral_norm", False),
        "conditioning": "concat" if conditional else "none",
        "class_loss": "sigmoid" if label_mode == "tags" else "softmax",
        "critic_norm": network.DEFAULT_NORM,
        "dropout": getattr(network, "DEFAULT_DROPOUT", 0.0),
        "width": network.DEFAULT_WIDTH,
        "size": str(min(64, 2 ** max(3, side.bit_length() - 1))),
        "flip": config["data"] != "digits",
        "anchor_weight": ANCHOR_WEIGHTS[config["anchor"]],
        "steps": min(20_000, max(2_000, 10 * count)),
        "lr_constant_steps": 0,
    }


def parse_size(size: str, flag: str = "--size") -> tuple[int, int]:
    """Reads a size, such as `--size`.

    Args:
        size: A side in pixels such as "64", or "HEIGHTxWIDTH".
        flag: The flag that gave it, for errors.

    Returns:
        (height, width) in pixels.

    Raises:
        UserError: If it is neither, or a side is not within 8 to 1024.
    """
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", str(size).strip().lower())
    if match:
        height = int(match[1])
        width = int(match[2] or height)
        if 8 <= min(height, width) and max(height, width) <= 1024:
            return height, width
    raise UserError(
        f"{flag}: expected a side such as 64, or HEIGHTxWIDTH such as 64x96, "
        f"of 8 to 1024 pixels, received {size!r}"
    )
