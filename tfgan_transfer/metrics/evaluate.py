"""One evaluation: samples against real images, each value beside its floor.

The floor of a metric is its value for real images in the place of samples,
at the same sample sizes: what a perfect generator would get.
"""

from collections.abc import Callable, Iterator, Sequence

from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.metrics import (
    conditional,
    critic_distance,
    fid,
    inception_score,
    kid,
    label_accuracy,
    memorisation,
    ms_ssim,
    precision_recall,
    sliced_wasserstein,
)
from tfgan_transfer.metrics.evidence import Evidence
from tfgan_transfer.metrics.inception import LOGITS
from tfgan_transfer.metrics.needs import FEATURES, Material, Metric, Needs
from tfgan_transfer.metrics.score import Row, Score


def _comparison(metric: Callable[..., Score], fewest: int) -> Metric:
    """A metric of two feature sets that has one row and one least size."""

    def rows(run: Evidence) -> Iterator[Row]:
        yield run.compare(metric, fewest)

    return Metric(rows, Needs(real=fewest, samples=fewest, output=FEATURES))


METRICS = {
    "fid": Metric(
        fid.fid_rows,
        Needs(real=fid.FEWEST, samples=fid.FEWEST, output=FEATURES),
    ),
    "fid_inf": _comparison(fid.fid_infinite, fid.FEWEST_TO_EXTRAPOLATE),
    "kid": _comparison(kid.kid, kid.FEWEST),
    "precision_recall": Metric(
        precision_recall.precision_recall_rows,
        Needs(
            real=precision_recall.FEWEST,
            samples=precision_recall.FEWEST,
            output=FEATURES,
        ),
    ),
    "is": Metric(
        inception_score.inception_score_rows,
        Needs(samples=inception_score.FEWEST, output=LOGITS),
    ),
    "swd": Metric(
        sliced_wasserstein.swd_rows,
        Needs(real=1, samples=1, lacks=sliced_wasserstein.swd_lacks),
    ),
    "ms_ssim": Metric(
        ms_ssim.ms_ssim_rows,
        Needs(samples=ms_ssim.FEWEST, side=ms_ssim.SMALLEST),
    ),
    "iw": Metric(
        critic_distance.iw_rows,
        Needs(
            held_out=critic_distance.FEWEST,
            train=critic_distance.FEWEST,
            samples=critic_distance.FEWEST,
            side=critic_distance.LAST_SIDE,
        ),
    ),
    # In features as well where there is a network.
    "memorisation": Metric(
        memorisation.memorisation_rows,
        Needs(
            held_out=memorisation.FEWEST,
            train=memorisation.FEWEST,
            samples=memorisation.FEWEST,
        ),
    ),
    "per_class": Metric(
        conditional.per_class_rows,
        Needs(
            real=kid.FEWEST,
            samples=kid.FEWEST,
            output=FEATURES,
            lacks=conditional.labels_lack(kid.FEWEST),
        ),
    ),
    "class_ms_ssim": Metric(
        conditional.class_ms_ssim_rows,
        Needs(
            real=ms_ssim.FEWEST,
            samples=ms_ssim.FEWEST,
            side=ms_ssim.SMALLEST,
            lacks=conditional.labels_lack(ms_ssim.FEWEST),
        ),
    ),
    "label_accuracy": Metric(
        label_accuracy.label_accuracy_rows,
        Needs(
            held_out=label_accuracy.FEWEST,
            train=1,
            lacks=label_accuracy.judge_lacks,
        ),
        trains=True,
    ),
    "discriminability": Metric(
        label_accuracy.discriminability_rows,
        Needs(
            held_out=label_accuracy.FEWEST,
            train=1,
            side=min(label_accuracy.RESOLUTIONS),
            lacks=label_accuracy.judge_lacks,
        ),
        trains=True,
    ),
}


def obstacles(names: Sequence[str], has: Material) -> dict[str, str]:
    """Says which metrics cannot be measured, before anything is computed.

    Args:
        names: Keys of `METRICS`.
        has: What the evaluation has.

    Returns:
        Metric -> one sentence: what it needs, what there is, what to do.

    Raises:
        UserError: If a metric is unknown.
    """
    found = {}
    for name in names:
        if name not in METRICS:
            raise UserError(choices("--metrics", name, METRICS))
        if missing := METRICS[name].needs.missing(has):
            found[name] = f"{name} needs {missing}, or leave it out"
    return found


def require(
    names: Sequence[str], has: Material, flag: str = "--metrics"
) -> None:
    """Refuses metrics that cannot be measured.

    Args:
        names: Keys of `METRICS`.
        has: What the evaluation has.
        flag: What asked for them.

    Raises:
        UserError: If a metric is unknown or the images don't suffice.
    """
    for sentence in obstacles(names, has).values():
        raise UserError(f"{flag}: {sentence}")


def require_for_picture(flag: str, names: Sequence[str], has: Material) -> None:
    """Refuses a picture of metrics that cannot be measured.

    Args:
        flag: What asked for it.
        names: Keys of `METRICS`: what it is drawn of.
        has: What the evaluation has.

    Raises:
        UserError: If the images don't suffice.
    """
    for name in names:
        if missing := METRICS[name].needs.missing(has):
            raise UserError(f"{flag}: needs {missing}")


class Evaluation(Evidence):
    """Images, and the metrics that are taken of them.

    Args:
        metrics: Keys of `METRICS`: what it was made to measure.
        **evidence: As for `Evidence`.

    Attributes:
        done: Metrics whose rows are all known.
    """

    def __init__(self, metrics: Sequence[str] = (), **evidence):
        super().__init__(**evidence)
        self.metrics = metrics
        self.done: list[str] = []

    def rows(self, metrics: Sequence[str]) -> Iterator[Row]:
        """Measures, one metric after the other.

        Args:
            metrics: Keys of `METRICS`.

        Yields:
            One or several rows per metric, each once.

        Raises:
            UserError: If a metric is unknown or the images don't suffice.
        """
        for _, row in self.keyed(metrics):
            yield row

    def keyed(self, metrics: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """The rows, each with the first metric that has it."""
        require(metrics, self.material)
        known = set()
        with self.bars(total=len(metrics), unit="metric") as bar:
            for name in metrics:
                bar.set_description_str(name)
                for row in METRICS[name].rows(self):
                    if row.score not in known:
                        known.add(row.score)
                        yield name, row
                self.done.append(name)
                bar.update()
