"""Images of the user's, decoded and ready to be trained on."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from tfgan_transfer import data, families
from tfgan_transfer.errors import UserError, shown
from tfgan_transfer.library import records
from tfgan_transfer.settings import arguments, config
from tfgan_transfer.settings.data import DATA, PAIRS
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.settings.table import BY_NAME

_BATCH = ("batch_size", "flip", "rotate", "seed")
_LOADED = [*DATA, *PAIRS, BY_NAME["seed"], BY_NAME["load_size"]]


class Photos:
    """Images to train on and images held out, in memory or on disk.

    Args:
        model: The family that reads them: `"wgan_gp"` for one set,
            `"cyclegan"` for two.
        **settings: Those of data, as the command line has them.

    Attributes:
        settings: What they were loaded with.
        split: `train` and `holdout`, one image set each or one of each
            domain: `images` is uint8 [N, H, W, C], `labels` float32 [N, L],
            `vocabulary` their names.
    """

    def __init__(self, model: str, **settings: object):
        self.settings = arguments.read(settings, _LOADED)
        resolved = config.completed({**self.settings, "model": model})
        self._paired = RULES[model].translates
        for name in ("data_a", "data_b") if self._paired else ("data",):
            if name not in self.settings:
                raise UserError(
                    f"--{name}: expected where images are, such as "
                    "folder:photos, received none"
                )
        self.split = families.of(resolved).load_data(resolved, _warn)
        for remark in self.split.remarks:
            warnings.warn(remark, stacklevel=3)

    @property
    def images(self) -> np.ndarray:
        """Training images, uint8 [N, H, W, C]; of two sets those of A."""
        return self._first.images

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Names of the labels, in the order of their columns."""
        return self._first.vocabulary

    @property
    def _first(self) -> data.ImageSet:
        train = self.split.train
        return train.a if self._paired else train

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        held = self.split.holdout
        held = len(held.a if self._paired else held)
        shape = "x".join(map(str, self.images.shape[1:]))
        count = len(self.vocabulary)
        labels = f", {count} label{'s' * (count > 1)}" if count else ""
        return f"<Photos: {len(self)} of {shape}, {held} held out{labels}>"

    def batches(
        self,
        gan: keras.Model,
        batch_size: int = 64,
        *,
        flip: bool | None = None,
        rotate: float | None = None,
        seed: int | None = None,
        start_step: int | None = None,
    ) -> tf.data.Dataset:
        """An endless stream with one element for each step of a model.

        How many images and latents a step takes, and what latents and labels
        look like, is the model's affair and asked of it. Element n depends on
        (seed, n) only, so training goes on exactly where it was.

        Args:
            gan: A compiled model of images of this size.
            batch_size: B, over all replicas.
            flip: Whether images are mirrored at random; as its record says
                when absent, which is yes but for digits.
            rotate: Degrees by which they are turned at random, either way.
            seed: Of the order and of all noise.
            start_step: Number of the first element; where the model's
                optimizers stand when absent.

        Returns:
            What `fit` takes, divided among the replicas of the model's
            strategy. Images are float32 in [-1, 1].

        Raises:
            UserError: If images or labels are not those the model takes, or
                replicas cannot share the batch.
        """
        records.require_compiled(gan)
        if start_step is not None and not records.whole(start_step, 0):
            raise UserError(
                "--start_step: expected a whole number of at least 0, "
                f"received {shown(start_step)}"
            )
        record = records.of(gan)
        given = dict(batch_size=batch_size, flip=flip, rotate=rotate, seed=seed)
        rows = [BY_NAME[name] for name in _BATCH]
        resolved = {
            **config.completed(record["flags"]),
            **{n: v for n, v in self.settings.items() if n == "seed"},
            **arguments.read(given, rows),
            **_asked(gan),
        }
        self._check(gan, record, resolved)
        start = gan.steps_done if start_step is None else start_step
        return families.of(resolved).batches(
            resolved, self.split.train, gan.distribute_strategy, start
        )

    def require(self, paired: bool) -> None:
        """Refuses one set of images in the place of two, or two of one."""
        if paired != self._paired:
            raise UserError(
                "--photos: a CycleGAN takes two sets of images and others one, "
                f"received {self!r}; use "
                f"{'load_domains' if paired else 'load_images'}"
            )

    def _check(self, gan: keras.Model, record: dict, resolved: dict) -> None:
        drawing = gan.networks[gan.parts[0]]
        wanted, here = drawing.output_shape[1:], self.images.shape[1:]
        self.require(hasattr(gan, "translate"))
        if not self._paired and here != wanted:
            raise UserError(
                f"--gan: works on images of {_by(wanted)}, received images of "
                f"{_by(here)}; load them with size={wanted[0]}, or adapt the "
                "model to them"
            )
        known = tuple(record["data"].get("vocabulary", ()))
        takes = len(drawing.inputs) > 1
        named = "compile" not in record
        if takes and (
            self.vocabulary != known
            if named
            else len(self.vocabulary) != len(known)
        ):
            raise UserError(
                f"--gan: knows the labels {', '.join(known)}, received images "
                f"with {', '.join(self.vocabulary) or 'none'}; adapt the model "
                "to them"
            )
        replicas = gan.distribute_strategy.num_replicas_in_sync
        if resolved["batch_size"] % replicas:
            raise UserError(
                f"--batch_size: expected a multiple of the {replicas} "
                f"replicas, received {resolved['batch_size']}"
            )


