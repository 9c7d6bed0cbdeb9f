"""Settings of models that use the labels of their images."""

from collections.abc import Mapping, Sequence

from tfgan_transfer.errors import UserError

# Share of the latent below which joined labels get lost: 23 beside 100 are
# obeyed, 23 beside 4,096 are not (the tagged WGAN-GP's experiment D).
DROWNED = 0.02


def learns_labels(model: str) -> bool:
    """Whether models of a family learn the labels of their images.

    A second stage does not: it takes over what its first stage has learnt,
    labels or none.
    """
    return model == "acgan"


def check(config: Mapping) -> None:
    """Raises a one-line `UserError` if labels are asked of the wrong model."""
    labelled = config["conditioning"] != "none"
    if config["model"] != "stack_gan" and labelled != learns_labels(
        config["model"]
    ):
        raise UserError(
            f"--conditioning: received {config['conditioning']} with --model="
            f"{config['model']}; --model=acgan needs concat, batch_norm or "
            "embedding, and only it has labels"
        )


def lines(
    config: Mapping, vocabulary: Sequence[str], label_mode: str
) -> list[str]:
    """What is said about the labels, if the model has any."""
    if config["conditioning"] == "none":
        return []
    count, size = len(vocabulary), config["latent_size"]
    said = [f"labels    {count} ({label_mode}), {config['conditioning']}"]
    joined = config["conditioning"] == "concat"
    if learns_labels(config["model"]) and joined and count < DROWNED * size:
        said.append(
            f"warning: {count} labels beside a latent of {size} hardly "
            "count; lower --latent_size or use --conditioning=batch_norm"
        )
    return said
