"""What settings and counts are called on a page."""

from collections.abc import Mapping

from tfgan_transfer.settings.rules import RULES

LOSSES = {
    "wasserstein_gp": "a Wasserstein loss and a gradient penalty",
    "wasserstein_clip": "a Wasserstein loss and clipped weights",
    "non_saturating": "a non-saturating loss",
    "least_squares": "a least-squares loss",
    "hinge": "a hinge loss",
    "relativistic": "a relativistic loss",
}


def steps(count: int) -> str:
    """A number of steps, in words.

    Args:
        count: How many.
    """
    return "1 step" if count == 1 else f"{count:,} steps"


def game(flags: Mapping) -> str:
    """What is trained, and by which loss.

    In words alone: a model is named after the first loss that it was built
    for, which need not be its own.

    Args:
        flags: Settings of a run.
    """
    called = RULES[flags["model"]].called
    comma = "," if " " in called else ""
    return f"{called}{comma} with {LOSSES[flags['adversarial_loss']]}"
