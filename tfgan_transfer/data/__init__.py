"""Own images in, training batches out.

`load` turns a `--data` value into decoded images (a training set and a
held-out set), `training_batches` turns those into an endless dataset whose
element n is a pure function of (seed, n), and `describe` says what a source
holds at no cost.
"""

from tfgan_transfer.data.cache import cache_home
from tfgan_transfer.data.domains import domains
from tfgan_transfer.data.image_set import (
    BadFile,
    Description,
    ImageSet,
    Split,
)
from tfgan_transfer.data.label_prior import LabelPrior
from tfgan_transfer.data.load import describe, load
from tfgan_transfer.data.noise import LATENT_PRIORS, latent, latents
from tfgan_transfer.data.pipeline import training_batches
from tfgan_transfer.data.selection import counts
from tfgan_transfer.data.sources import lies_inside

__all__ = [
    "LATENT_PRIORS",
    "BadFile",
    "Description",
    "ImageSet",
    "LabelPrior",
    "Split",
    "cache_home",
    "counts",
    "describe",
    "domains",
    "latent",
    "latents",
    "lies_inside",
    "load",
    "training_batches",
]
