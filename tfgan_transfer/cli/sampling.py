"""Samples of one generator, and the files they are written to."""

import pathlib
from collections.abc import Iterator, Mapping

import keras
import numpy as np

from tfgan_transfer import data, images
from tfgan_transfer.errors import UserError

BATCH = 64


class Sampler:
    """Draws images from a generator, the same ones for the same seed.

    Args:
        generator: Maps latents [B, Z] to images [B, H, W, C] in [-1, 1].
        record: What the checkpoint says about its run.
        seed: Image i depends on (seed, i) only.
        truncation: Factor on normal latents, in (0, 1]: below 1, samples are
            nearer to the mean, with less variety.

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

    def latents(self, count: int) -> np.ndarray:
        """The first `count` latents of the seed, float32 [count, Z]."""
        size = self.record["generator"]["latent_size"]
        drawn = data.latents(
            self.seed, count, size, self.record["latent_prior"]
        )
        return np.asarray(drawn) * np.float32(self.truncation)

    def draw(self, count: int) -> np.ndarray:
        """The first `count` images of the seed, uint8 [count, H, W, C]."""
        return np.concatenate(list(self.render(self.latents(count))))

    def render(self, latents: np.ndarray) -> Iterator[np.ndarray]:
        """Yields uint8 batches [B, H, W, C] for latents [N, Z]."""
        for start in range(0, len(latents), BATCH):
            batch = latents[start : start + BATCH]
            # Convolutions may round differently for another batch size; a
            # full batch each time keeps an image the same to the last bit.
            padded = np.resize(batch, (BATCH, batch.shape[1]))
            rendered = self.generator(padded, training=False)
            yield images.to_uint8(rendered)[: len(batch)]


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
        given: `num`, `out`, `grid`, `interpolate`, as given.

    Yields:
        Every file written; for a folder of images, the folder.

    Raises:
        UserError: If the kind of file cannot hold what was asked for.
    """
    count = given.get("num", 16)
    try:
        if given.get("interpolate"):
            yield _write_walk(sampler, count, given)
            return
        drawn = sampler.draw(count)
        if given.get("out"):
            yield _write_images(drawn, pathlib.Path(given["out"]))
        if given.get("grid"):
            path = pathlib.Path(given["grid"])
            images.save(path, images.grid(drawn, gap=1))
            yield path
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"--out, --grid: cannot be written ({error}); give a place that "
            "can be, and a suffix such as .png"
        ) from error


def _write_images(drawn: np.ndarray, path: pathlib.Path) -> pathlib.Path:
    if path.suffix == ".npz":
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, images=drawn)
        return path
    if path.suffix:
        raise UserError(
            f"--out: expected a folder or a .npz file, received {str(path)!r};"
            " use --grid for one picture"
        )
    for i, image in enumerate(drawn):
        images.save(path / f"{i:06d}.png", image)
    return path


def _write_walk(sampler: Sampler, count: int, given: Mapping) -> pathlib.Path:
    path = pathlib.Path(given.get("out") or given["grid"])
    if path.suffix not in (".gif", ".webp"):
        raise UserError(
            "--interpolate: expected --out=FILE.gif or FILE.webp, received "
            f"{str(path)!r}"
        )
    latents = walk(sampler.latents(count), given["interpolate"])
    frames = np.concatenate(list(sampler.render(latents)))
    images.save_animation(path, list(frames))
    return path
