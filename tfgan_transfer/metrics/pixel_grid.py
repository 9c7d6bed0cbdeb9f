"""Traces of a network's pixel grid: patterns that repeat every few pixels.

A layer that doubles its maps treats even and odd pixels apart; where it does
not make them agree, the image carries a pattern with a period of 2 pixels, or
of 4 from the layer before it (Odena et al. 2016, doi 10.23915/distill.00003;
in spectra, Durall et al. 2020, arXiv 2003.01826). Photographs have no such
periods: their power falls smoothly with frequency.
"""

import numpy as np

from tfgan_transfer.metrics.score import Score

# Of smaller images no neighbours of these frequencies are left.
SMALLEST = 16
PERIODS = (2, 4)
_BATCH = 64


def ridge(images: np.ndarray) -> float:
    """How far power at these periods stands out from what is beside it.

    Args:
        images: Uint8 [N, H, W, C], sides of at least `SMALLEST` px.

    Returns:
        The largest ratio, over both directions and both periods, of the mean
        power at that frequency to the geometric mean at the neighbouring
        ones: about 1 where nothing stands out.
    """
    spectrum = _power(images)
    ratios = []
    for power in (spectrum.mean(axis=1), spectrum.mean(axis=0)):
        for period in PERIODS:
            at = len(power) // period
            # Beyond the highest frequency the spectrum is mirrored.
            beside = np.log(power[[at - 2, at - 1, at + 1, at + 2]])
            ratios.append(power[at] / np.exp(beside.mean()))
    return float(max(ratios))


def pixel_grid(name: str, images: np.ndarray, what: str) -> Score:
    """The same as a score.

    Args:
        name: Of the score.
        images: As in `ridge`.
        what: What they are; part of the protocol.
    """
    return Score(
        name,
        ridge(images),
        None,
        "",
        0,
        len(images),
        "power of grey values at periods of 2 and 4 px over that beside "
        f"them/1, {what}",
    )


def _power(images: np.ndarray) -> np.ndarray:
    """Mean power spectrum of grey values, [H, W], never quite zero."""
    total = np.zeros(images.shape[1:3])
    for start in range(0, len(images), _BATCH):
        grey = images[start : start + _BATCH].astype(np.float64).mean(axis=-1)
        grey -= grey.mean(axis=(1, 2), keepdims=True)
        total += np.sum(np.abs(np.fft.fft2(grey)) ** 2, axis=0)
    return total / len(images) + 1e-9
