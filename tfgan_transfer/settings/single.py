"""Settings of models of one generator and one critic."""

from collections.abc import Mapping

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import sizes
from tfgan_transfer.settings.choices import (
    ANCHORS,
    LOSSES,
    NETWORKS,
    TRANSLATORS,
)

_PENALTIES = ("gradient_penalty", "r1", "r2")
_OF_CLASS_LOSS = {
    "class_weight_critic": 1.0,
    "class_weight_generator": 1.0,
    "class_on_fake": True,
    "label_smoothing": 0.0,
}


def derive(config: Mapping, side: int, count: int, label_mode: str) -> dict:
    """Values of settings that were not given.

    Args:
        config: What was given, and None for what follows from it.
        side: Smaller side of a typical image, in pixels.
        count: Images to train on.
        label_mode: `"none"`, `"class"` or `"tags"`, what the images have.
    """
    check_network(config)
    regularisers = LOSSES[config["adversarial_loss"]]
    return {
        "gradient_penalty": 0.0,
        "r1": 0.0,
        "r2": 0.0,
        "clip": 0.0,
        "n_critic": 1,
        "spectral_norm": False,
        **regularisers,
        "conditioning": "none",
        "class_loss": "sigmoid" if label_mode == "tags" else "softmax",
        "dropout": 0.0,
        **NETWORKS[config["network"]],
        "size": str(sizes.usual(side)),
        "flip": config["data"] != "digits",
        "anchor_weight": ANCHORS[config["anchor"]],
        "steps": min(20_000, max(2_000, 10 * count)),
        "transfer": moved(config),
    }


def moved(config: Mapping) -> str:
    """Which networks start from a source, where nobody says."""
    if not config["source"]:
        return "none"
    # The critic that starts from a classifier does not start from a GAN's.
    return "generator" if config["critic"] == "projected" else "both"


def derive_with_labels(
    config: Mapping, side: int, count: int, label_mode: str
) -> dict:
    """The same for a model that is told what to draw."""
    derived = derive(config, side, count, label_mode)
    return {**derived, "conditioning": "concat"}


def check_network(config: Mapping) -> None:
    """Refuses a network that translates images."""
    if config["network"] in TRANSLATORS:
        raise UserError(
            f"--network: {config['network']} translates images, received it "
            f"with --model={config['model']}; add --model=cyclegan"
        )


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if settings contradict each other."""
    check_network(config)
    _check_conditioning(config, config["conditioning"] == "none")
    check_game(config)
    check_transfer(config)


def check_with_labels(config: Mapping) -> None:
    """The same for a model that is told what to draw."""
    check_network(config)
    _check_conditioning(config, config["conditioning"] != "none")
    _check_class_head(config)
    taps(config)
    check_game(config)
    check_transfer(config)


def _check_conditioning(config: Mapping, fits: bool) -> None:
    if not fits:
        raise UserError(
            f"--conditioning: received {config['conditioning']} with --model="
            f"{config['model']}; --model=acgan needs concat, batch_norm or "
            "embedding, and only it has labels"
        )


def check_transfer(config: Mapping) -> None:
    """Refuses networks that start from nothing, or nothing from a source."""
    from_gan = config["transfer"] in ("both", "critic")
    if config["critic"] == "projected" and from_gan:
        raise UserError(
            "--transfer: the critic of --critic=projected starts from a "
            f"classifier, received {config['transfer']}; use "
            "--transfer=generator"
        )
    if (config["transfer"] != "none") != bool(config["source"]):
        raise UserError(
            f"--transfer: received {config['transfer']} with --source="
            f"{config['source'] or ''}; --transfer=both, generator and critic "
            "need a --source, and nothing is taken from it with none"
        )


def _check_class_head(config: Mapping) -> None:
    """Refuses what says how to weigh a class loss where there is none."""
    if config["class_head"] != "projection":
        return
    for name, neutral in _OF_CLASS_LOSS.items():
        if config[name] != neutral:
            raise UserError(
                f"--{name}: is for the class loss of --class_head=auxiliary, "
                f"received {config[name]} with --class_head=projection; leave "
                "it out"
            )


def taps(config: Mapping) -> tuple[int, ...]:
    """Reads `--class_taps`.

    Raises:
        UserError: If it is not a list of numbers.
    """
    words = [word.strip() for word in config["class_taps"].split(",")]
    if not config["class_taps"]:
        return ()
    if not all(word.isdecimal() for word in words):
        raise UserError(
            "--class_taps: expected strides such as 8,16,32, received "
            f"{config['class_taps']!r}"
        )
    return tuple(map(int, words))


def check_game(config: Mapping) -> None:
    """Refuses a critic that cannot be made, or a game that has no bound."""
    if config["network"] != "acgan":
        for name in ("dropout", "activation_noise"):
            if config[name]:
                raise UserError(
                    f"--{name}: the critic of --network=acgan has it, received "
                    f"--network={config['network']}; leave it out"
                )
    penalised = any(config[name] for name in _PENALTIES)
    if config["critic_norm"] == "batch" and penalised:
        raise UserError(
            "--critic_norm: batch norm mixes the images whose own gradients "
            "--gradient_penalty, --r1 and --r2 look at; use layer or none, or "
            "a loss without penalties such as --adversarial_loss="
            "non_saturating --r1=0"
        )
    if config["critic"] == "projected" and penalised:
        raise UserError(
            "--critic=projected: takes no --gradient_penalty, --r1 or --r2 "
            "through the frozen network, received --adversarial_loss="
            f"{config['adversarial_loss']}; use --adversarial_loss=hinge"
        )
    if config["penalty_every"] > 1 and not penalised:
        raise UserError(
            f"--penalty_every: received {config['penalty_every']} where there "
            "is no penalty; leave it out, or set --gradient_penalty, --r1 or "
            "--r2"
        )
    if config["adversarial_loss"] == "wasserstein_clip" and not config["clip"]:
        raise UserError(
            "--clip: --adversarial_loss=wasserstein_clip needs a bound above "
            "0, received 0; set one (0.01 in the paper)"
        )
    if config["augment"] == "ada" and config["augment_p"] is None:
        if not config["holdout"]:
            raise UserError(
                "--augment=ada: compares training images with held-out ones, "
                "received --holdout=0; hold some out, or fix --augment_p"
            )
