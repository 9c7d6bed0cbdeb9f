"""Metrics: arrays in, numbers with their protocol out.

The functions of the package are those below; each is the one of the same
meaning in its own file, whose name may be shorter. Distances of features take
what `inception_features` makes of images.

Example:
    >>> import numpy as np
    >>> import tfgan_transfer as tt
    >>> random = np.random.default_rng(0)
    >>> real, fake = random.normal(size=(2, 200, 8))
    >>> tt.metrics.frechet_inception_distance(real, real).value
    0.0
    >>> tt.metrics.kernel_inception_distance(real, fake + 1).value > 0.1
    True
"""

import importlib

# Public name -> the file and the function in it.
_PLACES = {
    "frechet_inception_distance": ("fid", "fid"),
    "independent_wasserstein": ("critic_distance", "independent_wasserstein"),
    "inception_features": ("features", "inception_features"),
    "kernel_inception_distance": ("kid", "kid"),
    "mean_ms_ssim": ("ms_ssim", "mean_ms_ssim"),
    "memorisation_in_pixels": ("memorisation", "memorisation_in_pixels"),
    "precision_and_recall": ("precision_recall", "precision_recall"),
    "sliced_wasserstein_distance": ("sliced_wasserstein", "sliced_wasserstein"),
}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    file, function = _PLACES[name]
    return getattr(importlib.import_module(f"{__name__}.{file}"), function)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
