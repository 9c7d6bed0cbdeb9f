"""What the model draws for the page: a walk, classes, suspicious samples."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tfgan_transfer import data
from tfgan_transfer.markup import Markup, element, joined
from tfgan_transfer.metrics.memorisation import (
    FEWEST,
    Memorisation,
    memorisation_in_pixels,
)
from tfgan_transfer.reports import pictures
from tfgan_transfer.reports.page import Section
from tfgan_transfer.trained.sampling import Sampler, walk

# Pictures that walk side by side, stations of each, frames from one to the
# next: a megabyte at 64 px.
_WALKERS, _STATIONS, _FRAMES = 4, 4, 12
_CLASSES, _OF_A_CLASS = 24, 6
# Samples that are looked up, and pictures that they are looked up in: every
# sample is compared in tens of positions.
_SAMPLES, _TRAINING, _UNSEEN = 100, 3000, 200
_PAIRS = 8
# Pixels in which pairs, and rows of pictures, are shown.
_PAIR, _ROW = 112, 640


class Images(NamedTuple):
    """The images of a run, uint8 [N, H, W, C].

    Attributes:
        train: Those that were trained on.
        unseen: Those that were held out.
    """

    train: np.ndarray
    unseen: np.ndarray


def wandering(sampler: Sampler) -> Section:
    """An animation on the way from one picture to the next, and back home."""
    latents = sampler.latents(_WALKERS * _STATIONS)
    ways = [walk(latents[i::_WALKERS], _FRAMES) for i in range(_WALKERS)]
    labels = sampler.labels(_WALKERS)
    films = [
        np.concatenate([*sampler.render(way, _repeated(labels, i, len(way)))])
        for i, way in enumerate(ways)
    ]
    frames = [
        pictures.mosaic(np.stack(frame), _WALKERS)
        for frame in zip(*films, strict=True)
    ]
    alt = f"{_WALKERS} pictures, each changing slowly into others."
    lead = (
        "Between two pictures the model draws further ones. Where it has "
        "learned what its pictures have in common they change smoothly; where "
        "it has learned single pictures by heart they jump."
    )
    return Section(
        "From picture to picture", pictures.moving(frames, alt, _ROW), lead
    )


def _repeated(
    labels: np.ndarray | None, place: int, count: int
) -> np.ndarray | None:
    """One label all the way, so that only the latent moves."""
    if labels is None:
        return None
    return np.repeat(labels[place : place + 1], count, axis=0)


def classes(sampler: Sampler) -> Section | None:
    """A row of samples for each label, from the same latents."""
    vocabulary = sampler.record["data"].get("vocabulary", ())
    if not sampler.record["generator"].get("num_labels") or not vocabulary:
        return None
    rows = np.eye(len(vocabulary), dtype=np.float32)[:_CLASSES]
    figures = []
    for name, row in zip(vocabulary, rows, strict=False):
        drawn = sampler.draw(_OF_A_CLASS, row)
        shown = pictures.still(
            pictures.mosaic(drawn, _OF_A_CLASS),
            f"{_OF_A_CLASS} generated pictures of {name}.",
            _ROW,
        )
        figures.append(element("figure", element("figcaption", name), shown))
    lead = (
        "Every column starts from the same random numbers, so that only what "
        "is asked for differs."
    )
    if len(vocabulary) > _CLASSES:
        lead += f" These are the first {_CLASSES} of {len(vocabulary)}."
    body = element("div", *figures, class_="rows")
    return Section("What it draws when asked", body, lead)


def nearest(sampler: Sampler, images: Images) -> Section | None:
    """The samples that are most like a training picture, above that picture."""
    train = np.asarray(images.train[:_TRAINING])
    unseen = np.asarray(images.unseen[:_UNSEEN])
    if len(train) < FEWEST or train.shape[1:] != _shape(sampler.record):
        return None
    samples = sampler.draw(_SAMPLES)
    judged = len(unseen) >= FEWEST
    # Without unseen pictures nothing is judged, and only the pairs are used.
    found = memorisation_in_pixels(
        samples, train, unseen if judged else samples
    )
    closest = np.argsort(found.distances, kind="stable")[:_PAIRS]
    above = [
        samples[i][:, ::-1] if found.mirrored[i] else samples[i]
        for i in closest
    ]
    below = [train[found.matches[i]] for i in closest]
    pairs = [
        pictures.still(
            pictures.mosaic(np.stack(pair), 1),
            f"Number {number}: a generated picture above the training picture "
            "that is nearest to it.",
            _PAIR,
        )
        for number, pair in enumerate(zip(above, below, strict=True), 1)
    ]
    body = [element("div", *pairs, class_="pairs")]
    body.append(element("p", _judgement(found, judged), class_="muted"))
    return Section("Did it copy?", joined(body), _how(len(train), images))


def _shape(record: Mapping) -> tuple[int, ...]:
    return tuple(record["generator"]["image_shape"])


def _how(count: int, images: Images) -> str:
    among = f"all {count:,} training pictures"
    if count < len(images.train):
        among = f"the first {count:,} training pictures"
    return (
        f"Of {_SAMPLES} generated pictures, these are the ones most like a "
        f"training picture; below each, the nearest among {among}. Compared "
        "pixel by pixel at 32 px or less, mirrored and shifted as well."
    )


def _judgement(found: Memorisation, judged: bool) -> Markup | str:
    if not judged:
        return (
            "Whether that is closer than chance nobody can say here: the run "
            "has no pictures that it has not seen. Train with --holdout=N."
        )
    count = len(found.flagged)
    said = (
        f"{count} of {_SAMPLES} {'is' if count == 1 else 'are'} closer to a "
        f"training picture than nearly all of {len(found.held_out)} real "
        "pictures are that the model has never seen; by chance it would be "
        f"about {_SAMPLES // 100}."
    )
    if found.alarm:
        return (
            f"{said} Look at the pairs: the same picture twice is a copy. Pale "
            "or blurred pictures are close to many without being one."
        )
    return f"{said} That is no sign of copying."


def of_split(split: data.Split) -> Images:
    """The images of a run that trains a generator."""
    return Images(split.train.images, split.holdout.images)
