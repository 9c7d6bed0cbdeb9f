"""Alarm for a generator that has begun to draw the same thing again."""

import dataclasses

from tfgan_transfer.metrics.score import Score

_SIGMAS = 3.0


@dataclasses.dataclass(frozen=True)
class CollapseAlarm:
    """Verdict on the variety of samples.

    Attributes:
        raised: Whether the samples have lost their variety.
        variety: Their variety as a share of the real set's own.
        message: One line for a log, with both numbers.
    """

    raised: bool
    variety: float
    message: str


def collapse_alarm(
    fake: Score, real: Score, least: float = 0.5
) -> CollapseAlarm:
    """Compares the variety of samples with that of real images.

    Variety is 1 - MS-SSIM of pairs, or recall. Recall also falls to 0 while
    samples do not look real yet, so early in training only MS-SSIM tells a
    collapse from a beginning.

    Args:
        fake: Score `ms_ssim` of a batch of samples, or `recall` of samples
            against the real set.
        real: The same of real images: `ms_ssim` of as many real images, or
            `recall` of one half of the real set against the other.
        least: Share of the real variety below which the alarm is raised, if
            the gap exceeds three standard errors as well.

    Returns:
        The verdict.

    Raises:
        ValueError: The scores are not both `ms_ssim` or both `recall`.
    """
    varieties = {"ms_ssim": lambda v: 1 - v, "recall": lambda v: v}
    if fake.name != real.name or real.name not in varieties:
        raise ValueError(f"alarm on {fake.name} against {real.name}")
    variety = varieties[fake.name]
    own, reference = variety(fake.value), variety(real.value)
    noise = ((fake.spread or 0) ** 2 + (real.spread or 0) ** 2) ** 0.5
    raised = own < least * reference and reference - own > _SIGMAS * noise
    share = own / reference if reference > 0 else 1.0
    verdict = "collapse: samples are too alike" if raised else "variety is fine"
    return CollapseAlarm(
        raised,
        share,
        f"{verdict} ({fake.name} {fake.value:.3f} of samples, "
        f"{real.value:.3f} of real images; {share:.0%} of the real variety)",
    )
