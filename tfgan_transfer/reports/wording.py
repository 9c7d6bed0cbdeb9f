"""What settings and counts are called on a page."""

from collections.abc import Mapping

from tfgan_transfer.settings.rules import RULES

LOSSES = {
    "wasserstein_gp": "Wasserstein loss with gradient penalty",
    "wasserstein_clip": "Wasserstein loss with clipped weights",
    "non_saturating": "non-saturating loss",
    "least_squares": "least-squares loss",
    "hinge": "hinge loss",
    "relativistic": "relativistic loss",
}


def steps(count: int) -> str:
    """A number of steps, in words.

    Args:
        count: How many.
    """
    return "1 step" if count == 1 else f"{count:,} steps"


def game(flags: Mapping) -> str:
    """What is trained, and by which loss.

    The name of a model is that of the first loss it was built for, which need
    not be its own: both have to be said.

    Args:
        flags: Settings of a run.
    """
    model = flags["model"]
    loss = LOSSES[flags["adversarial_loss"]]
    return f"{RULES[model].called}, {loss} (--model={model})"
