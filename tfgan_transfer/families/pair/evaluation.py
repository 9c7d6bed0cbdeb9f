"""Evaluations of --model=cyclegan: what `evaluation.py` is for the others."""

import pathlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import evaluation, feature_network
from tfgan_transfer.evaluations.bars import bars
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.pair import plan
from tfgan_transfer.families.pair.scores import (
    CONTENT,
    HELD_OUT,
    PairEvaluation,
    Translate,
)
from tfgan_transfer.metrics.features import NO_BARS, Bars
from tfgan_transfer.metrics.inception import Extractor
from tfgan_transfer.metrics.needs import Material
from tfgan_transfer.settings import config
from tfgan_transfer.trained.opening import Opened
from tfgan_transfer.trained.translators import Translators
from tfgan_transfer.training.checkpoint import Checkpoint

OVERRIDES = (
    "data_a",
    "data_b",
    "test_a",
    "test_b",
    "limit",
    "holdout",
    "size",
    "channels",
    "fit",
)


def of_checkpoint(
    given: Mapping, opened: Opened, split: pairs.PairSplit | None = None
) -> tuple[PairEvaluation, dict]:
    """Prepares the evaluation of both translators of a checkpoint.

    Args:
        given: Flags of `evaluate`.
        opened: The model.
        split: Images to judge by; the model's own data, which is loaded here,
            when absent.

    Returns:
        The evaluation, and what is recorded beside its values.
    """
    if given.get("pairs"):
        raise UserError(
            "--pairs: compares samples with training images, which "
            "translations need not be unlike; leave it out"
        )
    [found] = opened.checkpoints
    split = split or _own_data(given, found)
    ema = given.get("ema", True)
    sides = _sides(split, given)
    trained = found.manifest["run"]["flags"]
    chosen = evaluation.choose(given, sides.material(), trained)
    run = sides.prepare(
        Translators.of(found, ema=ema).translate,
        given,
        chosen,
        _weights(ema),
        feature_network.content(trained),
        bars(given),
    )
    about = {
        "step": found.step,
        "checkpoint": found.path.name,
        "ema": ema,
        "batch_norm": "moving statistics",
        "data": pairs.fingerprint(split.train),
    }
    left_out = dict(chosen.left_out)
    if missing := CONTENT.missing(run.raw.material):
        left_out["content"] = f"content needs {missing}"
    return run, {**about, "left_out": left_out} if left_out else about


def _own_data(given: Mapping, found: Checkpoint) -> pairs.PairSplit:
    named = plan.name_sets(given)
    flags = {
        **config.DEFAULTS,
        **found.manifest["run"]["flags"],
        **{name: named[name] for name in OVERRIDES if name in named},
    }
    return pairs.load_data(flags)


def while_training(
    settings: Mapping, split: pairs.PairSplit
) -> Callable[[keras.Model], tuple[list[dict], str]]:
    """Makes what the `MetricEval` callback calls.

    Args:
        settings: Resolved configuration.
        split: The run's images.

    Returns:
        Maps the model to JSON records of all metrics and an empty warning.
    """
    given = {**settings, "num_images": settings["eval_images"]}
    sides = _sides(split, given)
    chosen = evaluation.choose_while_training(settings, sides.material())
    unchanging = {}
    content = feature_network.content(settings)

    def measure(model: keras.Model) -> tuple[list[dict], str]:
        run = sides.prepare(
            model.translate, given, chosen, _weights(True), content
        )
        # The two sets do not change, and need to be seen only once.
        run.raw = unchanging.setdefault("raw", run.raw)
        return [
            {"metric": key, **row.record()}
            for key, row in run.keyed(chosen.metrics)
        ], ""

    return measure


class _Sides(NamedTuple):
    """Real images of both sets, as [A, B].

    Attributes:
        judged: Uint8 [N, H, W, C] to translate and to judge by.
        others: Others, for the floors.
        train: What the model has seen.
        split: What `judged` is.
    """

    judged: tuple[np.ndarray, ...]
    others: tuple[np.ndarray, ...]
    train: tuple[np.ndarray, ...]
    split: str

    def material(self) -> Material:
        """What there is in either direction."""
        count = len(self.judged[0])
        return Material(
            real=count,
            split=self.split,
            held_out=count if self.split == HELD_OUT else 0,
            train=min(map(len, self.train)),
            samples=count,
            side=self.judged[0].shape[1:3],
        )

    def prepare(
        self,
        translate: Translate,
        given: Mapping,
        chosen: evaluation.Chosen,
        weights: str,
        content: Extractor,
        shown: Bars = NO_BARS,
    ) -> PairEvaluation:
        """Translates, and puts what comes of it beside the real images."""
        cache = pathlib.Path(given.get("cache_dir") or data.cache_home())
        return PairEvaluation(
            translate,
            **self._asdict(),
            metrics=chosen.metrics,
            weights=weights,
            extractor=chosen.extractor,
            layer=chosen.layer,
            content=content,
            cache_dir=str(cache / "features"),
            budget=given.get("iw_budget", "small"),
            bars=shown,
        )


def _sides(split: pairs.PairSplit, given: Mapping) -> _Sides:
    held_out = all(map(len, split.holdout))
    wanted = given.get("split", "holdout" if held_out else "train")
    if wanted == "holdout" and not held_out:
        raise UserError(
            "--split: holdout asked for, but no images of both sets are held "
            "out; train with --holdout=N, or --test_a and --test_b, or use "
            "--split=train"
        )
    chosen, others = split.holdout, split.plain
    if wanted == "train":
        chosen, others = others, chosen
    most = given.get("num_images") or evaluation.MOST_IMAGES
    count = min(most, *map(len, chosen))
    return _Sides(
        judged=tuple(np.asarray(x.images[:count]) for x in chosen),
        others=tuple(np.asarray(x.images[:count]) for x in others),
        train=tuple(x.images for x in split.plain),
        split=HELD_OUT if wanted == "holdout" else "training images",
    )


def _weights(ema: bool) -> str:
    return "averaged translators" if ema else "translators"
