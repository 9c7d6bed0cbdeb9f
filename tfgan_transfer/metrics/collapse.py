"""Alarm for a generator that has begun to draw the same thing again."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tfgan_transfer.metrics.ms_ssim import mean_ms_ssim
from tfgan_transfer.metrics.score import Score
from tfgan_transfer.metrics.spread import color_spread, feature_spread

_SIGMAS = 3.0
# Fewer images, of all or of a class, give fewer than ten pairs.
FEWEST = 5

# Of the scores that tell variety: how much of it a value means, and what to
# say of samples that have lost it.
_VARIETIES = {
    "ms_ssim": (lambda v: 1 - v, "samples are too alike"),
    "recall": (lambda v: v, "samples are too alike"),
    "color_spread": (lambda v: v, "samples have lost their colours"),
    "feature_spread": (lambda v: v, "samples show too few things"),
}


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

    Variety is 1 - MS-SSIM of pairs, recall, or a spread. Recall also falls to
    0 while samples do not look real yet, so early in training it does not
    tell a collapse from a beginning.

    Args:
        fake: Score `ms_ssim`, `color_spread` or `feature_spread` of a batch
            of samples, or `recall` of samples against the real set.
        real: The same of as many real images, or `recall` of one half of the
            real set against the other.
        least: Share of the real variety below which the alarm is raised, if
            the gap exceeds three standard errors as well.

    Returns:
        The verdict.

    Raises:
        ValueError: The scores are of two kinds, or of one that does not tell
            variety.
    """
    if fake.name != real.name or real.name not in _VARIETIES:
        raise ValueError(f"alarm on {fake.name} against {real.name}")
    variety, loss = _VARIETIES[fake.name]
    own, reference = variety(fake.value), variety(real.value)
    noise = ((fake.spread or 0) ** 2 + (real.spread or 0) ** 2) ** 0.5
    raised = own < least * reference and reference - own > _SIGMAS * noise
    share = own / reference if reference > 0 else 1.0
    verdict = f"collapse: {loss}" if raised else "variety is fine"
    return CollapseAlarm(
        raised,
        share,
        f"{verdict} ({fake.name} {fake.value:.3f} of samples, "
        f"{real.value:.3f} of real images; {share:.0%} of the real variety)",
    )


class CollapseWatch:
    """Watches the variety of samples, of all and of each label.

    AC-GAN (Odena et al., 2017, section 4.2) found classes that collapse while
    the others stay varied, which a measure of all samples does not show.

    Args:
        real: Uint8 [N, H, W, C] with sides of at least 16 pixels.
        labels: [N, L], 0 or 1; None to watch all samples only.
        vocabulary: Names of the L labels.
        features: Maps such images to features [N, D], whose spread is then
            watched as well.
    """

    def __init__(
        self,
        real: np.ndarray,
        labels: np.ndarray | None = None,
        vocabulary: Sequence[str] = (),
        features: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        self.vocabulary = vocabulary
        self.features = features
        self.real = self._scores(real)
        self.classes = {} if labels is None else _by_label(real, labels)

    def __call__(
        self, samples: np.ndarray, labels: np.ndarray | None = None
    ) -> str:
        """Compares samples with the real images.

        Args:
            samples: Uint8 [n, H, W, C].
            labels: [n, L], the labels asked for, if labels are watched.

        Returns:
            A warning, empty if all is well. Labels of fewer than five samples
            or real images are not watched.
        """
        found = []
        for score, real in zip(self._scores(samples), self.real, strict=True):
            alarm = collapse_alarm(score, real)
            if alarm.raised:
                found.append(alarm.message)
        drawn = _by_label(samples, labels) if self.classes else {}
        for column in sorted(self.classes.keys() & drawn.keys()):
            alarm = collapse_alarm(drawn[column], self.classes[column])
            if alarm.raised:
                found.append(f"{self.vocabulary[column]}: {alarm.message}")
        if found:
            found.append("--restart_from=STEP goes back to before it")
        return "; ".join(found)

    def _scores(self, images: np.ndarray) -> list[Score]:
        scores = [mean_ms_ssim(images), color_spread(images)]
        if self.features:
            scores.append(feature_spread(self.features(images)))
        return scores


def _by_label(images: np.ndarray, labels: np.ndarray) -> dict[int, Score]:
    members = labels == 1
    return {
        column: mean_ms_ssim(images[members[:, column]])
        for column in range(labels.shape[1])
        if members[:, column].sum() >= FEWEST
    }
