"""Evaluations of --model=cyclegan: what `evaluation.py` is for the others."""

import pathlib
from collections.abc import Callable, Mapping

import keras
import numpy as np

from tfgan_transfer import data
from tfgan_transfer.errors import UserError
from tfgan_transfer.evaluations import evaluation
from tfgan_transfer.families.pair import build as pairs
from tfgan_transfer.families.pair import plan
from tfgan_transfer.families.pair.scores import PairEvaluation, Translate
from tfgan_transfer.settings import config
from tfgan_transfer.trained.opening import Opened
from tfgan_transfer.trained.translators import Translators

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
    given: Mapping, opened: Opened
) -> tuple[PairEvaluation, dict]:
    """Prepares the evaluation of both translators of a checkpoint.

    Args:
        given: Flags of `evaluate`.
        opened: The model.

    Returns:
        The evaluation, and what is recorded beside its values.
    """
    if given.get("pairs"):
        raise UserError(
            "--pairs: compares samples with training images, which "
            "translations need not be unlike; leave it out"
        )
    named = plan.name_sets(given)
    [found] = opened.checkpoints
    flags = {
        **config.DEFAULTS,
        **found.manifest["run"]["flags"],
        **{name: named[name] for name in OVERRIDES if name in named},
    }
    split = pairs.load_data(flags)
    ema = given.get("ema", True)
    metrics = evaluation.metric_names(given.get("metrics"))
    run = _prepare(
        Translators(found, ema=ema).translate,
        split,
        given,
        evaluation.extractor_for(given, metrics),
        _weights(ema),
    )
    return run, {
        "step": found.step,
        "checkpoint": found.path.name,
        "ema": ema,
        "batch_norm": "moving statistics",
        "data": pairs.fingerprint(split.train),
    }


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
    metrics = evaluation.metrics_while_training(settings)
    extractor = evaluation.extractor_for(settings, metrics)
    given = {**settings, "num_images": settings["eval_images"]}
    unchanging = {}

    def measure(model: keras.Model) -> tuple[list[dict], str]:
        run = _prepare(model.translate, split, given, extractor, _weights(True))
        # The two sets do not change, and need to be seen only once.
        run.raw = unchanging.setdefault("raw", run.raw)
        return [
            {"metric": key, **row.record()} for key, row in run.keyed(metrics)
        ], ""

    return measure


def _prepare(
    translate: Translate,
    split: pairs.PairSplit,
    given: Mapping,
    extractor: tuple,
    weights: str,
) -> PairEvaluation:
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
    cache = pathlib.Path(given.get("cache_dir") or data.cache_home())
    network, layer = extractor
    return PairEvaluation(
        translate,
        judged=tuple(np.asarray(x.images[:count]) for x in chosen),
        others=tuple(np.asarray(x.images[:count]) for x in others),
        split="held-out images" if wanted == "holdout" else "training images",
        train=tuple(x.images for x in split.plain),
        weights=weights,
        extractor=network,
        layer=layer,
        cache_dir=str(cache / "features"),
        budget=given.get("iw_budget", "small"),
    )


def _weights(ema: bool) -> str:
    return "averaged translators" if ema else "translators"