def require_photos(photos: object, paired: bool | None = None) -> None:
    """Refuses what are no images, or not as many sets as a model takes.

    Args:
        photos: What the user gave.
        paired: Whether two sets are taken; None if either will do.
    """
    if not isinstance(photos, Photos):
        raise UserError(
            "--photos: expected what load_images or load_domains returns, "
            f"received {shown(photos)}"
        )
    if paired is not None:
        photos.require(paired)


def _asked(gan: keras.Model) -> dict:
    """Settings that the model itself answers for."""
    paired = hasattr(gan, "translate")
    game = gan.feature_games.get("a") if paired else gan.feature_game
    asked = {
        "n_critic": gan.n_critic,
        "augment": _transforms(gan.augmentation),
        "critic": "both" if game else "network",
        "feature_augment": _transforms(game and game.augmentation),
    }
    if paired:
        return asked
    return {**asked, "latent_size": gan.generator.inputs[0].shape[-1]}


def _transforms(augmentation: object) -> str:
    return ",".join(augmentation.transforms) if augmentation else "none"


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _warn(bad: tuple[data.BadFile, ...]) -> None:
    if bad:
        listed = ", ".join(f"{b.name} ({b.reason})" for b in bad[:3])
        warnings.warn(
            f"{len(bad)} files cannot be used, beginning with {listed}",
            stacklevel=4,
        )


def load_images(
    data: str,
    size: int | tuple[int, int] = 64,
    *,
    holdout: float = 0,
    limit: int | None = None,
    channels: int = 3,
    fit: str = "crop",
    classes: list[str] | None = None,
    seed: int = 0,
    **more: object,
) -> Photos:
    """Loads images to train on, and some to judge by.

    Args:
        data: `folder:PATH`, `zip:PATH` (either with `#sub/folder`),
            `tfds:NAME`, `digits` or `shapes`. Class folders and a `tags.csv`
            give labels.
        size: Side in pixels, or (height, width).
        holdout: Images kept out of training: a number, or a share below 1.
        limit: Images to use; all of them when absent.
        channels: 1 for grey, 3 for colour.
        fit: How other shapes are made to fit: `"crop"`, `"squash"`, `"pad"`.
        classes: Names of the classes to keep.
        seed: Chooses what is held out.
        **more: Any other setting of data: `max_bad_files`, `max_value`,
            `cache_dir`, `data_memory_mb`.

    Returns:
        The images, uint8, with labels.

    Raises:
        UserError: If there is no usable image, or an argument is wrong.

    Example:
        >>> import tfgan_transfer as tt
        >>> tt.load_images("digits", size=8, channels=1, holdout=97)
        <Photos: 1700 of 8x8x1, 97 held out, 10 labels>
    """
    return Photos(
        "wgan_gp",
        data=data,
        size=size,
        holdout=holdout,
        limit=limit,
        channels=channels,
        fit=fit,
        classes=classes,
        seed=seed,
        **more,
    )


def load_domains(
    data_a: str,
    data_b: str,
    size: int | tuple[int, int] = 64,
    *,
    holdout: float = 0,
    limit: int | None = None,
    channels: int = 3,
    fit: str = "crop",
    seed: int = 0,
    **more: object,
) -> Photos:
    """Loads two sets of images for a CycleGAN.

    Args:
        data_a: Source of A, as for `load_images`.
        data_b: Source of B.
        size: Side in pixels, or (height, width).
        holdout: Images of each set kept out of training.
        limit: Images of each set to use; all of them when absent.
        channels: 1 for grey, 3 for colour.
        fit: As for `load_images`.
        seed: Chooses what is held out.
        **more: Any other setting of data: `test_a`, `test_b`, `load_size`,
            `max_bad_files`, `cache_dir`.

    Returns:
        Both sets, uint8.

    Raises:
        UserError: If a set holds no usable image, or an argument is wrong.

    Example:
        >>> import tfgan_transfer as tt
        >>> tt.load_domains("shapes", "shapes#outline", size=16, limit=9)
        <Photos: 9 of 16x16x3, 0 held out, 4 labels>
    """
    return Photos(
        "cyclegan",
        data_a=data_a,
        data_b=data_b,
        size=size,
        holdout=holdout,
        limit=limit,
        channels=channels,
        fit=fit,
        seed=seed,
        **more,
    )
