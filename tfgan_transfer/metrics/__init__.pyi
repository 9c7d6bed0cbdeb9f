"""The public metrics for type checkers; `__init__.py` finds them when used."""

from tfgan_transfer.metrics.critic_distance import (
    independent_wasserstein as independent_wasserstein,
)
from tfgan_transfer.metrics.features import (
    inception_features as inception_features,
)
from tfgan_transfer.metrics.fid import fid as frechet_inception_distance
from tfgan_transfer.metrics.kid import kid as kernel_inception_distance
from tfgan_transfer.metrics.memorisation import (
    memorisation_in_pixels as memorisation_in_pixels,
)
from tfgan_transfer.metrics.ms_ssim import mean_ms_ssim as mean_ms_ssim
from tfgan_transfer.metrics.precision_recall import (
    precision_recall as precision_and_recall,
)
from tfgan_transfer.metrics.sliced_wasserstein import (
    sliced_wasserstein as sliced_wasserstein_distance,
)

__all__ = [
    "frechet_inception_distance",
    "independent_wasserstein",
    "inception_features",
    "kernel_inception_distance",
    "mean_ms_ssim",
    "memorisation_in_pixels",
    "precision_and_recall",
    "sliced_wasserstein_distance",
]
