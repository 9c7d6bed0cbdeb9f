"""What a name draws with: one generator, or those of an ensemble."""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from tfgan_transfer.errors import UserError
from tfgan_transfer.trained import ensemble, saved
from tfgan_transfer.trained.sampling import Sampler, rendered
from tfgan_transfer.training.checkpoint import Checkpoint
from tfgan_transfer.training.run_directory import RunDirectory


class Opened(NamedTuple):
    """A model, whether one generator draws its images or several.

    Attributes:
        record: What its checkpoint says about its run; of an ensemble, what
            it would say if one model knew all classes.
        generators: Each loads a generator, once.
        vocabularies: The labels of each of them.
        sampler: Makes a `Sampler`; takes `seed`, `truncation` and `size`.
        checkpoints: Of each of them.
        about: Which checkpoint it is, JSON values.
        metrics: What was measured of it, as `measured` returns it.
        members: Of an ensemble, what each model is, JSON values.
    """

    record: Mapping
    generators: tuple[Callable[[], keras.Model], ...]
    vocabularies: tuple[tuple[str, ...], ...]
    sampler: Callable[..., Sampler]
    checkpoints: tuple[Checkpoint, ...]
    about: dict
    metrics: dict
    members: tuple[dict, ...] = ()


class RoutedSampler(Sampler):
    """Draws each label with the member of an ensemble that knows it.

    Args:
        generators: Each loads a generator.
        widths: How many labels each of them knows, in order.
        record: The ensemble's, as in `Opened`.
        **options: As for `Sampler`.
    """

    def __init__(
        self,
        generators: Sequence[Callable[[], keras.Model]],
        widths: Sequence[int],
        record: Mapping,
        **options: object,
    ):
        super().__init__(generators, record, **options)
        self.ends = np.cumsum(widths)

    def render(
        self, latents: np.ndarray, labels: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yields uint8 images [N, H, W, C] for latents [N, Z].

        Labels are float32 [N, L], one of them 1 in each row.

        Raises:
            UserError: If a row has none or several.
        """
        if not (labels.sum(axis=1) == 1).all():
            raise UserError(
                "--tags, --prompts: an ensemble draws one class in each image, "
                "received several; name one"
            )
        owner = np.searchsorted(self.ends, labels.argmax(axis=1), side="right")
        images = {}
        for number in np.unique(owner):
            rows = np.flatnonzero(owner == number)
            first = self.ends[number - 1] if number else 0
            own = labels[rows, first : self.ends[number]]
            generator = self.generator[number]()
            batches = rendered(generator, latents[rows], own, self.size)
            images.update(zip(rows, np.concatenate(list(batches)), strict=True))
        yield np.stack([images[row] for row in range(len(latents))])


def open_model(path: str, *, ema: bool = True) -> Opened:
    """Opens a run, a checkpoint or an ensemble.

    Args:
        path: What `saved.find` takes, or the directory of an ensemble.
        ema: Whether to take averaged weights.

    Raises:
        UserError: If there is no whole checkpoint of it, or of a member.
    """
    found = ensemble.find(path)
    if found:
        checkpoints = [saved.find(str(one.run_dir)) for one in found.members]
        return _routed(checkpoints, found.flags["classes"], ema)
    one = saved.find(path)
    record, generator = one.manifest["run"], _loader(one, ema)
    return Opened(
        record,
        (generator,),
        (tuple(record["data"].get("vocabulary", ())),),
        lambda **options: Sampler(generator(), record, **options),
        (one,),
        {"step": one.step, "checkpoint": one.path.name},
        measured(one, ema),
    )


def _routed(
    checkpoints: Sequence[Checkpoint], classes: str | None, ema: bool
) -> Opened:
    runs = [one.manifest["run"] for one in checkpoints]
    generators = tuple(_loader(one, ema) for one in checkpoints)
    # What the models were trained on, not what they were meant for.
    vocabularies = tuple(tuple(run["data"]["vocabulary"]) for run in runs)
    record = _record(runs, classes)
    behind = min(checkpoints, key=lambda one: one.step)
    return Opened(
        record,
        generators,
        vocabularies,
        functools.partial(
            RoutedSampler, generators, [*map(len, vocabularies)], record
        ),
        tuple(checkpoints),
        {
            "step": behind.step,
            "checkpoint": behind.path.name,
            "models": len(runs),
        },
        {},
        tuple(
            {
                "classes": run["data"]["vocabulary"],
                "step": one.step,
                "data": run["data"]["fingerprint"],
                "metrics": measured(one, ema),
            }
            for one, run in zip(checkpoints, runs, strict=True)
        ),
    )


def measured(one: Checkpoint, ema: bool) -> dict:
    """What was measured of a checkpoint, in training or by `evaluate`.

    Args:
        one: The checkpoint.
        ema: Whether of its averaged weights.

    Returns:
        Metric name -> JSON values: the value, its spread, counts and protocol.
        Of a checkpoint that has left its run, only the values that it was
        saved with. Values of samples that were scaled are left out.
    """
    run = RunDirectory(one.path.resolve().parents[1])
    scores = {
        score["name"]: {
            key: score[key] for key in score if key not in ("name", "metric")
        }
        for row in run.evaluations()
        if row["step"] == one.step
        and row.get("ema", True) == ema
        and "size" not in row
        for score in row["evaluation"]
    }
    return scores or one.manifest.get("metrics") or {}


def _loader(found: Checkpoint, ema: bool) -> Callable[[], keras.Model]:
    return functools.cache(functools.partial(saved.generator, found, ema=ema))


def _record(runs: Sequence[Mapping], classes: str | None) -> dict:
    """What a checkpoint of all classes would say about its run."""
    first = runs[0]
    parts = [run["data"] for run in runs]
    vocabulary = [name for part in parts for name in part["vocabulary"]]
    fingerprints = "".join(part["fingerprint"] for part in parts)
    prior, column = [], 0
    for part in parts:
        prior += [
            [count, [column + label for label in row]]
            for count, row in part["label_prior"]
        ]
        column += len(part["vocabulary"])
    return {
        **first,
        "flags": {**first["flags"], "classes": classes},
        "generator": {**first["generator"], "num_labels": len(vocabulary)},
        "data": {
            **first["data"],
            "fingerprint": hashlib.sha256(fingerprints.encode()).hexdigest(),
            "images": sum(part["images"] for part in parts),
            "holdout": sum(part["holdout"] for part in parts),
            "vocabulary": vocabulary,
            "label_prior": prior,
        },
    }
