"""Images that models draw, as arrays."""

import numbers
import pathlib
from collections.abc import Sequence

import keras
import numpy as np

from tfgan_transfer import pixels
from tfgan_transfer.errors import UserError, choices, shown
from tfgan_transfer.library import records
from tfgan_transfer.settings.choices import DIRECTIONS
from tfgan_transfer.trained import opening, prompts, saved
from tfgan_transfer.trained.frozen import frozen
from tfgan_transfer.trained.sampling import Sampler
from tfgan_transfer.trained.translators import Translators


def generate(
    gan: keras.Model | str,
    count: int = 16,
    *,
    seed: int = 0,
    labels: Sequence[str] | str | np.ndarray | None = None,
    tags: str | None = None,
    truncation: float = 1.0,
) -> np.ndarray:
    """Draws images with the averaged generator.

    They are those of the command `generate --seed`: image i depends on
    (seed, i) only.

    Args:
        gan: A model, or what `from_preset` takes.
        count: N.
        seed: Which images.
        labels: For a model with labels: the name of a class, N names, or
            float32 [N, L]. As frequent as in training when neither these nor
            `tags` are given.
        tags: Tags that all images shall have, in words:
            `"green hair, blue eyes"`.
        truncation: Factor on normal latents, in (0, 1]: below 1 images are
            nearer to the mean, with less variety.

    Returns:
        Uint8 [N, H, W, C].

    Raises:
        UserError: If a label is unknown, the model has none, or a number is
            out of range.

    Example:
        >>> import tfgan_transfer as tt
        >>> images = tt.generate("zoo:faces_32", 4, seed=1)
        >>> images.shape, images.dtype
        ((4, 32, 32, 3), dtype('uint8'))
    """
    _check(count, seed, truncation)
    records.require(gan)
    options = {"seed": seed, "truncation": truncation}
    if isinstance(gan, keras.Model):
        _refuse(hasattr(gan, "translate"))
        sampler = Sampler(
            gan.ema_generator,
            records.of(gan),
            graph=frozen(gan.ema_generator),
            **options,
        )
    else:
        try:
            opened = opening.open_model(str(gan))
        except UserError as error:
            raise error.about("checkpoint", "gan") from error
        _refuse("translator" in opened.record)
        sampler = opened.sampler(**options)
    asked = _asked(sampler, count, labels, tags)
    if asked is None:
        asked = sampler.labels(count)
    return np.concatenate([*sampler.render(sampler.latents(count), asked)])


def _check(count: object, seed: object, truncation: object) -> None:
    factor = isinstance(truncation, numbers.Real) and 0 < truncation <= 1
    if not records.whole(count, 1) or not factor:
        raise UserError(
            "--count, --truncation: expected a whole number of at least 1 and "
            "a factor above 0 and up to 1, received "
            f"{shown(count)} and {shown(truncation)}"
        )
    if not records.whole(seed, -(2**63)):
        raise UserError(
            "--seed: expected a whole number of at most 64 bits, received "
            f"{shown(seed)}"
        )


def _refuse(translates: bool) -> None:
    if translates:
        raise UserError(
            "--gan: translates images and draws none; use translate"
        )


def _asked(
    sampler: Sampler,
    count: int,
    labels: Sequence[str] | str | np.ndarray | None,
    tags: str | None,
) -> np.ndarray | None:
    """Rows [count, L] of the labels that were asked for, if any were."""
    if labels is not None and tags is not None:
        raise UserError("--labels: received tags too; leave one out")
    if tags is not None:
        [prompt] = prompts.read({"tags": tags}, sampler.record)
        return np.repeat(prompt.label[None], count, axis=0)
    if labels is None:
        return None
    known = prompts.labels_of(sampler.record, "--labels")
    if isinstance(labels, str):
        labels = [labels] * count
    if not isinstance(labels, np.ndarray) or labels.dtype.kind in "US":
        labels = np.stack([_row(str(name), known) for name in labels])
    if labels.shape != (count, len(known)):
        raise UserError(
            f"--labels: expected {count} names, or numbers [{count}, "
            f"{len(known)}], received {list(labels.shape)}"
        )
    return labels.astype(np.float32)


def _row(name: str, known: Sequence[str]) -> np.ndarray:
    if name not in known:
        raise UserError(choices("--labels", name, known))
    return np.eye(len(known), dtype=np.float32)[list(known).index(name)]


def translate(
    gan: keras.Model | str, images: np.ndarray, direction: str = "a2b"
) -> np.ndarray:
    """Translates images with the averaged translator of a CycleGAN.

    Args:
        gan: A `CycleGAN`, or what `from_preset` takes.
        images: Uint8 [N, H, W, C]. Another size than that of training works;
            sides that the network cannot halve are reflect-padded, and the
            padding is cut off again.
        direction: `"a2b"` or `"b2a"`.

    Returns:
        Uint8 [N, H, W, C].

    Raises:
        UserError: If the model does not translate, or images or direction are
            not what it takes.

    Example:
        >>> import tfgan_transfer as tt
        >>> a, b = "shapes", "shapes#outline"
        >>> both = tt.load_domains(a, b, size=16, limit=4)
        >>> gan = tt.build(both, network="unet", width=4, critic_layers=1)
        >>> tt.translate(gan, both.images[:2]).shape
        (2, 16, 16, 3)
    """
    if direction not in DIRECTIONS:
        raise UserError(choices("--direction", direction, DIRECTIONS))
    records.require(gan)
    if not isinstance(gan, keras.Model):
        translators = Translators.of(
            saved.find(str(pathlib.Path(gan)), "--gan")
        )
    elif not hasattr(gan, "translate"):
        raise UserError(
            f"--gan: a {type(gan).__name__} draws images and translates none; "
            "use generate"
        )
    else:
        networks = {name: gan.networks[f"ema_{name}"] for name in DIRECTIONS}
        translators = Translators(networks, gan.a2b.output_shape[1:])
    images = np.asarray(images)
    channels = translators.image_shape[-1]
    if images.ndim != 4 or images.shape[-1] != channels:
        raise UserError(
            f"--images: expected uint8 [N, H, W, {channels}], received "
            f"{images.dtype} {list(images.shape)}"
        )
    # One by one, as the command does it: an image's answer is its own.
    translated = [
        translators.translate(pixels.to_float(one[None]), direction)[0]
        for one in images
    ]
    return pixels.to_uint8(np.stack(translated))
