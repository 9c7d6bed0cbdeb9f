"""Evaluations of a generator: of a checkpoint, of a folder, in training."""

import statistics
from collections.abc import Callable, Mapping

import keras
import numpy as np

from tfgan_transfer import data, pixels
from tfgan_transfer.data import subset
from tfgan_transfer.errors import UserError, choices
from tfgan_transfer.evaluations import evaluation, feature_network
from tfgan_transfer.evaluations.bars import bars
from tfgan_transfer.families.single import build
from tfgan_transfer.metrics import collapse, ms_ssim
from tfgan_transfer.metrics.collapse import CollapseWatch
from tfgan_transfer.metrics.evaluate import Evaluation
from tfgan_transfer.settings import config
from tfgan_transfer.trained.opening import Opened


def of_checkpoint(
    given: Mapping, opened: Opened, split: data.Split | None = None
) -> tuple[Evaluation, dict]:
    """Prepares the evaluation of a generator.

    Args:
        given: Flags of `evaluate`.
        opened: The model.
        split: Images of `given["size"]` to judge by; the model's own data,
            which is loaded here, when absent.

    Returns:
        The evaluation, and what is recorded beside its values.
    """
    # A run of an older version lacks the flags that are newer.
    flags = {**config.DEFAULTS, **opened.record["flags"], **_overrides(given)}
    split = split or load_data(opened, flags)
    first = given.get("seed", 0)
    seeds = range(first, first + given.get("sampling_seeds", 3))
    count = given.get("num_images") or _usual(split, given)
    size = config.parse_size(flags["size"])
    samplers = [opened.sampler(seed=seed, size=size) for seed in seeds]
    labels = [sampler.labels(count) for sampler in samplers]
    if labels[0] is None:
        labels = []
    has = evaluation.material(split, given.get("split"), count, labels)
    chosen = evaluation.choose(given, has, opened.record["flags"])
    about = {
        **opened.about,
        "ema": given.get("ema", True),
        "batch_norm": "moving statistics",
        "sampling_seeds": list(seeds),
        "data": split.train.fingerprint,
    }
    if size != config.parse_size(opened.record["flags"]["size"]):
        # Not what is said of the checkpoint: see `opening.measured`.
        about["size"] = flags["size"]
    if chosen.left_out:
        about["left_out"] = chosen.left_out
    shown = bars(given)
    total = count * len(samplers)
    with shown(total=total, desc="samples", unit="image") as bar:
        drawn = [s.draw(count, drawn=bar.update) for s in samplers]
    run = evaluation.prepare(
        split, drawn, given, chosen, labels=labels, bars=shown
    )
    return run, about


def of_images(given: Mapping) -> tuple[Evaluation, dict]:
    """Prepares the evaluation of a folder of images against real ones."""
    if not given.get("data"):
        raise UserError(
            "--data: expected the real images to compare --images with, "
            "received none; add for example --data=folder:photos"
        )
    sides = [s for size in data.describe(given["data"]).sizes for s in size]
    flags = {
        **config.DEFAULTS,
        "size": str(int(statistics.median(sides or [64]))),
        **_overrides(given),
    }
    split = build.load_data(flags)
    fake = build.load_data(
        {
            **flags,
            "data": given["images"],
            "classes": None,
            "limit": None,
            "holdout": 0,
        }
    ).train
    count = given.get("num_images") or len(fake)
    about = {
        "images": given["images"],
        "data": split.train.fingerprint,
    }
    labels = []
    if fake.vocabulary and fake.vocabulary == split.train.vocabulary:
        labels = [fake.labels[:count]]
    judged = np.asarray(fake.images[:count])
    has = evaluation.material(split, given.get("split"), len(judged), labels)
    chosen = evaluation.choose(given, has)
    if chosen.left_out:
        about["left_out"] = chosen.left_out
    run = evaluation.prepare(
        split, [judged], given, chosen, labels=labels, bars=bars(given)
    )
    return run, about


def while_training(
    settings: Mapping, split: data.Split
) -> Callable[[keras.Model], tuple[list[dict], str]]:
    """Makes what the `MetricEval` callback calls.

    Args:
        settings: Resolved configuration.
        split: The run's images.

    Returns:
        Maps the model to JSON records of all metrics, and a warning if its
        samples, all or of one label, are too alike.

    Raises:
        UserError: If a metric cannot be measured while training.
    """
    count = settings["eval_images"]
    labels = build.fixed_labels(settings, split.train, count)
    asked = [] if labels is None else [np.asarray(labels)]
    has = evaluation.material(split, None, count, asked)
    chosen = evaluation.choose_while_training(settings, has)
    inputs = [build.fixed_latents(settings, count), *asked]
    watch = _watch(split, count, labels is not None)

    def measure(model: keras.Model) -> tuple[list[dict], str]:
        drawn = np.concatenate(
            [
                pixels.to_uint8(model.sample(*(x[i : i + 64] for x in inputs)))
                for i in range(0, count, 64)
            ]
        )
        run = evaluation.prepare(split, [drawn], settings, chosen, labels=asked)
        records = [
            {"metric": name, **row.record()}
            for name, row in run.keyed(chosen.metrics)
        ]
        return records, watch(drawn, labels) if watch else ""

    return measure


def _watch(
    split: data.Split, count: int, labelled: bool
) -> CollapseWatch | None:
    """None for images too small for MS-SSIM, or too few to be a measure."""
    real = evaluation.choose_real(split, None)[0]
    pictures = np.asarray(real.images[:count])
    small = min(pictures.shape[1:3]) < ms_ssim.SMALLEST
    if small or len(pictures) < collapse.FEWEST:
        return None
    described = feature_network.describer()
    if not labelled:
        return CollapseWatch(pictures, features=described)
    labels = real.labels[:count]
    return CollapseWatch(pictures, labels, real.vocabulary, described)


def load_data(opened: Opened, flags: Mapping) -> data.Split:
    """Loads the images of a model; of an ensemble those of all its members.

    Args:
        opened: The model.
        flags: The configuration that names them.

    Returns:
        The images, each held out if the model, or its member, held it out.
    """
    if not opened.members:
        return build.load_data(flags)
    vocabularies = opened.vocabularies
    known = [name for names in vocabularies for name in names]
    asked = subset.names(flags["classes"]) or known
    for name in asked:
        if name not in known:
            raise UserError(choices("--classes", name, known))
    chosen = [[n for n in names if n in asked] for names in vocabularies]
    return subset.join(
        [
            build.load_data({**flags, "classes": subset.text(names)})
            for names in chosen
            if names
        ],
        flags["seed"],
    )


def _overrides(given: Mapping) -> dict:
    names = ("data", "classes", "limit", "holdout", "size", "channels", "fit")
    return {name: given[name] for name in names if name in given}


def _usual(split: data.Split, given: Mapping) -> int:
    return min(
        evaluation.MOST_IMAGES,
        len(evaluation.choose_real(split, given.get("split"))[0]),
    )
