"""How good a model is, or any pictures are: values beside their floors."""

from collections.abc import Iterator, Mapping, Sequence

import keras

from tfgan_transfer import families
from tfgan_transfer.errors import UserError, shown
from tfgan_transfer.evaluations import measuring, table
from tfgan_transfer.library import records
from tfgan_transfer.library.photos import Photos, require_photos
from tfgan_transfer.metrics.score import Row
from tfgan_transfer.settings import arguments
from tfgan_transfer.settings.options import EVALUATE
from tfgan_transfer.settings.training import INCEPTION
from tfgan_transfer.trained import opening

_ELSEWHERE = {"metrics", "images", "against", "pairs", "class_plot", "json"}
_ROWS = [x for x in (*EVALUATE, *INCEPTION) if x.name not in _ELSEWHERE]


class Scores(Mapping):
    """Values by name; printed, the table of `evaluate`.

    Args:
        found: What was measured.

    Attributes:
        rows: Score, floor and note of each value.
        record: The same as JSON values, with what was measured how.
    """

    def __init__(self, found: measuring.Measured):
        self.rows: Sequence[Row] = tuple(found.rows)
        self.record = found.record
        self._values = {row.score.name: row.score.value for row in self.rows}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        left_out = self.record.get("left_out", {}).values()
        return "\n".join(
            [
                *(f"left out: {reason}" for reason in left_out),
                table.HEADER,
                *map(table.line, self.rows),
                table.protocols(self.rows),
            ]
        )

    __repr__ = __str__


def evaluate(
    gan: keras.Model | str,
    photos: Photos,
    metrics: Sequence[str] | str | None = None,
    **options: object,
) -> Scores:
    """Measures a model against real images.

    Beside each value stands its floor: the same metric with real images in
    the place of samples.

    Args:
        gan: A model, or what `from_preset` takes.
        photos: The images; held-out ones are judged by if there are any.
        metrics: `"kid"`, `"fid"`, `"precision_recall"`, `"swd"`, `"iw"`,
            `"memorisation"`, ... A CycleGAN is measured in both directions.
            kid, fid and precision_recall when absent.
        **options: By the names of the flags of `evaluate`: `inception`, the
            path of a feature network (TF-GAN's is fetched when absent and
            needed), `num_images`, `sampling_seeds`, `split`, `cache_dir`, ...

    Returns:
        Metric -> value.

    Raises:
        UserError: If a metric is unknown, or the images do not suffice for it.

    Example:
        >>> import tfgan_transfer as tt
        >>> photos = tt.load_images("shapes", size=32, limit=20, holdout=20)
        >>> scores = tt.evaluate("zoo:faces_32", photos, ["swd"])
        >>> scores["swd"] > 0.05
        True
    """
    given = arguments.read(options, _ROWS)
    if metrics is not None:
        given["metrics"] = _names(metrics)
    require_photos(photos)
    given["size"] = photos.settings["size"]
    with records.on_disk(gan) as path:
        opened = opening.open_model(path, ema=given.get("ema", True))
        _check(opened.record, photos)
        family = families.of(opened.record["flags"])
        run, about = family.evaluate(given, opened, photos.split)
        return Scores(measuring.measure(run, about, show=False))


def _names(metrics: object) -> str:
    names = [metrics] if isinstance(metrics, str) else metrics
    texts = isinstance(names, Sequence) and [
        name for name in names if isinstance(name, str)
    ]
    if not texts or len(texts) < len(names):
        raise UserError(
            "--metrics: expected names such as ['swd', 'precision_recall'], "
            f"received {shown(metrics)}"
        )
    return ",".join(texts)


def _check(record: Mapping, photos: Photos) -> None:
    photos.require("translator" in record)
    known = tuple(record["data"].get("vocabulary", ()))
    labelled = record.get("generator", {}).get("num_labels")
    if labelled and photos.vocabulary != known:
        raise UserError(
            f"--photos: the model knows the labels {', '.join(known)}, "
            f"received images with {', '.join(photos.vocabulary) or 'none'}"
        )
