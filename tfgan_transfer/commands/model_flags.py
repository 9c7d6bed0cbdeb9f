"""Flags that choose the model and the game it plays."""

from absl import flags

from tfgan_transfer.settings.choices import (
    CLASS_LOSSES,
    CLASS_REDUCTIONS,
    CONDITIONINGS,
    LATENT_PRIORS,
    LOSSES,
    MODELS,
    NETWORKS,
    NORMS,
    TRANSLATORS,
)


def define_model() -> None:
    """Networks and the game they play."""
    flags.DEFINE_enum("model", None, MODELS, "Model family.")
    flags.DEFINE_enum("network", None, NETWORKS + TRANSLATORS, "Architecture.")
    flags.DEFINE_integer("width", None, "Channels at full resolution.", 1, 4096)
    flags.DEFINE_integer(
        "latent_size", None, "Length of the latent z.", 1, 65536
    )
    flags.DEFINE_enum(
        "latent_prior", None, LATENT_PRIORS, "Distribution of the latent z."
    )
    flags.DEFINE_enum("critic_norm", None, NORMS, "Norm inside the critic.")
    flags.DEFINE_bool("spectral_norm", None, "Spectral norm in the critic.")
    flags.DEFINE_float(
        "dropout", None, "Rate in the critic of --network=acgan.", 0, 0.99
    )
    flags.DEFINE_float(
        "activation_noise", None, "Its standard deviation there.", 0
    )
    flags.DEFINE_bool(
        "sync_batch_norm", None, "Batch statistics over all replicas."
    )
    flags.DEFINE_enum("adversarial_loss", None, LOSSES, "Adversarial loss.")
    flags.DEFINE_integer(
        "n_critic", None, "Critic iterations per generator step.", 1
    )
    flags.DEFINE_float(
        "gradient_penalty", None, "Weight of the two-sided penalty.", 0
    )
    flags.DEFINE_float("r1", None, "Weight of the R1 penalty.", 0)
    flags.DEFINE_float("r2", None, "Weight of the R2 penalty.", 0)
    flags.DEFINE_integer(
        "penalty_every",
        None,
        "Take penalties every k-th critic iteration, k times as heavy (1).",
        1,
    )
    flags.DEFINE_float("clip", None, "Bound on critic weights; 0 is none.", 0)
    flags.DEFINE_float(
        "ema_decay", None, "Decay of the averaged generator.", 0, 0.999999
    )


def define_labels() -> None:
    """How --model=acgan uses the labels of the images."""
    flags.DEFINE_enum(
        "conditioning", None, CONDITIONINGS, "How labels enter the generator."
    )
    flags.DEFINE_enum(
        "class_loss", None, CLASS_LOSSES, "One class per image, or tags."
    )
    flags.DEFINE_enum(
        "class_reduction", None, CLASS_REDUCTIONS, "Over tags (mean)."
    )
    flags.DEFINE_float(
        "class_weight_critic", None, "Of the critic's class loss (1).", 0
    )
    flags.DEFINE_float(
        "class_weight_generator", None, "Of the generator's (1).", 0
    )
    flags.DEFINE_bool(
        "class_on_fake", None, "Critic learns labels of its fakes too (yes)."
    )
    flags.DEFINE_float(
        "label_smoothing", None, "Of the critic's targets (0).", 0, 0.999
    )


def define_ensemble() -> None:
    """Several models instead of one."""
    flags.DEFINE_integer(
        "ensemble", None, "Models that share the classes among them.", 2
    )


def define_stack() -> None:
    """The second stage of --model=stack_gan."""
    flags.DEFINE_integer(
        "stage2_width", None, "Channels of stage 2 (half of --width).", 1
    )
    flags.DEFINE_integer(
        "stage2_blocks", None, "Its residual blocks before enlarging (2).", 0
    )
