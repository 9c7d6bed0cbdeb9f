"""Samples of one generator, and the files they are written to."""

import collections
import functools
import math
import pathlib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from tfgan_transfer import data, images, pixels
from tfgan_transfer.errors import UserError
from tfgan_transfer.provenance import MARK
from tfgan_transfer.trained import films, places, prompts, sheets
from tfgan_transfer.trained import frozen as inference

BATCH = 64
# Batches under way: between kernels, one leaves cores to the others. Of large
# images, whose kernels are long, one after the other saves memory.
_AT_ONCE = 3
_SMALL = 64 * 64
# Images where --num does not say.
PER_PROMPT = 5
PER_CLASS = 8


class Sampler:
    """Draws images from a generator, the same ones for the same seed.

    Args:
        generator: Maps latents [B, Z] to images [B, H, W, C] in [-1, 1].
        record: What the checkpoint says about its run.
        seed: Image i depends on (seed, i) only.
        truncation: Factor on normal latents, in (0, 1]: below 1, samples are
            nearer to the mean, with less variety.
        size: `(height, width)` to which images are scaled; as they are drawn
            when absent.
        graph: What draws with the weights that a generator has now, as
            `frozen.frozen` makes it; made once for each generator when
            absent, of one that is trained no more.

    Raises:
        UserError: If truncation does not fit the prior.
    """

    def __init__(
        self,
        generator: keras.Model,
        record: Mapping,
        *,
        seed: int,
        truncation: float = 1.0,
        size: tuple[int, int] | None = None,
        graph: Callable | None = None,
    ):
        if truncation != 1.0 and record["latent_prior"] == "uniform":
            raise UserError(
                "--truncation: this generator's latents are uniform, which "
                "cannot be truncated; leave --truncation out"
            )
        self.generator = generator
        self.record = record
        self.seed = seed
        self.truncation = truncation
        self.size = size
        self.graph = graph

    def latents(self, count: int) -> np.ndarray:
        """The first `count` latents of the seed, float32 [count, Z]."""
        size = self.record["generator"]["latent_size"]
        drawn = data.latents(
            self.seed, count, size, self.record["latent_prior"]
        )
        return np.asarray(drawn) * np.float32(self.truncation)

    def labels(self, count: int) -> np.ndarray | None:
        """Labels as frequent as in training, float32 [count, L].

        None for a generator without labels. Row i depends on (seed, i) only.
        """
        size = self.record["generator"].get("num_labels", 0)
        if not size:
            return None
        prior = self.record["data"]["label_prior"]
        return data.LabelPrior.from_record(prior, size).draw(self.seed, count)

    def draw(
        self,
        count: int,
        label: np.ndarray | None = None,
        drawn: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """The first `count` images of the seed, uint8 [count, H, W, C].

        Args:
            count: How many.
            label: Float32 [L] for all of them, or the labels of the seed.
            drawn: Told of each batch how many images it has.
        """
        labels = self.labels(count)
        if label is not None:
            labels = np.repeat(label[None], count, axis=0)
        batches = []
        for batch in self.render(self.latents(count), labels):
            batches.append(batch)
            if drawn:
                drawn(len(batch))
        return np.concatenate(batches)

    def render(
        self, latents: np.ndarray, labels: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Yields uint8 batches [B, H, W, C] for latents [N, Z].

        Labels are float32 [N, L], for a generator that has them.
        """
        yield from rendered(
            self.generator, latents, labels, self.size, self.graph
        )


def rendered(
    generator: keras.Model,
    latents: np.ndarray,
    labels: np.ndarray | None,
    size: tuple[int, int] | None,
    graph: Callable | None = None,
) -> Iterator[np.ndarray]:
    """Yields uint8 batches [B, H, W, C] that a generator draws.

    Args:
        generator: Maps latents (and labels) to images in [-1, 1].
        latents: Float32 [N, Z].
        labels: Float32 [N, L], None for a generator without.
        size: `(height, width)` to scale to, or None.
        graph: As for `Sampler`.
    """
    graph = graph or drawing(generator)

    def draw(start):
        count = min(BATCH, len(latents) - start)
        # Convolutions may round differently for another batch size; a full
        # batch each time keeps an image the same to the last bit.
        padded = [
            np.resize(x[start : start + count], (BATCH, x.shape[1]))
            for x in (latents, labels)
            if x is not None
        ]
        inputs = padded[0] if labels is None else padded
        drawn = inference.run(graph, inputs)
        if size:
            drawn = images.resized(drawn, size)
        return pixels.to_uint8(drawn)[:count]

    small = math.prod(generator.output_shape[1:3]) <= _SMALL
    waiting = collections.deque()
    with ThreadPoolExecutor(_AT_ONCE if small else 1) as pool:
        for start in range(0, len(latents), BATCH):
            waiting.append(pool.submit(draw, start))
            if len(waiting) > _AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


# A generator that is drawn from has its last weights.
drawing = functools.lru_cache(maxsize=32)(inference.frozen)


def slerp(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Spherical interpolation, which keeps the norm of normal latents.

    Args:
        start: Float [Z].
        end: Float [Z].
        share: 0 gives `start`, 1 gives `end`.

    Returns:
        Float32 [Z].
    """
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle < 1e-6:
        return (start + share * (end - start)).astype(np.float32)
    mixed = np.sin((1 - share) * angle) * start + np.sin(share * angle) * end
    return (mixed / np.sin(angle)).astype(np.float32)


def walk(latents: np.ndarray, frames: int) -> np.ndarray:
    """A closed walk through latents, `frames` pictures from each to the next.

    Args:
        latents: Float32 [N, Z].
        frames: Pictures per leg, at least 1.

    Returns:
        Float32 [N * frames, Z].
    """
    legs = zip(latents, np.roll(latents, -1, axis=0), strict=True)
    return np.stack(
        [slerp(a, b, i / frames) for a, b in legs for i in range(frames)]
    )


def write(sampler: Sampler, given: Mapping) -> Iterator[pathlib.Path]:
    """Writes what the flags ask for.

    Args:
        sampler: Source of the images.
        given: `num`, `out`, `grid`, `interpolate`, `cell`, `overwrite`, as
            given.

    Yields:
        Every file written; for a folder of images, the folder.

    Raises:
        UserError: If the kind of file cannot hold what was asked for, a
            folder holds pictures already, or somebody else's file is there.
    """
    count = given.get("num", 16)
    try:
        if given.get("out") and not given.get("overwrite"):
            places.refuse_pictures(pathlib.Path(given["out"]))
        if given.get("interpolate"):
            yield _write_walk(sampler, count, given)
            return
        if given.get("grid") == "classes":
            yield _write_classes(sampler, given)
            return
        places.check(given)
        asked = prompts.read(given, sampler.record)
        count = given.get("num", PER_PROMPT) if asked else count
        drawn = [sampler.draw(count, prompt.label) for prompt in asked]
        names = [prompt.name for prompt in asked]
        drawn = np.concatenate(drawn or [sampler.draw(count)])
        if given.get("out"):
            yield _write_images(drawn, pathlib.Path(given["out"]), names)
        if given.get("grid"):
            path = pathlib.Path(given["grid"])
            columns = count if names else None
            images.save_sheet(path, sheets.sheet(drawn, given, columns))
            yield path
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        flags = [f"--{name}" for name in ("out", "grid") if given.get(name)]
        raise UserError(
            f"{', '.join(flags)}: cannot be written ({error}); give a place "
            "that can be"
        ) from error


def _write_classes(sampler: Sampler, given: Mapping) -> pathlib.Path:
    """A row for each label, the same latent all the way down a column."""
    vocabulary = prompts.labels_of(sampler.record, "--grid=classes")
    path = pathlib.Path(given.get("out") or "")
    if path.suffix != ".png":
        raise UserError(
            "--grid=classes: expected --out=FILE.png, received "
            f"{given.get('out')!r}"
        )
    places.refuse_others("out", path, given)
    count = given.get("num", PER_CLASS)
    rows = np.eye(len(vocabulary), dtype=np.float32)
    drawn = np.concatenate([sampler.draw(count, row) for row in rows])
    images.save_sheet(path, sheets.named(drawn, vocabulary, given))
    return path


def _write_images(
    drawn: np.ndarray, path: pathlib.Path, names: Sequence[str] = ()
) -> pathlib.Path:
    if path.suffix == places.ARRAYS:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, images=drawn)
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = MARK.encode()
        return path
    for i, image in enumerate(drawn):
        name = f"{i:06d}"
        if names:
            prompt, number = divmod(i, len(drawn) // len(names))
            name = f"{names[prompt]}_{number:03d}"
        images.save(path / f"{name}.png", image)
    return path


def _write_walk(sampler: Sampler, count: int, given: Mapping) -> pathlib.Path:
    path = pathlib.Path(given.get("out") or given["grid"])
    if path.suffix not in films.SUFFIXES:
        raise UserError(
            "--interpolate: expected --out=FILE.gif, FILE.webp or FILE.mp4, "
            f"received {str(path)!r}"
        )
    flag = "out" if given.get("out") else "grid"
    places.refuse_others(flag, path, given)
    latents = walk(sampler.latents(count), given["interpolate"])
    labels = sampler.labels(count)
    if labels is not None:
        # One label all the way, so that only the latent moves.
        labels = np.repeat(labels[:1], len(latents), axis=0)
    frames = np.concatenate(list(sampler.render(latents, labels)))
    times = sheets.factor(given, min(frames.shape[1:3]), 1)
    films.save(path, list(sheets.enlarged(frames, times)))
    return path
