"""The most realistic of many samples, and a sentence that says so."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import evaluation, feature_network
from tfgan_transfer.families.single.evaluation import load_data
from tfgan_transfer.metrics.realism import FEWEST, NEIGHBOUR, realism
from tfgan_transfer.networks.features import LITE0
from tfgan_transfer.settings import config
from tfgan_transfer.trained.opening import Opened
from tfgan_transfer.trained.sampling import Sampler

# Drawn for each that is kept, where --of does not say.
_OF = 4


class Selecting:
    """Draws many images and keeps those that are most realistic.

    Args:
        sampler: What draws.
        real: Uint8 [N, H, W, C] images that realism is measured by.
        drawn: Number of images to draw for those that are asked for.
    """

    def __init__(self, sampler: Sampler, real: np.ndarray, drawn: int):
        self.sampler = sampler
        self.record = sampler.record
        self.drawn = drawn
        self.real = feature_network.described(real)

    def draw(self, count: int, label: np.ndarray | None = None) -> np.ndarray:
        """The best `count`, best first, uint8 [count, H, W, C].

        Args:
            count: How many are kept.
            label: Float32 [L] for all of them, or the labels of the seed.
        """
        images = self.sampler.draw(self.drawn, label)
        scores = realism(self.real, feature_network.described(images))
        return images[np.argsort(-scores, kind="stable")[:count]]


def check(given: Mapping) -> None:
    """Refuses flags of `generate` that do not go together.

    Args:
        given: `best`, `of` and the others, as given.

    Raises:
        UserError: If they contradict one another.
    """
    if given.get("of") and not given.get("best"):
        raise UserError(
            "--of: expected --best=N beside it, the number to keep, received "
            "none; add it, or give --num alone"
        )
    if not given.get("best"):
        return
    for flag in ("num", "interpolate"):
        if given.get(flag):
            raise UserError(
                f"--best: --{flag} does not go with it, received both; give "
                "--best=N to keep N of --of=M images"
            )
    if _drawn(given) < given["best"]:
        raise UserError(
            f"--of: expected at least --best={given['best']}, received "
            f"{given['of']}; draw more"
        )


def selecting(opened: Opened, sampler: Sampler, given: Mapping) -> Selecting:
    """A sampler that keeps the best by the run's own training images.

    Args:
        opened: The model.
        sampler: What draws from it.
        given: `best` and `of`.

    Raises:
        UserError: If the training images cannot be read, or are too few.
    """
    flags = {**config.DEFAULTS, **opened.record["flags"]}
    if not flags.get("data"):
        raise UserError(
            "--best: expected a model of one set of images, received one "
            "without; leave --best out"
        )
    try:
        train = load_data(opened, flags).train.images
    except UserError as error:
        raise UserError(
            "--best: it takes the images that the model was trained on, and "
            f"they cannot be read ({error.command_line}); bring them back, "
            "or leave --best out"
        ) from error
    if len(train) < FEWEST:
        raise UserError(
            f"--best: expected at least {FEWEST} training images, received "
            f"{len(train)}; leave --best out"
        )
    real = np.asarray(train[: evaluation.MOST_IMAGES])
    return Selecting(sampler, real, _drawn(given))


def sentence(opened: Opened, selected: Selecting, given: Mapping) -> str:
    """Says that images were selected, and how."""
    seen = feature_network.seen_by_critic(opened.record["flags"])
    return (
        f"selected: the {given['best']} most realistic of {selected.drawn}, "
        f"by {LITE0}'s features and {len(selected.real)} training images "
        f"(k = {NEIGHBOUR}"
        f"{', the critic has seen this network' if seen else ''}); they are "
        "better and less varied than what the model draws"
    )


def _drawn(given: Mapping[str, Any]) -> int:
    return given.get("of") or _OF * given["best"]
